"""The doors of a gateway: one peer for each key of a stick whose certificate holds, as long as the hub lists it."""

import contextlib
from collections.abc import Iterable, Iterator
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
    peer: DoorPeer
    received: int = 0
    heard_ms: int | None = None
    """Monotonic time at which `received` last grew; None: not since the peer was made."""


class Doors:
    """All doors: by stick, then by door key. A stick that changes its keys has two."""

    def __init__(self, trust: Trust, peers: Peers) -> None:
        self._trust = trust
        self._peers = peers
        self._entries: dict[str, dict[str, _Entry]] = {}

    def has(self, stick: str) -> bool:
        """Say whether the stick has a door."""
        return stick in self._entries

    def keys(self, stick: str) -> tuple[str, ...]:
        """Return the keys of the stick's doors."""
        return tuple(self._entries.get(stick, ()))

    def keep_only(self, sticks: set[str], now: Instant) -> None:
        """Drop every other stick's doors."""
        for stick in self._entries.keys() - sticks:
            self.drop(stick, now)

    def drop(self, stick: str, now: Instant) -> None:
        """Drop the stick's doors; none is no error."""
        for key in self._entries.pop(stick, {}):
            self._peers.release(key, now.mono_ms)

    def add(self, door: Door, now: Instant) -> Iterator[Operation]:
        """Let the stick have the doors of these certificates and no other.

        A certificate that does not hold, or is in conflict, gets no peer; if none holds, what stands goes on.
        """
        wanted = self._admitted(door, now)
        if not wanted:
            return
        known = self._entries.pop(door.stick, {})
        for key in known.keys() - wanted.keys():
            self._peers.release(key, now.mono_ms)
        kept = {key: entry for key, entry in known.items() if key in wanted}
        for key, peer in wanted.items():
            if key not in kept and self._peers.free(peer.key, peer.address):
                kept[key] = _Entry(peer)
                yield self._peers.want(peer.key, peer.address)
        if kept:
            self._entries[door.stick] = kept

    def sticks(self) -> tuple[str, ...]:
        """Return the sticks that have a door."""
        return tuple(self._entries)

    def wake(self, facts: KernelFacts, now: Instant, sticks: Iterable[str]) -> Iterator[Operation]:
        """Make those peers of these sticks anew that spoke once and have been silent for DOOR_SILENCE_MS."""
        for entry in (entry for stick in sticks for entry in self._entries.get(stick, {}).values()):
            fact = facts.peers.get(entry.peer.key)
            if fact is None:
                continue
            if fact.received != entry.received:
                entry.received, entry.heard_ms = fact.received, now.mono_ms
            elif entry.heard_ms is not None and now.mono_ms - entry.heard_ms >= DOOR_SILENCE_MS:
                entry.received, entry.heard_ms = 0, None
                yield RemovePeer(entry.peer.key)
                yield AddPeer(entry.peer.key, entry.peer.address)

    def _admitted(self, door: Door, now: Instant) -> dict[str, DoorPeer]:
        peers: dict[str, DoorPeer] = {}
        for text in (door.certificate, door.next_certificate):
            if text is not None:
                with contextlib.suppress(Problem):
                    peer = admit_door(door.stick, text, self._trust, now.wall_ms)
                    peers[peer.key] = peer
        return peers
