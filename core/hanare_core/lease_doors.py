"""The doors of a gateway: one peer for each stick whose certificate holds, up as long as the hub lists it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from hanare_core.admission import DoorPeer, Trust, admit_door
from hanare_core.kernel import AddPeer, Instant, KernelFacts, Operation, RemovePeer
from hanare_core.lease_peers import Peers
from hanare_core.messages.gateway import Door
from hanare_core.problems import Problem

DOOR_SILENCE_MS: Final = 180_000
"""A door peer silent for this long is made anew, which forgets its newest handshake time: a stick whose clock was ahead
and has been mended could not shake hands again otherwise (WireGuard refuses older TAI64N times)."""


@dataclass
class _Entry:
    door: Door
    peer: DoorPeer
    received: int = 0
    heard_ms: int | None = None
    """Monotonic time at which `received` last grew; None: not since the peer was made."""


class Doors:
    """All doors, by stick."""

    def __init__(self, trust: Trust, peers: Peers) -> None:
        self._trust = trust
        self._peers = peers
        self._entries: dict[str, _Entry] = {}

    def has(self, stick: str) -> bool:
        """Say whether the stick has a door."""
        return stick in self._entries

    def keep_only(self, sticks: set[str], now: Instant) -> None:
        """Drop every other stick's door."""
        for stick in self._entries.keys() - sticks:
            self.drop(stick, now)

    def drop(self, stick: str, now: Instant) -> None:
        """Drop the stick's door; none is no error."""
        entry = self._entries.pop(stick, None)
        if entry is not None:
            self._peers.release(entry.peer.key, now.mono_ms)

    def add(self, door: Door, now: Instant) -> Iterator[Operation]:
        """Add the door, or take its newer certificate; one that does not hold, or is in conflict, gets no peer."""
        known = self._entries.get(door.stick)
        if known is not None and known.door.certificate == door.certificate:
            return
        try:
            peer = admit_door(door, self._trust, now.wall_ms)
        except Problem:
            return
        if known is not None:
            if known.peer.key == peer.key:
                known.door = door
                return
            self.drop(door.stick, now)
        if self._peers.free(peer.key, peer.address):
            self._entries[door.stick] = _Entry(door, peer)
            yield self._peers.want(peer.key, peer.address)

    def wake(self, facts: KernelFacts, now: Instant) -> Iterator[Operation]:
        """Make the peers anew that spoke once and have been silent for DOOR_SILENCE_MS."""
        for entry in self._entries.values():
            fact = facts.peers.get(entry.peer.key)
            if fact is None:
                continue
            if fact.received != entry.received:
                entry.received, entry.heard_ms = fact.received, now.mono_ms
            elif entry.heard_ms is not None and now.mono_ms - entry.heard_ms >= DOOR_SILENCE_MS:
                entry.received, entry.heard_ms = 0, None
                yield RemovePeer(entry.peer.key)
                yield AddPeer(entry.peer.key, entry.peer.address)
