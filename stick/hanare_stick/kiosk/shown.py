"""How a name from the air is written on the screen: nothing in it moves, hides or turns what stands around it."""

import unicodedata
from typing import Final

STRANGE: Final = "\N{REPLACEMENT CHARACTER}"
MOST: Final = 32
"""A name has 32 bytes; iwd's replacements could make more of them."""


def shown(name: str) -> str:
    """Return the name with a mark for each control, direction, private or unassigned character, as one line."""
    return "".join(character if _plain(character) else STRANGE for character in name[:MOST])


def _plain(character: str) -> bool:
    category = unicodedata.category(character)
    return not category.startswith(("C", "M")) and category not in {"Zl", "Zp"}
