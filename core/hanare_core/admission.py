"""Who may get a peer: the gateway's own check of every door and lease, before the kernel hears of it.

The hub and the server are not believed: the kitting CA's certificate makes a door, and only keyd's ticket for the same
stick makes a session. The wall clock decides validity, so that a hub cannot revive what has ended by telling a time.
"""

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from hanare_core import certificate, ticket
from hanare_core.certificate import StickCertificate
from hanare_core.door import door_address
from hanare_core.kernel import Element
from hanare_core.messages.gateway import Lease, Target
from hanare_core.problems import Code, Problem

KNOWN: Final = 16_384
"""Addresses whose text was read: sessions of one gateway have a few office PCs in common, and come again."""


@dataclass(frozen=True)
class Trust:
    """Whose word a gateway takes; keys are Ed25519 public keys in base64url."""

    organisation: str
    gateway: str
    """Whose doors these are: their addresses are of its own network."""
    ca_key: str
    keyd_key: str
    pool: ipaddress.IPv4Network
    """Inner addresses that sessions on this gateway may have."""


@dataclass(frozen=True)
class DoorPeer:
    """A door that was admitted."""

    key: str
    address: str


@dataclass(frozen=True)
class SessionPeer:
    """A session that was admitted."""

    key: str
    address: str
    elements: tuple[Element, ...]
    not_after_ms: int
    """End of its ticket, wall clock."""
    stick: str
    user: str


def admit_door(stick: str, text: str, trust: Trust, wall_ms: int) -> DoorPeer:
    """Return the peer of the stick's door with this certificate.

    Raises Problem(NOT_AUTHENTIC, CERTIFICATE_EXPIRED, MALFORMED or TOO_LARGE) when its certificate does not hold.
    """
    shown = _stick(text, trust, wall_ms)
    if shown.stick != stick:
        raise Problem(Code.NOT_AUTHENTIC)
    return DoorPeer(shown.door_key, str(door_address(shown.door_key, trust.gateway)))


def admit_lease(lease: Lease, trust: Trust, wall_ms: int) -> SessionPeer:
    """Return the session's peer.

    Raises Problem(NOT_AUTHENTIC, CERTIFICATE_EXPIRED, HARD_END, MALFORMED or TOO_LARGE) when certificate or ticket does
    not hold or they name two sticks, Problem(NOT_PERMITTED) for an address or target that no session may have.
    """
    stick = _stick(lease.certificate, trust, wall_ms)
    signed_in = ticket.verify(lease.ticket, trust.keyd_key, organisation=trust.organisation, now_ms=wall_ms)
    if signed_in.stick != stick.stick or signed_in.session_key == stick.door_key:
        raise Problem(Code.NOT_AUTHENTIC)
    address = _address(lease.address)
    if address not in trust.pool:
        raise Problem(Code.NOT_PERMITTED)
    elements = tuple(dict.fromkeys(_element(str(address), target, trust) for target in lease.targets))
    return SessionPeer(
        signed_in.session_key,
        str(address),
        elements,
        signed_in.not_after_ms,
        stick=signed_in.stick,
        user=signed_in.user,
    )


def _stick(text: str, trust: Trust, wall_ms: int) -> StickCertificate:
    return certificate.verify(text, trust.ca_key, organisation=trust.organisation, now_ms=wall_ms)


def _element(source: str, target: Target, trust: Trust) -> Element:
    address = _address(target.address)
    if address in trust.pool or address.is_loopback or address.is_multicast or address.is_unspecified:
        raise Problem(Code.NOT_PERMITTED)
    return Element(source, str(address), target.port)


@lru_cache(maxsize=KNOWN)
def _address(text: str) -> ipaddress.IPv4Address:
    try:
        return ipaddress.IPv4Address(text)
    except ValueError as error:
        raise Problem(Code.MALFORMED, detail={"path": "address"}) from error
