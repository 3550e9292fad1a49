"""How a worker's name is compared: NFKC and case folding, so that full-width letters and capitals are the same name."""

import unicodedata
from typing import Final

from hanare_core.problems import Code, Problem

NAME_CHARACTERS: Final = 64
"""Longest name that a worker types, characters, as in `hanare_core.wire.UserName`."""

_REFUSED: Final = frozenset({"Cc", "Cs", "Cn", "Co"})
"""Unicode categories that no name has: controls, lone surrogates, unassigned and private characters."""


def normalise(name: str) -> str:
    """Return the name as it is stored and looked up; raise Problem(MALFORMED) for what no name may hold."""
    key = unicodedata.normalize("NFKC", name).strip().casefold()
    if not key or len(key) > 4 * NAME_CHARACTERS:  # NFKC may grow a name; the column bounds it
        raise Problem(Code.MALFORMED, detail={"path": "$.user"})
    return check_text(key, path="$.user")


def staff_number(text: str) -> str:
    """Return the number by which people are told apart: full-width digits are the same. Raises as `check_text`."""
    return check_text(unicodedata.normalize("NFKC", text).strip().casefold(), path="person")


def check_text(text: str, *, path: str) -> str:
    """Return the text if it holds printable characters only; raise Problem(MALFORMED) that names the path."""
    if not is_text(text):
        raise Problem(Code.MALFORMED, detail={"path": path})
    return text


def is_text(text: str) -> bool:
    """Return whether the text holds nothing but characters that people can read."""
    return not any(unicodedata.category(character) in _REFUSED for character in text)
