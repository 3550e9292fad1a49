"""The envelope: the user's signing seed, locked by the PIN's OPRF output, kept by the server.

Layout, then base64url: version (1 byte, 0x01), salt (16), nonce (24), secretbox of the 32-byte Ed25519 seed (48). The
key is Argon2id (RFC 9106) over the 64 bytes of OPRF output. Without keyd's evaluation a guess cannot even be tried;
with it, each guess costs one Argon2id. About 0.1 s and 64 MiB per call: run it in a thread.
"""

import hashlib
import hmac
from typing import Final

import nacl.pwhash.argon2id
import nacl.utils
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from hanare_core import wire
from hanare_core.problems import Code, Problem

SEED_BYTES: Final = 32
"""An Ed25519 seed (RFC 8032 §5.1.5)."""

ARGON2_MEMORY_BYTES: Final = 64 * 1024 * 1024
"""What one guess costs in memory; fits a home PC with 4 GiB beside the desktop."""

ARGON2_PASSES: Final = 2
"""Passes over that memory: a tenth of a second at home, hours per million guesses for who holds everything."""

_VERSION: Final = b"\x01"
_SALT_BYTES: Final = nacl.pwhash.argon2id.SALTBYTES
_SALT_END: Final = len(_VERSION) + _SALT_BYTES
ENVELOPE_BYTES: Final = _SALT_END + SecretBox.NONCE_SIZE + SecretBox.MACBYTES + SEED_BYTES
"""Exact size before base64url: 89 bytes, 119 characters of text."""


def seal(seed: bytes, oprf_output: bytes) -> str:
    """Return the envelope text of a 32-byte seed under a fresh salt and nonce."""
    if len(seed) != SEED_BYTES:
        raise ValueError(f"seed must be {SEED_BYTES} bytes")
    salt = nacl.utils.random(_SALT_BYTES)
    sealed = SecretBox(_key(oprf_output, salt)).encrypt(seed)
    return wire.key_text(_VERSION + salt + sealed)


def open_envelope(envelope: str, oprf_output: bytes) -> bytes:
    """Return the seed.

    Raises Problem(SIGN_IN_FAILED) for a wrong PIN, Problem(MALFORMED) for a text that is no envelope.
    """
    data = wire.key_bytes(envelope)
    if len(data) != ENVELOPE_BYTES or not data.startswith(_VERSION):
        raise Problem(Code.MALFORMED, detail={"path": "envelope"})
    salt, sealed = data[len(_VERSION) : _SALT_END], data[_SALT_END:]
    try:
        return SecretBox(_key(oprf_output, salt)).decrypt(sealed)
    except CryptoError as error:
        raise Problem(Code.SIGN_IN_FAILED) from error


def stand_in(user: str, secret: bytes) -> str:
    """Return what is shown for a name without an envelope: same length, stable, opened by no PIN.

    user: the stand-in id; secret: the server's, at least 16 bytes, at most 64.
    """
    blocks = (hmac.digest(secret, f"hanare/1/envelope/{part}\n{user}".encode(), hashlib.sha512) for part in range(2))
    return wire.key_text((_VERSION + b"".join(blocks))[:ENVELOPE_BYTES])


def _key(oprf_output: bytes, salt: bytes) -> bytes:
    return nacl.pwhash.argon2id.kdf(
        SecretBox.KEY_SIZE, oprf_output, salt, opslimit=ARGON2_PASSES, memlimit=ARGON2_MEMORY_BYTES
    )
