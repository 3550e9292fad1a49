"""The kiosk's words: both languages say everything, and fill in the same values."""

import re
from pathlib import Path

import pytest

from hanare_stick.kiosk import acts
from hanare_stick.kiosk.words import LANGUAGES, catalogue, duration, word

SOURCES = Path(acts.__file__).parent


def test_both_languages_have_the_same_keys_and_values() -> None:
    """A key or a filled-in value that one language lacks would show on somebody's screen."""
    japanese, english = (catalogue(language) for language in LANGUAGES)
    assert japanese.keys() == english.keys()
    for key in japanese:
        assert set(re.findall(r"{(\w+)}", japanese[key])) == set(re.findall(r"{(\w+)}", english[key])), key


def test_no_key_is_missing_and_none_is_idle() -> None:
    """Every key that the code names exists, and every key is named."""
    code = "".join(path.read_text("utf-8") for path in SOURCES.rglob("*.py"))
    named = set(re.findall(r'"([a-z0-9]+(?:-[a-z0-9]+)*)"', code))
    built = {
        f"{form}-{part}"
        for form in ("first-done", "pins-differ", "empty", "factor-shape", "wifi-joined", "pin-changed", "grace")
        for part in ("title", "next")
    }
    built |= {f"{form}-title" for form in ("sign-in", "first", "office", "lock", "join", "wifi", "change-pin")} | {
        f"tour-{n}-{p}" for n in "123" for p in ("title", "text")
    }
    built |= {f"line-{line}" for line in ("good", "slow", "lost")}
    assert catalogue("ja").keys() - named - built == set()


@pytest.mark.parametrize(
    ("seconds", "japanese", "english"),
    [
        (0, "0分", "0 min"),
        (1, "1分", "1 min"),
        (60, "1分", "1 min"),
        (61, "2分", "2 min"),
        (7260, "2時間1分", "2 h 1 min"),
    ],
)
def test_spans_are_said_rounded_up(seconds: float, japanese: str, english: str) -> None:
    """A minute that has begun counts: nobody is told zero while time is left."""
    assert (duration(seconds, "ja"), duration(seconds, "en")) == (japanese, english)


def test_values_are_filled_in() -> None:
    """A word with a value shows it."""
    assert word("bar-left", "ja", time="5分") == "残り 5分"
