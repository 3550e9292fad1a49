"""The emulated PC's keyboard: each character is the key, and the Shift, of a Japanese keyboard."""

import pytest

from hanare_lab.qmp import keys_of


@pytest.mark.parametrize(
    ("character", "keys"),
    [
        ("a", ["a"]),
        ("A", ["shift", "a"]),
        ("_", ["shift", "ro"]),
        ("-", ["minus"]),
        ("=", ["shift", "minus"]),
        ("@", ["bracket_left"]),
        (":", ["apostrophe"]),
        ('"', ["shift", "2"]),
        ("\n", ["ret"]),
    ],
)
def test_characters_are_typed_as_on_a_japanese_keyboard(character: str, keys: list[str]) -> None:
    """Passwords have underscores, which stand elsewhere on a US keyboard."""
    assert keys_of(character) == keys
