"""The digits by which people compare two keys."""

import re

from hypothesis import given
from hypothesis import strategies as st

from hanare_core import fingerprint, wire

KEYS = st.binary(min_size=32, max_size=32).map(wire.key_text)


@given(KEYS)
def test_six_groups_of_five_digits(key: str) -> None:
    """Every key has thirty digits in six groups, the same each time."""
    assert re.fullmatch(r"([0-9]{5} ){5}[0-9]{5}", fingerprint.digits(key))
    assert fingerprint.digits(key) == fingerprint.digits(key)


@given(KEYS, KEYS)
def test_another_key_shows_other_digits(one: str, other: str) -> None:
    """Two keys never show the same digits."""
    assert (one == other) == (fingerprint.digits(one) == fingerprint.digits(other))


def test_the_digits_do_not_change_between_versions() -> None:
    """A label that was printed stays true."""
    assert fingerprint.digits(wire.key_text(bytes(32))) == "86976 11193 21734 51132 70325 18421"
