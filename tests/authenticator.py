"""A FIDO2 security key in software: CTAP 2 over a device that python-fido2's own Ctap2 speaks to, with ES256.

Stands in for hardware that no test machine has. It is touched at once; `counter` may be held still, as in a copy.
"""

import hashlib
import secrets
import struct
from collections.abc import Callable, Mapping
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.ctap import CtapDevice
from fido2.ctap2.base import Ctap2
from fido2.hid import CAPABILITY

_PRESENT: Final = 0x01
_ATTESTED: Final = 0x40
_OK: Final = b"\x00"
_AAGUID: Final = bytes(16)
_NO_CREDENTIALS: Final = b"\x2e"
"""CTAP2_ERR_NO_CREDENTIALS."""


class SoftwareKey(CtapDevice):  # type: ignore[misc] # untyped in Debian's version
    """One security key with its credentials by relying party."""

    def __init__(self, rp_id: str | None = None) -> None:
        self.counter = 0
        self.still = False
        """Whether the counter no longer rises."""
        self.rp_id = rp_id
        """Signs for this relying party whatever it is asked, as a phished key of another site would have."""
        self.credential_bytes = 64
        """How long its credentials' names are."""
        self._keys: dict[bytes, ec.EllipticCurvePrivateKey] = {}

    @property
    def capabilities(self) -> Any:
        """CBOR, and so CTAP 2."""
        return CAPABILITY.CBOR

    def ctap2(self) -> Ctap2:
        """Return python-fido2's view of it."""
        return Ctap2(self)

    def call(self, cmd: int, data: bytes = b"", *_args: Any, **_more: Any) -> bytes:
        """Answer one CTAPHID_CBOR message (CTAP 2.1 §8.1)."""
        del cmd
        commands: Mapping[int, Callable[[dict[int, Any]], bytes]] = {
            0x01: self._make,
            0x02: self._assert,
            0x04: lambda _: _OK + cbor.encode({1: ["FIDO_2_0"], 3: _AAGUID}),
        }
        request = cbor.decode(data[1:]) if len(data) > 1 else {}
        return commands[data[0]](request)

    def close(self) -> None:
        """Nothing is open."""

    @classmethod
    def list_devices(cls) -> Any:
        """Nothing is plugged in by itself."""
        return iter(())

    def _make(self, request: dict[int, Any]) -> bytes:
        credential, key = secrets.token_bytes(self.credential_bytes), ec.generate_private_key(ec.SECP256R1())
        self._keys[credential] = key
        public = cbor.encode(dict(ES256.from_cryptography_key(key.public_key())))
        attested = _AAGUID + struct.pack(">H", len(credential)) + credential + public
        data = self._data(request[2]["id"], _PRESENT | _ATTESTED) + attested
        return _OK + cbor.encode({1: "none", 2: data, 3: {}})

    def _assert(self, request: dict[int, Any]) -> bytes:
        own = [one for one in request[3] if one["id"] in self._keys]
        if not own:
            return _NO_CREDENTIALS
        data = self._data(request[1], _PRESENT)
        signature = self._keys[own[0]["id"]].sign(data + request[2], ec.ECDSA(hashes.SHA256()))
        return _OK + cbor.encode({1: dict(own[0]), 2: data, 3: signature})

    def _data(self, rp_id: str, flags: int) -> bytes:
        self.counter += 0 if self.still else 1
        relying = hashlib.sha256((self.rp_id or rp_id).encode()).digest()
        return relying + struct.pack(">BI", flags, self.counter)
