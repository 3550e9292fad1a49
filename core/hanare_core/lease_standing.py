"""The leases that stand on a gateway, found by id, by what they belong to, and by their inner address.

A stop of one stick among ten thousand finds its leases without looking at the others'. An inner address belongs to one
lease at a time (`lease_peers`). Not safe for threads.
"""

from collections.abc import Iterable, Iterator, KeysView, ValuesView
from dataclasses import dataclass, field
from typing import Final

from hanare_core.admission import SessionPeer
from hanare_core.kernel import Element
from hanare_core.lease_halts import Key, keys_of
from hanare_core.messages.gateway import HaltKind, Lease
from hanare_core.tally import Tally

EVERYTHING: Final = "all"
"""The name that means every session on this gateway."""


@dataclass
class Entry:
    """One lease that was admitted."""

    lease: Lease
    peer: SessionPeer
    revision: int
    """The newest revision that told of it: only an answer as new as this confirms it."""
    deadline_ms: int = 0
    """Monotonic end of its elements; 0: it has none."""
    tally: Tally = field(default_factory=Tally)
    seen: tuple[object, ...] = ()
    """What the last look said of its peer and elements; empty: they are others since."""


class Standing:
    """Entries by lease id, in the order in which they came."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._of: dict[Key, set[str]] = {}
        """Leases by what they belong to."""
        self._at: dict[str, Entry] = {}
        """Entries by inner address."""

    def __contains__(self, lease: str) -> bool:
        """Say whether the lease stands."""
        return lease in self._entries

    def get(self, lease: str) -> Entry | None:
        """Return the lease's entry."""
        return self._entries.get(lease)

    def names(self) -> KeysView[str]:
        """Return the ids of all."""
        return self._entries.keys()

    def all(self) -> ValuesView[Entry]:
        """Return all entries."""
        return self._entries.values()

    def parts(self, size: int) -> Iterator[list[Entry]]:
        """Return the entries that stand now, in parts of this size; those that go meanwhile are left out."""
        names = list(self._entries)
        for start in range(0, len(names), size):
            part = names[start : start + size]
            yield [self._entries[name] for name in part if name in self._entries]

    def add(self, entry: Entry) -> None:
        """Take in an entry whose lease does not stand."""
        self._entries[entry.lease.lease] = entry
        self._at[entry.peer.address] = entry
        for key in keys_of(entry.lease, entry.peer):
            self._of.setdefault(key, set()).add(entry.lease.lease)

    def replace(self, entry: Entry, lease: Lease, revision: int) -> None:
        """Give an entry the newer words about the same lease, of a newer revision."""
        before, entry.lease, entry.revision = entry.lease, lease, revision
        if before.department != lease.department:
            self._forget(keys_of(before, entry.peer) - keys_of(lease, entry.peer), lease.lease)
            for key in keys_of(lease, entry.peer):
                self._of.setdefault(key, set()).add(lease.lease)

    def pop(self, lease: str) -> Entry | None:
        """Take the lease's entry out and return it; None: it does not stand."""
        entry = self._entries.pop(lease, None)
        if entry is not None:
            del self._at[entry.peer.address]
            self._forget(keys_of(entry.lease, entry.peer), lease)
        return entry

    def of(self, keys: Iterable[Key]) -> list[str]:
        """Return the leases that belong to any of these things; an organisation has all of a gateway."""
        wanted = set(keys)
        if any(kind is HaltKind.ORGANISATION for kind, _ in wanted):
            return list(self._entries)
        return sorted({lease for key in wanted for lease in self._of.get(key, ())})

    def named(self, name: str) -> set[Key]:
        """Return what this name, or `all`, means among them: a session, a stick, a user."""
        if name == EVERYTHING:
            return {(HaltKind.SESSION, entry.lease.session) for entry in self._entries.values()}
        return {(kind, name) for kind in HaltKind if (kind, name) in self._of}

    def lets(self, element: Element) -> bool:
        """Say whether the element is one of a lease that stands."""
        entry = self._at.get(element.source)
        return entry is not None and element in entry.peer.elements

    def _forget(self, keys: Iterable[Key], lease: str) -> None:
        for key in keys:
            leases = self._of[key]
            leases.discard(lease)
            if not leases:
                del self._of[key]
