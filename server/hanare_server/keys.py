"""The server's own secrets: its signing key, and what is derived from the secret file."""

import functools
import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Final

from django.conf import settings
from nacl.signing import SigningKey

from hanare_core import wire

STAND_IN_BYTES: Final = 16
"""Of the HMAC that stands for an unknown name: 128 bits, so that no two names ever share counters."""


def signing_key() -> SigningKey:
    """Return the server's Ed25519 key; raises FileNotFoundError before `setup` has made it."""
    return _signing_key_at(str(settings.HANARE.path("server.key", settings.HANARE.key_file)))


def stand_in(organisation: str, name_key: str) -> str:
    """Return the stable identifier under which an unknown name is counted; nobody can tell it from outside."""
    return "x-" + derived("stand-in", organisation, name_key, size=STAND_IN_BYTES).hex()


def derived(purpose: str, *parts: str, size: int) -> bytes:
    """Return bytes that only the owner of the secret file can compute (HMAC-SHA-256, expanded by SHAKE-256)."""
    text = "\0".join((purpose, *parts)).encode()
    key = hmac.digest(settings.SECRET_KEY.encode(), text, "sha256")
    return hashlib.shake_256(key).digest(size)


def make(path: Path) -> None:
    """Write 32 random bytes in base64url to a file that only its owner reads, if it is missing."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(wire.key_text(secrets.token_bytes(wire.KEY_BYTES)) + "\n")


@functools.cache
def _signing_key_at(path: str) -> SigningKey:
    return SigningKey(wire.key_bytes(Path(path).read_text("ascii").strip()))
