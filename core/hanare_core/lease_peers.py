"""The WireGuard peers that a gateway wants: which key has which address, and which are about to leave.

A key and an address belong to one peer at a time. A peer that is released stays in the kernel until its time to leave.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from hanare_core.kernel import AddPeer, Instant, KernelFacts, Operation, RemovePeer

PEER_STAYS_MS: Final = 300
"""A session's peer outlives its elements by this, so that the reset reaches the stick through the tunnel."""


class Peers:
    """Peers of doors and sessions; keys are base64url."""

    def __init__(self) -> None:
        self._wanted: dict[str, str] = {}
        self._addresses: dict[str, str] = {}
        self._leaving: dict[str, int] = {}

    def free(self, key: str, address: str) -> bool:
        """Say whether neither the key nor the address has a peer."""
        return key not in self._wanted and address not in self._addresses

    def want(self, key: str, address: str) -> AddPeer:
        """Give the key this address; the caller has asked whether both are free."""
        self._wanted[key] = address
        self._addresses[address] = key
        self._leaving.pop(key, None)
        return AddPeer(key, address)

    def release(self, key: str, due_ms: int) -> None:
        """Let the peer leave at a monotonic time; key and address are free from now on."""
        self._addresses.pop(self._wanted.pop(key), None)
        self._leaving[key] = due_ms

    def leave(self, now: Instant) -> tuple[Operation, ...]:
        """Return the removal of the peers whose time to stay is over."""
        due = [key for key, due_ms in self._leaving.items() if due_ms <= now.mono_ms]
        for key in due:
            del self._leaving[key]
        return tuple(RemovePeer(key) for key in due)

    def next_leave_ms(self) -> int | None:
        """Return the monotonic time at which `leave` has something to do; None: nothing waits."""
        return min(self._leaving.values(), default=None)

    def dismiss_strangers(self, facts: KernelFacts, now: Instant) -> None:
        """Let the peers leave that the kernel has and nobody wants."""
        for key in facts.peers.keys() - self._wanted.keys():
            self._leaving.setdefault(key, now.mono_ms + PEER_STAYS_MS)

    def keys(self) -> tuple[str, ...]:
        """Return the keys that have a peer."""
        return tuple(self._wanted)

    def missing(self, facts: KernelFacts, keys: Iterable[str]) -> Iterator[AddPeer]:
        """Return those of these peers that the kernel lacks, or holds with another address."""
        for key in keys:
            address, held = self._wanted.get(key), facts.peers.get(key)
            if address is not None and (held is None or held.address != address):
                yield AddPeer(key, address)
