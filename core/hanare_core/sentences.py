"""What people are told for each problem code: a title and what to do next, in Japanese and English.

The texts stand in `catalogue/ja.toml` and `catalogue/en.toml`, one table a code, and are read once.
`{help_desk}` in a text stands for the office's own number; where it is not known, the words for it in that
language stand there.
"""

import functools
import tomllib
from importlib import resources
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


def sentence(code: Code, language: Language, *, help_desk: str = "") -> Sentence:
    """Return the code's sentence in the language, with the office's help desk put in."""
    text = _catalogue(language)[code.value]
    number = help_desk_named(help_desk, language)
    return Sentence(text["title"], text["next"].replace("{help_desk}", number))


def help_desk_named(number: str, language: Language) -> str:
    """Return the office's number, or, where it is not known, the words for its help desk."""
    return number or _NO_NUMBER[language]


@functools.cache
def _catalogue(language: Language) -> dict[str, dict[str, str]]:
    file = resources.files("hanare_core") / "catalogue" / f"{language}.toml"
    return tomllib.loads(file.read_text("utf-8"))
