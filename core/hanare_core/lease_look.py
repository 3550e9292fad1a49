"""What a gateway learns from a look at its kernel, and what makes the kernel hold again what it should.

Everything goes in parts, between which messages may be taken in: a stop must not wait for a look at ten thousand.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

from hanare_core.kernel import Instant, KernelFacts, Operation
from hanare_core.lease_doors import Doors
from hanare_core.lease_entries import LOOK_ENTRIES, Entries
from hanare_core.lease_peers import Peers

LOOK_ELEMENTS: Final = 500
"""Elements of which it is asked at once whose they are, some 0.2 ms."""

T = TypeVar("T")


class Look:
    """The newest look, and what is done about it."""

    def __init__(self, entries: Entries, doors: Doors, peers: Peers) -> None:
        self._entries = entries
        self._doors = doors
        self._peers = peers
        self.facts = KernelFacts({}, {})
        """What the kernel held."""

    def observe(self, facts: KernelFacts, read: Callable[[], Instant]) -> Iterator[tuple[Operation, ...]]:
        """Take a look in, in parts; the caller carries out each part before the next.

        Gives what ends by time, and the door peers to be made anew. read: the clocks, read anew for each part.
        """
        self.facts = facts
        for part in self._entries.parts(LOOK_ENTRIES):
            now = read()
            self._entries.see(facts, now, part)
            yield tuple(self._entries.expire(now, part))
        self._entries.forget_revoked(read())
        for sticks in in_parts(self._doors.sticks(), LOOK_ENTRIES):
            yield tuple(self._doors.wake(facts, read(), sticks))

    def repair(self, facts: KernelFacts, read: Callable[[], Instant]) -> Iterator[tuple[Operation, ...]]:
        """Give, in parts, what makes the kernel hold again what it should; the caller carries out each before the next.

        facts: taken after the last operation was carried out. What a message changes in the kernel ends the repair: the
        next look knows better.
        """
        self._peers.dismiss_strangers(facts, read())
        yield tuple(self._entries.unfinished())
        for held in in_parts(tuple(facts.elements), LOOK_ELEMENTS):
            yield tuple(self._entries.strangers(held))
        for keys in in_parts(self._peers.keys(), LOOK_ENTRIES):
            yield tuple(self._peers.missing(facts, keys))
        for part in self._entries.parts(LOOK_ENTRIES):
            yield tuple(self._entries.missing(facts, read(), part))

    def strangers(self, now: Instant) -> list[Operation]:
        """Return the removal of what the kernel held at the last look and nobody wants."""
        self._peers.dismiss_strangers(self.facts, now)
        return self._entries.strangers(self.facts.elements)


def in_parts(things: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Return the things in parts of this size."""
    return (things[start : start + size] for start in range(0, len(things), size))
