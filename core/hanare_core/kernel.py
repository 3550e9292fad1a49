"""What a gateway asks of its kernel, and what the kernel says: the words between `lease.LeaseTable` and the drivers.

Operations are values, so the rules that decide them run without a kernel. All times are milliseconds; `mono` is the
gateway's monotonic clock (CLOCK_MONOTONIC), `wall` its wall clock.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Instant(NamedTuple):
    """One reading of both clocks of the gateway, milliseconds."""

    mono_ms: int
    wall_ms: int


class Element(NamedTuple):
    """One entry of the kernel's allow set: this session address may speak with this address and TCP port."""

    source: str
    target: str
    port: int


class AddPeer(NamedTuple):
    """Make the WireGuard peer, or give the existing one exactly this address."""

    key: str
    address: str


class RemovePeer(NamedTuple):
    """Remove the WireGuard peer; none is no error."""

    key: str


class SetElements(NamedTuple):
    """Make these elements live for `timeout_ms` from now, in one transaction with the removal of their older selves."""

    lease: str
    elements: tuple[Element, ...]
    timeout_ms: int


class RemoveElements(NamedTuple):
    """Take these elements out; those that are gone already are no error. An unknown lease has the empty name."""

    lease: str
    elements: tuple[Element, ...]


class SetCarrier(NamedTuple):
    """Let TCP 443 of the internet side lead to the carrier, or leave it silent, for connections that stand as well."""

    on: bool


Operation = AddPeer | RemovePeer | SetElements | RemoveElements | SetCarrier


class Counted(NamedTuple):
    """What the replaced or removed elements of a lease had counted."""

    lease: str
    packets: int
    last_packet_mono_ms: int | None
    """When the last packet passed, within one tick of the kernel; None: none did."""
    ended_mono_ms: int
    """When the transaction that replaced or removed them had been committed: no lookup finds them after this."""


class PeerFact(NamedTuple):
    """What WireGuard says of one peer."""

    address: str
    received: int
    sent: int
    handshake_wall_ms: int
    """The last handshake; 0: none yet."""
    endpoint: str = ""
    """Where its last packet came from, an address without port; empty: none came yet."""


class ElementFact(NamedTuple):
    """What the allow set says of one element."""

    packets: int
    last_packet_mono_ms: int | None


class KernelFacts(NamedTuple):
    """One look at everything the kernel holds of ours."""

    peers: Mapping[str, PeerFact]
    elements: Mapping[Element, ElementFact]
    tried: Mapping[str, frozenset[str]] = MappingProxyType({})
    """Session address → other addresses that it tried lately and that were dropped."""
