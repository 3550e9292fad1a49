"""FIDO2 security keys: what stick and keyd agree on (WebAuthn Level 2; CTAP 2.1).

There is no browser, so relying party and origin are ours and fixed: a key that was enrolled for another site signs
nothing for us, and what it signed for us is worth nothing elsewhere. The challenge is derived from keyd's nonce,
which is good for one attempt; so an assertion cannot be replayed.
"""

import hashlib
import json
from enum import StrEnum
from typing import Annotated, Final

import msgspec

from hanare_core import wire

RP_ID: Final = "hanare.internal"
"""Relying party id; .internal belongs to nobody on the internet (ICANN, 2024)."""

ORIGIN: Final = "https://hanare.internal"

CREDENTIAL_BYTES: Final = 1023
"""Longest credential id (CTAP 2.1, maxCredentialIdLength of authenticators in use is below)."""

Bytes = Annotated[str, msgspec.Meta(max_length=2048, pattern=r"^[A-Za-z0-9_-]*\Z")]
"""Unpadded base64url."""


class Ceremony(StrEnum):
    """What the key was asked for; the `type` of the client data (WebAuthn §5.8.1)."""

    CREATE = "webauthn.create"
    GET = "webauthn.get"


class Registration(wire.Message, frozen=True):
    """A new credential: what the authenticator made, without attestation (the one-time code vouches for it)."""

    client_data: Bytes
    authenticator_data: Bytes


class Assertion(wire.Message, frozen=True):
    """A proof that the key was touched for this attempt (WebAuthn §7.2)."""

    credential: Bytes
    client_data: Bytes
    authenticator_data: Bytes
    signature: Bytes


def challenge(nonce: str) -> str:
    """Return the challenge of this attempt, base64url."""
    return wire.key_text(hashlib.sha256(f"hanare/1/security-key\n{nonce}".encode("ascii")).digest())


def client_data(ceremony: Ceremony, nonce: str) -> bytes:
    """Return the client data that the key signs over, by its hash (WebAuthn §5.8.1)."""
    fields = {"type": ceremony.value, "challenge": challenge(nonce), "origin": ORIGIN, "crossOrigin": False}
    return json.dumps(fields, separators=(",", ":")).encode("ascii")
