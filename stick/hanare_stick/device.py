"""The stick's identity partition: keys, site, and the two state slots.

What is written is flushed to the medium before a method returns (fsync), and only then told to the server. The keys
in use are the ring's present ones; the next ones are tried for as long as `tries_next` is set.
"""

import contextlib
import os
from pathlib import Path

import msgspec
from nacl.public import PrivateKey
from nacl.signing import SigningKey

from hanare_core import keyring, ratchet, wire
from hanare_core import site as names
from hanare_core.certificate import StickCertificate
from hanare_core.keyring import GatewayList, Keyring, KeySet
from hanare_core.pinning import pinned
from hanare_core.problems import Code, Problem
from hanare_core.ratchet import Change, StickState
from hanare_core.site import GatewaySite, Site
from hanare_stick.gateways import in_order

MOST_GATEWAYS = 8
"""As many as a site may name: the newest list's first."""


class Device:
    """One stick as it was written by the kitting station. Raises OSError or Problem where the partition is broken."""

    def __init__(self, folder: Path) -> None:
        self._state = folder / names.STATE_FILE
        self._keys = folder / names.KEYS_FILE
        self._kitted: Site = wire.decode((folder / names.SITE_FILE).read_bytes(), Site)
        self.tries_next = False
        self.ring = keyring.read(_read(self._keys, keyring.AREA_BYTES))
        _usable(self)
        self._kept = ratchet.read(_read(self._state, ratchet.AREA_BYTES))

    @property
    def site(self) -> Site:
        """The office as the stick knows it now: with the gateways of the CA's newest lists."""
        return msgspec.structs.replace(self._kitted, gateways=self._gateways())

    @property
    def identity(self) -> SigningKey:
        """The key that signs."""
        return self._in_use.identity_key

    @property
    def door_key(self) -> PrivateKey:
        """The key of the door's tunnel."""
        return self._in_use.door_key

    @property
    def certificate(self) -> StickCertificate:
        """What the CA says of the keys in use."""
        return keyring.certificate_of(self._in_use)

    @property
    def has_next(self) -> bool:
        """Whether other keys, signed by the CA, wait to be used."""
        return self.ring.next is not None and self.ring.next.certificate is not None

    def lists(self) -> list[GatewayList]:
        """Return the CA's gateway lists, the newest first. Raises Problem when they are not the CA's."""
        organisation = self._kitted.organisation
        return [keyring.gateway_list(text, self.ring.ca_key, organisation) for text in self.ring.lists]

    def state(self) -> StickState:
        """Return what the stick last kept; once it is pulled out, what it was last seen to have kept."""
        with contextlib.suppress(OSError):
            self._kept = ratchet.read(_read(self._state, ratchet.AREA_BYTES))
        return self._kept

    def keep(self, *, generation: int, time_ms: int) -> None:
        """Write generation and time into the older slot."""
        area = _read(self._state, ratchet.AREA_BYTES)
        _write(self._state, ratchet.write(area, generation=generation, now_ms=time_ms))

    def keep_ring(self, ring: Keyring) -> None:
        """Write the ring into the older slot, and use it."""
        _write(self._keys, keyring.write(_read(self._keys, keyring.AREA_BYTES), ring))
        self.ring = ring

    @property
    def _in_use(self) -> KeySet:
        return self.ring.next if self.tries_next and self.ring.next is not None else self.ring.current

    def _gateways(self) -> tuple[GatewaySite, ...]:
        """Return the newest list's gateways, then those of the list or site before it, each key once.

        Those of one list stand in this stick's own order.
        """
        told = [one.gateways for one in self.lists()]
        if self.ring.settled == 0:
            told.append(self._kitted.gateways)
        known: dict[str, GatewaySite] = {}
        for gateway in (gateway for listed in told for gateway in in_order(self.certificate.stick, listed)):
            known.setdefault(gateway.wireguard_key, gateway)
        return tuple(known.values())[:MOST_GATEWAYS]


def _usable(device: Device) -> None:
    """Read what is needed later, so that a stick that cannot be used says so now. Raises OSError or Problem."""
    site = device.site  # the CA's lists among it
    _ = device.certificate, device.identity, device.door_key
    try:
        pinned(site.server_certificate)
    except (ValueError, TypeError) as error:  # no PEM at all; one that holds no certificate is an OSError
        raise Problem(Code.STICK_DAMAGED) from error


def _read(path: Path, size: int) -> bytes:
    with path.open("rb") as file:
        return file.read(size)


def _write(path: Path, change: Change) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.pwrite(descriptor, change.data, change.offset)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
