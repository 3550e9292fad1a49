"""How a name from outside is written on the screen: nothing in it moves, hides or turns what stands around it."""

import unicodedata
from typing import Final

STRANGE: Final = "\N{REPLACEMENT CHARACTER}"
MOST: Final = 32
"""A network's name has 32 bytes; iwd's replacements could make more of them."""


def shown(name: str, most: int = MOST) -> str:
    """Return the name, cut to so many characters, as one line: what has no shape of its own has a mark instead."""
    return "".join(character if _plain(character) else STRANGE for character in name[:most])


def _plain(character: str) -> bool:
    category = unicodedata.category(character)
    return not category.startswith(("C", "M")) and category not in {"Zl", "Zp"}
