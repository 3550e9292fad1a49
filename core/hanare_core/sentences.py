"""What people are told for each problem code: a title and what to do next, in Japanese and English.

The texts stand in `catalogue/ja.toml` and `catalogue/en.toml`, one table a code, and are read once. Where the office's
staff do another thing than a worker, `staff` says it.
`{help_desk}` in a text stands for the office's own number; where it is not known, the words for it in that
language stand there.
"""

import functools
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from hanare_core.problems import Code

Language = Literal["ja", "en"]

LANGUAGES: Final[tuple[Language, ...]] = ("ja", "en")

_NO_NUMBER: Final[dict[Language, str]] = {"ja": "情報システム担当", "en": "your help desk"}


class Sentence(NamedTuple):
    """What a person reads."""

    title: str
    """What happened, one sentence."""
    next: str
    """What to do now, one or two sentences."""


def sentence(
    code: Code, language: Language, *, help_desk: str = "", detail: Mapping[str, str] = MappingProxyType({})
) -> Sentence:
    """Return the code's sentence in the language, with the office's help desk put in.

    detail: the problem's; a code that has a next step of its own for the `reason` in it says that one.
    """
    text = _catalogue(language)[code.value]
    number = help_desk_named(help_desk, language)
    following = text.get(f"next-{detail.get('reason')}", text["next"])
    following = following.replace("{characters}", detail.get("characters", ""))
    return Sentence(text["title"], following.replace("{help_desk}", number))


def for_staff(
    code: Code, language: Language, *, help_desk: str = "", detail: Mapping[str, str] = MappingProxyType({})
) -> Sentence:
    """Return the code's sentence as the office's own staff need it: what they do, not whom a worker calls."""
    said = sentence(code, language, help_desk=help_desk, detail=detail)
    return said._replace(next=_catalogue(language)[code.value].get("staff", said.next))


def help_desk_named(number: str, language: Language) -> str:
    """Return the office's number, or, where it is not known, the words for its help desk."""
    return number or _NO_NUMBER[language]


@functools.cache
def _catalogue(language: Language) -> dict[str, dict[str, str]]:
    file = Path(__file__).parent / "catalogue" / f"{language}.toml"
    return tomllib.loads(file.read_text("utf-8"))
