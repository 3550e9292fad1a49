"""Identifiers of rows: a short prefix that tells the kind, and 96 random bits."""

import secrets
from typing import Final

RANDOM_BYTES: Final = 12
"""96 bits: no two rows of one installation ever meet by chance, and nobody guesses one."""


def new(prefix: str) -> str:
    """Return a fresh identifier of the shape of `hanare_core.wire.Id`."""
    return f"{prefix}-{secrets.token_hex(RANDOM_BYTES)}"
