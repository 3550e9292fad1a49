"""The organisation's kitting CA: one Ed25519 key in a file that a passphrase opens.

Layout of the file, then base64url: version (1 byte, 0x01), salt (16), secretbox of the 32-byte seed. The key is
Argon2id (RFC 9106) over the passphrase. Its public half stands beside it in clear, for keyd and server.
"""

import os
import unicodedata
from pathlib import Path
from typing import Final

import nacl.pwhash.argon2id
import nacl.utils
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox
from nacl.signing import SigningKey

from hanare_core import signed, wire
from hanare_core.problems import Problem
from hanare_image.texts import refused

KEY_FILE: Final = "ca.key"
PUBLIC_FILE: Final = "ca.pub"

MIN_PASSPHRASE: Final = 12
"""Shortest passphrase, characters: the file may be copied and searched at leisure."""

ARGON2_MEMORY_BYTES: Final = 256 * 1024 * 1024
"""libsodium's "moderate": opened a few times a year, so it may cost something."""

ARGON2_PASSES: Final = 3

_VERSION: Final = b"\x01"
_SALT_BYTES: Final = nacl.pwhash.argon2id.SALTBYTES
_SALT_END: Final = len(_VERSION) + _SALT_BYTES


def new_ca(folder: Path, passphrase: str) -> str:
    """Make a CA in the folder and return its public key (base64url); raise KittingError if there is one already."""
    if len(passphrase) < MIN_PASSPHRASE:
        raise refused("passphrase-short", least=MIN_PASSPHRASE)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = SigningKey.generate()
    salt = nacl.utils.random(_SALT_BYTES)
    sealed = SecretBox(_key(passphrase, salt)).encrypt(bytes(key))
    _create(folder / KEY_FILE, wire.key_text(_VERSION + salt + sealed), mode=0o600)
    _create(folder / PUBLIC_FILE, signed.public_text(key), mode=0o644)
    return signed.public_text(key)


def open_ca(folder: Path, passphrase: str) -> SigningKey:
    """Return the CA's key; raise KittingError for a wrong passphrase or a file that is none."""
    try:
        data = wire.key_bytes((folder / KEY_FILE).read_text("ascii").strip())
    except (OSError, ValueError, Problem) as error:
        raise refused("ca-key", path=folder / KEY_FILE) from error
    if not data.startswith(_VERSION):
        raise refused("ca-version", path=folder / KEY_FILE)
    try:
        seed = SecretBox(_key(passphrase, data[len(_VERSION) : _SALT_END])).decrypt(data[_SALT_END:])
        return SigningKey(seed)
    except (CryptoError, ValueError) as error:
        raise refused("passphrase-wrong") from error


def _key(passphrase: str, salt: bytes) -> bytes:
    return nacl.pwhash.argon2id.kdf(
        SecretBox.KEY_SIZE,
        unicodedata.normalize("NFKC", passphrase).encode("utf-8"),
        salt,
        opslimit=ARGON2_PASSES,
        memlimit=ARGON2_MEMORY_BYTES,
    )


def _create(path: Path, text: str, *, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except OSError as error:
        raise refused("output", path=path, reason=error.strerror) from error
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(descriptor)
