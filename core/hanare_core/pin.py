"""The PIN: its normal form, and the blocklist that the stick applies before a PIN is chosen.

Normal form is NFKC in UTF-8, so that full-width digits from a Japanese input method are the same PIN. The list follows
NIST SP 800-63B (no composition rules; common values refused): runs, repeats, dates, keypad paths, and the words and
numbers that belong to the user or the office. Only the stick can check it: neither server nor keyd ever sees a PIN.
Composition (letters and digits) is asked for only where a profile says so, as 総務省's LGWAN requirements do.
"""

import datetime as dt
import unicodedata
from typing import Annotated, Final

import msgspec

from hanare_core import wire
from hanare_core.problems import Code, Problem

MIN_CHARACTERS: Final = 6
"""Shortest PIN (NIST SP 800-63B: an activation secret has at least six digits)."""

MAX_CHARACTERS: Final = 64
"""Longest PIN, counted after normalising; bounds the work, and is longer than anyone types."""

WORD_CHARACTERS: Final = 4
"""Shortest word or number that is refused inside a PIN; shorter ones stand in too many good PINs by chance."""

KANJI_WORD_CHARACTERS: Final = 2
"""The same for a word of other characters than letters and digits: most family names have two."""

WORDS: Final = 64
"""Most words of one user and office."""

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


class Rules(wire.Message, frozen=True):
    """What the office asks of a PIN beyond the blocklist."""

    characters: Annotated[int, msgspec.Meta(ge=MIN_CHARACTERS, le=MAX_CHARACTERS)] = MIN_CHARACTERS
    """Fewest characters."""
    composition: bool = False
    """A letter and a digit are both asked for."""
    words: Annotated[tuple[wire.Text, ...], msgspec.Meta(max_length=WORDS)] = ()
    """Names and numbers of the user and the office, in any spelling; too short ones have no effect."""


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


def check(pin: bytes, rules: Rules = Rules()) -> None:  # noqa: B008 - frozen
    """Raise Problem(PIN_WEAK) with the reason when a normalised PIN is too short or easily guessed.

    Reasons: short, long, repeat, run, date, common, word, composition.
    """
    typed = pin.decode("utf-8")
    if len(typed) < rules.characters:
        raise Problem(Code.PIN_WEAK, detail={"reason": "short", "characters": str(rules.characters)})
    if len(typed) > MAX_CHARACTERS:
        raise Problem(Code.PIN_WEAK, detail={"reason": "long"})
    text = typed.casefold()  # which makes two characters of a few: they are counted as typed
    for reason, is_weak in _RULES:
        if is_weak(text):
            raise Problem(Code.PIN_WEAK, detail={"reason": reason})
    if any(_is_word(text, _plain(word)) for word in rules.words):
        raise Problem(Code.PIN_WEAK, detail={"reason": "word"})
    if rules.composition and not (any(map(str.isalpha, text)) and any(map(str.isdigit, text))):
        raise Problem(Code.PIN_WEAK, detail={"reason": "composition"})


def _is_word(text: str, word: str) -> bool:
    """Tell a PIN that holds the word, or is a part of it (the end of a telephone number), also backwards."""
    if len(word) < (WORD_CHARACTERS if word.isascii() else KANJI_WORD_CHARACTERS):
        return False
    return any(each in text or text in each for each in (word, word[::-1]))


def _plain(word: str) -> str:
    """Return the word as it would be typed: normal form, without the signs between groups of digits."""
    folded = unicodedata.normalize("NFKC", word).casefold()
    return "".join(character for character in folded if character.isalnum())


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
    try:
        date = dt.datetime.strptime(text, form).replace(tzinfo=dt.UTC)
    except ValueError:
        return False
    return _FIRST_YEAR <= date.year <= _LAST_YEAR


def _is_common(text: str) -> bool:
    return text in _COMMON


_RULES: Final = (("repeat", _is_repeat), ("run", _is_run), ("date", _is_date), ("common", _is_common))
