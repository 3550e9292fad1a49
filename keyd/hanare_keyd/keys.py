"""keyd's own keys: the master key that seals what is in the database, and the key that signs tickets.

Sealing is XChaCha20-Poly1305 with the row's purpose, organisation and user as additional data, so that a sealed value
copied into another row opens nowhere. Every other secret is derived from the master key by keyed BLAKE2b with its own
purpose: nonces, one-time codes, stand-ins, the key that signs checkpoints of audit logs.
"""

import hashlib
import os
import secrets
import stat
from enum import StrEnum
from pathlib import Path
from typing import Final

from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
    crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
)
from nacl.signing import SigningKey

from hanare_core import oprf, signed, wire
from hanare_keyd.settings import Settings, SettingsError

KEY_BYTES: Final = 32
"""Size of both key files."""


class Purpose(StrEnum):
    """What a derived key or a sealed value is for."""

    CHECKPOINT = "checkpoint"
    CODE = "code"
    NONCE = "nonce"
    OPRF_KEY = "oprf-key"
    SEAL = "seal"
    STAND_IN = "stand-in"
    STAND_IN_KEY = "stand-in-key"
    TOTP = "totp"


class Keys:
    """The keys of one running keyd."""

    def __init__(self, master: bytes, ticket_seed: bytes) -> None:
        self._master = master
        self._seal = self.derived(Purpose.SEAL)
        self._stand_in = self.derived(Purpose.STAND_IN)
        self.ticket = SigningKey(ticket_seed)
        self.checkpoint = SigningKey(self.derived(Purpose.CHECKPOINT))
        self.stand_in_public = signed.public_text(SigningKey(self._stand_in))
        """What a proof for an unknown user is verified with: a key nobody signs with."""

    def derived(self, purpose: Purpose) -> bytes:
        """Return the 32-byte key of this purpose."""
        return hashlib.blake2b(purpose.value.encode("ascii"), key=self._master, digest_size=KEY_BYTES).digest()

    def seal(self, secret: bytes, purpose: Purpose, organisation: str, user: str) -> bytes:
        """Return the secret sealed for this row."""
        nonce = secrets.token_bytes(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES)
        associated = _associated(purpose, organisation, user)
        return nonce + crypto_aead_xchacha20poly1305_ietf_encrypt(secret, associated, nonce, self._seal)

    def unseal(self, sealed: bytes, purpose: Purpose, organisation: str, user: str) -> bytes:
        """Return the secret of this row. Raises nacl.exceptions.CryptoError when it is not sealed for it."""
        nonce = sealed[:crypto_aead_xchacha20poly1305_ietf_NPUBBYTES]
        associated = _associated(purpose, organisation, user)
        body = sealed[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES:]
        return crypto_aead_xchacha20poly1305_ietf_decrypt(body, associated, nonce, self._seal)

    def stand_in_oprf_key(self, organisation: str, user: str) -> bytes:
        """Return the stable OPRF key of a user who has none: an unknown name, or one without a PIN yet."""
        return oprf.derive_key(self._stand_in, f"{organisation}\n{user}".encode())

    def stand_in_credential(self, organisation: str, user: str) -> str:
        """Return a stable credential id that no security key has: 64 bytes, as most keys make."""
        text = f"{organisation}\n{user}".encode("ascii")
        return wire.key_text(hashlib.blake2b(text, key=self.derived(Purpose.STAND_IN_KEY), digest_size=64).digest())


def load(settings: Settings) -> Keys:
    """Return the keys of the files. Raises SettingsError for a missing, wrong or readable-by-others file."""
    return Keys(_read(Path(settings.master_key_file)), _read(Path(settings.ticket_key_file)))


def create(settings: Settings) -> None:
    """Write the key files that do not exist yet, mode 0600; an existing one is never touched."""
    for path in (Path(settings.master_key_file), Path(settings.ticket_key_file)):
        if not path.exists():
            _write(path, secrets.token_bytes(KEY_BYTES))


def _associated(purpose: Purpose, organisation: str, user: str) -> bytes:
    return f"{purpose.value}\n{organisation}\n{user}".encode("ascii")


def _read(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        key = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}; make the keys by `hanare_keyd.admin SETTINGS init`") from error
    if mode & (stat.S_IWGRP | stat.S_IRWXO):
        raise SettingsError(f"{path}: must not be open to others; give it mode 0600")
    if len(key) != KEY_BYTES:
        raise SettingsError(f"{path}: must hold exactly {KEY_BYTES} bytes")
    return key


def _write(path: Path, key: bytes) -> None:
    """Write the file so that it is there whole and durable, or not at all."""
    temporary = path.with_name(f"{path.name}.new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    os.link(temporary, path)
    temporary.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
