"""The kiosk's own words in Japanese and English: `words/ja.toml` and `words/en.toml`, one flat table, read once.

`{name}` in a text is filled in by the caller. Sentences of problems come from the agent.
"""

import functools
import tomllib
from pathlib import Path
from typing import Final, Literal, cast

Language = Literal["ja", "en"]

LANGUAGES: Final[tuple[Language, ...]] = ("ja", "en")


def word(key: str, language: Language, **values: object) -> str:
    """Return the text of this key in the language, filled in."""
    return catalogue(language)[key].format(**values)


@functools.cache
def catalogue(language: Language) -> dict[str, str]:
    """Return all texts of one language."""
    file = Path(__file__).parent / "words" / f"{language}.toml"
    return cast("dict[str, str]", tomllib.loads(file.read_text("utf-8")))


def duration(seconds: float, language: Language) -> str:
    """Return a span as people say it: hours and minutes, rounded up to a minute."""
    minutes = max(0, -int(-seconds // 60))
    hours, rest = divmod(minutes, 60)
    if hours:
        return word("hours-minutes", language, hours=hours, minutes=rest)
    return word("minutes", language, minutes=rest)
