"""The PIN: its normal form, and the blocklist that the stick applies before a PIN is chosen.

Normal form is NFKC in UTF-8, so that full-width digits from a Japanese input method are the same PIN. The list follows
NIST SP 800-63B (no composition rules; common values refused): runs, repeats, dates, keypad paths. Only the stick
can check it: neither server nor keyd ever sees a PIN.
"""

import datetime as dt
import unicodedata
from typing import Final

from hanare_core.problems import Code, Problem

MIN_CHARACTERS: Final = 6
"""Shortest PIN (NIST SP 800-63B: an activation secret has at least six digits)."""

MAX_CHARACTERS: Final = 64
"""Longest PIN, counted after normalising; bounds the work, and is longer than anyone types."""

_DISTINCT_CHARACTERS: Final = 3
"""Fewest different characters: 121212 and 112211 are repeats."""

_CIRCLES: Final = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_KEYPAD_PATHS: Final = ("147258", "258369", "147369", "159753", "159357", "357159", "741852", "852963", "963852")
_FAVOURITES: Final = ("456123", "789456", "123789", "321654", "123321", "654456", "112358", "102030", "010203")
_WORDS: Final = ("password", "passw0rd", "p@ssword", "p@ssw0rd", "hanare", "telework")
_COMMON: Final = frozenset((*_KEYPAD_PATHS, *_FAVOURITES, *_WORDS))
_DATE_FORMS: Final = {6: ("%y%m%d", "%m%d%y", "%d%m%y", "%Y%m"), 8: ("%Y%m%d", "%m%d%Y", "%d%m%Y")}
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2099


def normalise(text: str) -> bytes:
    """Return the PIN's normal form. Raises Problem(PIN_WEAK) when it is over MAX_CHARACTERS or unprintable."""
    if len(text) > MAX_CHARACTERS:
        raise Problem(Code.PIN_WEAK, detail={"reason": "long"})
    normal = unicodedata.normalize("NFKC", text)
    if len(normal) > MAX_CHARACTERS:
        raise Problem(Code.PIN_WEAK, detail={"reason": "long"})
    if not normal.isprintable():
        raise Problem(Code.PIN_WEAK, detail={"reason": "unprintable"})
    return normal.encode("utf-8")


def check(pin: bytes) -> None:
    """Raise Problem(PIN_WEAK) with the reason when a normalised PIN is too short or easily guessed.

    Reasons: short, long, repeat, run, date, common.
    """
    text = pin.decode("utf-8").casefold()
    if len(text) < MIN_CHARACTERS:
        raise Problem(Code.PIN_WEAK, detail={"reason": "short"})
    if len(text) > MAX_CHARACTERS:
        raise Problem(Code.PIN_WEAK, detail={"reason": "long"})
    for reason, is_weak in _RULES:
        if is_weak(text):
            raise Problem(Code.PIN_WEAK, detail={"reason": reason})


def _is_repeat(text: str) -> bool:
    """Tell few different characters, or one part over and over (123123)."""
    few = len(set(text)) < _DISTINCT_CHARACTERS
    return few or text in (text + text)[1:-1]


def _is_run(text: str) -> bool:
    """Tell a run along digits, alphabet or a keyboard row, forwards or backwards, also with each key doubled."""
    doubled = len(text) % 2 == 0 and text[::2] == text[1::2]
    return _is_part_of_circle(text) or (doubled and _is_part_of_circle(text[::2]))


def _is_part_of_circle(text: str) -> bool:
    for circle in _CIRCLES:
        around = circle * (len(text) // len(circle) + 2)
        if text in around or text in around[::-1]:
            return True
    return False


def _is_date(text: str) -> bool:
    return any(_parses(text, form) for form in _DATE_FORMS.get(len(text), ()))


def _parses(text: str, form: str) -> bool:
    if not (text.isascii() and text.isdigit()):
        return False
    try:
        date = dt.datetime.strptime(text, form).replace(tzinfo=dt.UTC)
    except ValueError:
        return False
    return _FIRST_YEAR <= date.year <= _LAST_YEAR


def _is_common(text: str) -> bool:
    return text in _COMMON


_RULES: Final = (("repeat", _is_repeat), ("run", _is_run), ("date", _is_date), ("common", _is_common))
