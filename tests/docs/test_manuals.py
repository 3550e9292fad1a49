"""The manuals quote the screens word for word, in both languages."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("core", "server", "stick", "image")
"""Those that speak to people."""
QUOTES = {"en": r"“([^”]+)”", "ja": r"「([^」]+)」"}
GAP = r"…|\(1/3\)|（1/3）"
"""Stands in a quotation for what differs from time to time."""

OF_OTHERS = {
    "Access Denied",
    "Security Violation",
    "回復キーのバックアップ",
    "対話型ログオン: コンピューターの非アクティブ状態の上限",
    "リモート デスクトップ サービス ユーザー セッションの\n   リモート制御のルールを設定する",
    "リモート制御を許可しない",
    "フォーマット",
    "名前を付けて保存",
}
"""What a PC's firmware and Windows say."""


@pytest.mark.parametrize("language", ["ja", "en"])
def test_what_a_manual_quotes_stands_on_a_screen(language: str) -> None:
    """Every quotation is a text of a catalogue in that language, or a part of one."""
    said = "\n".join(_texts(language))
    for manual in ROOT.glob(f"docs/manual/{language}/*.md"):
        quoted = set(re.findall(QUOTES[language], manual.read_text("utf-8"))) - OF_OTHERS
        assert [words for words in quoted if not re.search(_pattern(words), said)] == [], manual.name


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_workers_tables_are_the_screens_sentences(language: str) -> None:
    """The first column of each table of the worker's guide, below its head, is what the stick says."""
    said = "\n".join(_texts(language))
    text = (ROOT / f"docs/manual/{language}/worker.md").read_text("utf-8")
    for table in re.findall(r"^\|[^\n]+\n\|---.*?(?=\n\n)", text, re.DOTALL | re.MULTILINE):
        first = [row.split("|")[1].strip() for row in table.splitlines()[2:]]
        assert [words for words in first if not re.search(_pattern(words), said)] == []


def _pattern(words: str) -> str:
    return ".*".join(re.escape(part) for part in re.split(GAP, words.rstrip(" .。…")))


def _texts(language: str) -> Iterator[str]:
    """Give all that Hanare says in the language."""
    for catalogue in (path for room in ROOMS for path in (ROOT / room).rglob(f"*{language}.toml")):
        yield from _leaves(tomllib.loads(catalogue.read_text("utf-8")))
    for catalogue in ROOT.glob(f"server/**/locale/{language}/LC_MESSAGES/django.po"):
        # An entry without a translation of its own says its key, which is English.
        for words in re.findall(
            r'^msg(?:id|str(?:\[\d\])?) ((?:".*"\n?)+)', catalogue.read_text("utf-8"), re.MULTILINE
        ):
            yield "".join(re.findall(r'"(.*)"', words))


def _leaves(table: dict[str, Any]) -> Iterator[str]:
    for value in table.values():
        if isinstance(value, dict):
            yield from _leaves(value)
        elif isinstance(value, str):
            yield value
