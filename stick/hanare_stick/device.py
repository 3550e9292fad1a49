"""The stick's identity partition: keys, certificate, site, and the two state slots.

A written generation is flushed to the medium before `keep` returns (fsync), and only then confirmed to the server.
"""

import os
from pathlib import Path

from nacl.public import PrivateKey
from nacl.signing import SigningKey

from hanare_core import ratchet, signed, wire
from hanare_core import site as names
from hanare_core.certificate import StickCertificate
from hanare_core.ratchet import StickState
from hanare_core.site import Site


class Device:
    """One stick as it was written by the kitting station. Raises OSError or Problem where the partition is broken."""

    def __init__(self, folder: Path) -> None:
        self._state = folder / names.STATE_FILE
        self.site: Site = wire.decode((folder / names.SITE_FILE).read_bytes(), Site)
        self.identity = SigningKey(_secret(folder / names.IDENTITY_FILE))
        self.door_key = PrivateKey(_secret(folder / names.DOOR_FILE))
        text = (folder / names.CERTIFICATE_FILE).read_text("ascii").strip()
        self.certificate = signed.unverified(text, StickCertificate)

    def state(self) -> StickState:
        """Return what the stick last kept."""
        return ratchet.read(self._area())

    def keep(self, *, generation: int, time_ms: int) -> None:
        """Write generation and time into the older slot and flush them."""
        change = ratchet.write(self._area(), generation=generation, now_ms=time_ms)
        descriptor = os.open(self._state, os.O_WRONLY)
        try:
            os.pwrite(descriptor, change.data, change.offset)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _area(self) -> bytes:
        with self._state.open("rb") as file:
            return file.read(ratchet.AREA_BYTES)


def _secret(path: Path) -> bytes:
    return wire.key_bytes(path.read_text("ascii").strip())
