"""The leases of a gateway: what each lets through, until when, and what it counted.

A lease is admitted by its own certificate and ticket, lives as `lease_time` says, and never comes back once gone.
"""

from collections.abc import Iterable, Iterator, KeysView, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from hanare_core.admission import Trust, admit_lease
from hanare_core.kernel import Counted, Element, Instant, KernelFacts, Operation, RemoveElements, SetElements
from hanare_core.lease_halts import Halts, Key
from hanare_core.lease_hosts import Hosts
from hanare_core.lease_peers import PEER_STAYS_MS, Peers
from hanare_core.lease_standing import Entry, Standing
from hanare_core.lease_time import (
    SHORTEST_TIMEOUT_MS,
    Confirmation,
    ServerClock,
    deadline_ms,
    grace_end_ms,
    hard_end_ms,
    is_due,
    on_grace,
)
from hanare_core.messages.gateway import Fact, Halt, Lease, Receipt
from hanare_core.problems import Code, Problem

RENEW_ENTRIES: Final = 50
"""Leases renewed at once: the kernel takes 0.1 ms for each, and a stop that comes meanwhile waits for a few parts."""

LOOK_ENTRIES: Final = 100
"""Leases looked at in one go, less than a millisecond: a stop must not wait for a look at 10,000."""

_SECOND_MS: Final = 1_000
"""A grace is told in whole seconds, so that the answers' jitter makes no news."""


