"""Japanese as a person types it: one key after another, each seen before the next; nobody types seven at once."""

from typing import Final

KEYS: Final = (
    ("n", "ｎ"),
    ("i", "に"),
    ("h", "にｈ"),
    ("o", "にほ"),
    ("n", "にほｎ"),
    ("g", "にほんｇ"),
    ("o", "にほんご"),
    (" ", "日本語"),
)
"""(key, what the field shows then)."""

LETTERS: Final = 20
"""Typed one after another until one is kana, each within a second or so: a busy machine turns on sooner than that."""
