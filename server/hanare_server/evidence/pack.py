"""Draws the pack: HTML from one template, and the PDF that WeasyPrint makes of it. Nothing is fetched from anywhere."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.template.loader import render_to_string
from django.utils import translation

from hanare_core.profile import FIELDS
from hanare_server.evidence.facts import Facts
from hanare_server.evidence.items import Standing, lines
from hanare_server.profiles.labels import LABELS, said

_STYLE: Final = Path(__file__).with_name("pack.css")

GROUPS_SHOWN: Final = 20
"""Groups of users whose settings are printed; a town has a few, and a pack is to be read."""

WORDS: Final = {
    "title": "テレワークセキュリティ対策 証跡資料",
    "note": "設定と記録から自動で作成した判断の材料です。各文書への適合は原典に照らして判断してください。",
    "items": "1. 各文書の項目と現在の設定",
    "source": "文書",
    "asked": "求められていること",
    "done": "対策と根拠",
    "standing": "状態",
    "settings": "2. 適用中の設定",
    "group": "利用者グループ",
    "people": "人",
    "more": "ほかのグループ数:",
    "log": "3. 監査ログの封印",
    "rows": "記録の行数",
    "sealed": "封印済みの行",
    "hash": "その行のハッシュ(SHA-256)",
}
"""The document is Japanese whatever the console's language is."""


def html(facts: Facts, moment: datetime) -> str:
    """Return the pack as one HTML text, in Japanese whoever asks."""
    with translation.override("ja"):
        return render_to_string("evidence/pack.html", _context(facts, moment))


def pdf(facts: Facts, moment: datetime) -> bytes:
    """Return the pack as PDF."""
    # It takes a second to load: every process and command would pay for what is printed once a month.
    import weasyprint  # noqa: PLC0415

    made: Any = weasyprint  # it has no annotations
    page = made.HTML(string=html(facts, moment), url_fetcher=_refuse)
    document: bytes = page.write_pdf(stylesheets=[made.CSS(_STYLE)])
    return document


def _context(facts: Facts, moment: datetime) -> Mapping[str, Any]:
    listed = lines(facts)
    counted = Counter(line.standing for line in listed)
    shown = sorted(facts.groups, key=lambda group: -group.users)[:GROUPS_SHOWN]
    return {
        "words": WORDS,
        "facts": facts,
        "moment": moment,
        "lines": listed,
        "standings": [(standing.value, counted[standing]) for standing in Standing],
        "groups": [(group.users, _settings(group.settings)) for group in shown],
        "more": max(len(facts.groups) - GROUPS_SHOWN, 0),
    }


def _settings(settings: Any) -> list[tuple[str, str]]:
    return [(str(LABELS[field].title), said(field, getattr(settings, field))) for field in FIELDS]


def _refuse(url: str, *_: object) -> dict[str, Any]:
    raise ValueError(f"nothing is fetched for the evidence pack: {url[:80]}")
