"""One stick's identity partition as the kitting station writes it: every file synced, then read back and compared.

The private keys are made here, written once and kept nowhere else.
"""

import os
import secrets
from pathlib import Path
from typing import Final, NamedTuple

from nacl.signing import SigningKey

from hanare_core import certificate, keyring, ratchet, signed, wire
from hanare_core import site as names
from hanare_core.certificate import StickCertificate
from hanare_core.keyring import Keyring, KeySet
from hanare_core.site import Site
from hanare_image.texts import refused

CERTIFICATE_LIFE_MS: Final = 3 * 365 * 24 * 3600 * 1000
"""Three years; re-signed offline as a list, without a visit (docs/manual/en/rekey.md)."""

BACKDATE_MS: Final = 10 * 60 * 1000
"""A kitting station's clock may be ahead of the server's by this much."""

_ID_BYTES: Final = 5


class Written(NamedTuple):
    """A stick whose partition is complete."""

    stick: str
    certificate: str
    identity: SigningKey
    """Needed once more, to register; the caller drops it then."""


def write_partition(folder: Path, site: Site, ca_key: SigningKey, *, now_ms: int) -> Written:
    """Write a new identity into an empty folder; raise KittingError when it holds one, or reads back differently."""
    if (folder / names.KEYS_FILE).exists():
        raise refused("has-keys", path=folder)
    keys = KeySet.generate()
    identity_key, door_key = keys.public
    stick = f"stick-{secrets.token_hex(_ID_BYTES)}"
    text = certificate.issue(
        StickCertificate(
            organisation=site.organisation,
            stick=stick,
            identity_key=identity_key,
            door_key=door_key,
            not_before_ms=now_ms - BACKDATE_MS,
            not_after_ms=now_ms + CERTIFICATE_LIFE_MS,
        ),
        ca_key,
    )
    ring = Keyring(signed.public_text(ca_key), KeySet(keys.identity, keys.door, text))
    _write_all(
        folder,
        {
            names.SITE_FILE: (wire.encode(site), 0o644),
            names.STATE_FILE: (ratchet.new_area(now_ms), 0o600),
            names.KEYS_FILE: (keyring.new_area(ring), 0o600),
        },
    )
    return Written(stick, text, keys.identity_key)


def _write_all(folder: Path, files: dict[str, tuple[bytes, int]]) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, (content, mode) in files.items():
            _write(folder / name, content, mode)
        _sync_folder(folder)
        for name, (content, _) in files.items():
            if (folder / name).read_bytes() != content:
                raise refused("reads-differently", name=name)
    except OSError as error:
        raise refused("output", path=folder, reason=error.strerror) from error


def _write(path: Path, content: bytes, mode: int) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