class Entries:
    """All leases, by their id."""

    def __init__(  # noqa: PLR0913 - the parts of a table, made in one place
        self, trust: Trust, peers: Peers, clock: ServerClock, *, revoked: dict[str, int], halts: Halts, tick_ms: int
    ) -> None:
        self.revoked = revoked
        """Leases that are gone for ever, with the wall time after which their tickets end by themselves."""
        self.halts = halts
        self._trust = trust
        self._peers = peers
        self._clock = clock
        self._tick_ms = tick_ms
        self._standing = Standing()
        self._hosts = Hosts()
        self._ended: dict[str, Entry] = {}
        self._stirred: set[str] = set()
        """Leases of which there may be something to tell since `facts`."""
        self._on_grace: set[str] = set()
        self._turned: set[str] = set()
        """Leases that came or went since `turned`."""

    def get(self, lease: str) -> Entry | None:
        """Return the lease's entry."""
        return self._standing.get(lease)

    def keep_only(self, leases: set[str], now: Instant) -> list[Operation]:
        """Drop every other lease."""
        gone = sorted(self._standing.names() - leases)
        return [operation for lease in gone for operation in self.drop(lease, now)]

    def drop(self, lease: str, now: Instant) -> Iterator[Operation]:
        """Revoke a lease that stands: its elements go now, its peer a little later."""
        entry = self._standing.pop(lease)
        if entry is None:
            return
        self._hosts.forbid(entry.peer.address)
        self.revoked[lease] = entry.peer.not_after_ms
        self._ended[lease] = entry
        self._turned.add(lease)
        self._peers.release(entry.peer.key, now.mono_ms + PEER_STAYS_MS)
        yield RemoveElements(lease, entry.peer.elements)

    def drop_halted(self, fresh: Iterable[Halt], now: Instant) -> list[Operation]:
        """Revoke every lease that one of these new halts stops."""
        halted = self._standing.of((halt.kind, halt.id) for halt in fresh)
        return [operation for lease in halted for operation in self.drop(lease, now)]

    def named(self, name: str) -> set[Key]:
        """Return what this name, or `all`, means among the leases that stand: a session, a stick, a user."""
        return self._standing.named(name)

    def update(self, lease: Lease, revision: int) -> Entry | None:
        """Take a known lease's new times; None if it is not known, or is told with another permission."""
        known = self._standing.get(lease.lease)
        if known is None or not _same_session(known.lease, lease):
            return None
        self._standing.replace(known, lease, revision)
        if known.deadline_ms:
            self._hosts.let(known.peer.address, lease)
        return known

    def admit(self, lease: Lease, revision: int, now: Instant) -> Iterator[Operation]:
        """Admit a new lease: its peer comes now, its elements by `renew`. Raises Problem when it is refused."""
        if lease.lease in self._standing or lease.lease in self.revoked:
            raise Problem(Code.OUT_OF_ORDER)
        peer = admit_lease(lease, self._trust, now.wall_ms)
        if self.halts.stops(lease, peer):
            raise Problem(Code.SUSPENDED)
        if lease.ends_ms <= self._clock.at(now.mono_ms):
            raise Problem(Code.HARD_END)
        if not self._peers.free(peer.key, peer.address):
            raise Problem(Code.CONFLICT)
        self._standing.add(Entry(lease, peer, revision))
        self._turned.add(lease.lease)
        self._stirred.add(lease.lease)
        yield self._peers.want(peer.key, peer.address)

    def renew(
        self, confirmed: Confirmation | None, now: Instant, entries: Iterable[Entry], *, revision: int
    ) -> Iterator[Operation]:
        """Renew what is due of these entries, as far as the confirmed revision knows them."""
        for entry in entries:
            if confirmed is None or entry.revision > revision:
                continue
            hard_end = hard_end_ms(entry.lease, entry.peer.not_after_ms, now, self._clock)
            deadline = min(deadline_ms(entry.lease, confirmed), hard_end)
            long_enough = deadline - now.mono_ms >= SHORTEST_TIMEOUT_MS
            if long_enough and is_due(entry.lease, entry.deadline_ms, deadline, now.mono_ms):
                entry.deadline_ms = deadline
                self._hosts.let(entry.peer.address, entry.lease)
                yield SetElements(entry.lease.lease, entry.peer.elements, deadline - now.mono_ms)

    def shortest_ttl_ms(self) -> int | None:
        """Return the shortest TTL; None: there is no lease."""
        return min((entry.lease.ttl_ms for entry in self._standing.all()), default=None)

    def names(self) -> KeysView[str]:
        """Return the leases that stand."""
        return self._standing.names()

    def describe(self, lease: str) -> tuple[tuple[str, str, str], tuple[Element, ...]]:
        """Return ((session, stick, user), elements) of a lease that stands; KeyError for another."""
        entry = self._standing.get(lease)
        if entry is None:
            raise KeyError(lease)
        return (entry.lease.session, entry.peer.stick, entry.peer.user), entry.peer.elements

    def parts(self, size: int) -> Iterator[list[Entry]]:
        """Return the leases that stand now, in parts of this size; those that are dropped meanwhile are left out."""
        return self._standing.parts(size)

    def see(self, facts: KernelFacts, now: Instant, entries: Iterable[Entry]) -> None:
        """Take in what the living elements and the peers of these leases have counted: of most nothing new."""
        since_wall_ms = now.mono_ms - now.wall_ms
        for entry in entries:
            if entry.deadline_ms <= now.mono_ms:
                continue
            peer, tried = facts.peers.get(entry.peer.key), facts.tried.get(entry.peer.address)
            found = [facts.elements[element] for element in entry.peer.elements if element in facts.elements]
            seen = (peer, tried, *found)
            if seen == entry.seen:
                continue
            entry.seen = seen
            if entry.tally.see(found, peer, since_wall_ms, tried or frozenset()):
                self._stirred.add(entry.lease.lease)

    def forget_revoked(self, now: Instant) -> None:
        """Forget the revoked leases whose tickets have ended by themselves."""
        self.revoked = {lease: until for lease, until in self.revoked.items() if until > now.wall_ms}

    def expire(self, now: Instant, entries: Iterable[Entry]) -> list[Operation]:
        """Note which of these leases' elements the kernel has closed by itself; drop what is beyond its hard end."""
        ended: list[Operation] = []
        server_ms = self._clock.at(now.mono_ms)
        for entry in entries:
            if 0 < entry.deadline_ms <= now.mono_ms:
                entry.deadline_ms, entry.seen = 0, ()
                entry.tally.expire()
                self._hosts.forbid(entry.peer.address)
            if entry.lease.ends_ms <= server_ms or entry.peer.not_after_ms <= now.wall_ms:
                ended += self.drop(entry.lease.lease, now)
        return ended

    def strangers(self, held: Iterable[Element], claimed: AbstractSet[Element] = frozenset()) -> list[Operation]:
        """Return the removal of those of these elements, which the kernel holds, that no lease of ours had.

        claimed: what leases claim that are still to be admitted; they stay until then.
        """
        unknown = tuple(element for element in held if not self._knows(element) and element not in claimed)
        return [RemoveElements("", unknown)] if unknown else []

    def unfinished(self) -> Iterator[Operation]:
        """Return the removal of dropped leases again: those that have no receipt, because it failed."""
        for lease, entry in self._ended.items():
            yield RemoveElements(lease, entry.peer.elements)

    def missing(self, facts: KernelFacts, now: Instant, entries: Iterable[Entry]) -> Iterator[Operation]:
        """Return the elements of these leases that the kernel lacks before their time."""
        for entry in entries:
            left_ms = entry.deadline_ms - now.mono_ms
            if left_ms >= SHORTEST_TIMEOUT_MS and not all(one in facts.elements for one in entry.peer.elements):
                yield SetElements(entry.lease.lease, entry.peer.elements, left_ms)

    def settle(self, counted: Sequence[Counted]) -> list[Receipt]:
        """Take in what replaced and removed elements had counted; return the receipts of the dropped leases."""
        receipts = []
        for one in counted:
            ended = self._ended.pop(one.lease, None)
            entry = ended or self._standing.get(one.lease)
            if entry is not None:
                entry.seen = ()
                if entry.tally.carry(one):
                    self._stirred.add(one.lease)
            if ended is not None:
                receipts.append(ended.tally.receipt(one, self._clock, self._tick_ms))
        return receipts

    def on_grace(self, confirmed: Confirmation, now: Instant) -> list[Entry]:
        """Return the best-effort leases that nothing fresh confirms."""
        return [entry for entry in self._standing.all() if on_grace(entry.lease, confirmed, now)]

    @property
    def hosts(self) -> Hosts:
        """Which names each living session may open through the proxy."""
        return self._hosts

    def facts(self, confirmed: Confirmation | None, now: Instant) -> dict[str, Fact]:
        """Return the facts that may have changed since the last call."""
        before, self._on_grace = self._on_grace, set()
        if confirmed is not None:
            self._on_grace = {entry.lease.lease for entry in self.on_grace(confirmed, now)}
        names, self._stirred = self._stirred | before | self._on_grace, set()
        found = [(lease, entry) for lease in names if (entry := self._standing.get(lease)) is not None]
        return {lease: self._fact(lease, entry, confirmed) for lease, entry in found}

    def stir(self) -> None:
        """Have `facts` return every lease's next time."""
        self._stirred.update(self._standing.names())

    def turned(self) -> set[str]:
        """Return the leases that came or went since the last call."""
        names, self._turned = self._turned, set()
        return names

    def _knows(self, element: Element) -> bool:
        return self._standing.lets(element) or any(element in entry.peer.elements for entry in self._ended.values())

    def _fact(self, lease: str, entry: Entry, confirmed: Confirmation | None) -> Fact:
        until_ms = self._grace_until_ms(entry, confirmed) if confirmed and lease in self._on_grace else 0
        return entry.tally.fact(lease, self._clock, grace_until_ms=until_ms)

    def _grace_until_ms(self, entry: Entry, confirmed: Confirmation) -> int:
        until_ms = min(self._clock.at(grace_end_ms(entry.lease, confirmed)), entry.lease.ends_ms)
        return until_ms // _SECOND_MS * _SECOND_MS


def _same_session(one: Lease, other: Lease) -> bool:
    """Say whether only times, the proxy's names and the certificate differ; a changed address or port is a new lease.

    A stick that changed its keys has another certificate. The ticket, which names the stick, admitted the lease.
    """
    return _permission(one) == _permission(other)


def _permission(lease: Lease) -> tuple[object, ...]:
    targets = tuple((target.address, target.port) for target in lease.targets)
    return lease.ticket, lease.address, targets, lease.session
