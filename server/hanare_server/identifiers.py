"""Identifiers of rows: a short prefix that tells the kind, and 96 random bits."""

import secrets
from typing import Final

RANDOM_BYTES: Final = 12
"""96 bits: no two rows of one installation ever meet by chance, and nobody guesses one."""


ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without I, O, 0 and 1, which people misread on paper."""

GROUPS: Final = 5
GROUP_CHARACTERS: Final = 4
"""20 characters of 32: 100 bits."""


def new(prefix: str) -> str:
    """Return a fresh identifier of the shape of `hanare_core.wire.Id`."""
    return f"{prefix}-{secrets.token_hex(RANDOM_BYTES)}"


def printed_secret() -> str:
    """Return a fresh secret of 100 random bits in groups, for people who type it from paper."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP_CHARACTERS)) for _ in range(GROUPS))
