"""The lease state machine of a gateway, without I/O: hub messages, clock and kernel facts in, kernel operations out.

Algorithm: the desired state is the hub's last snapshot and the unbroken deltas after it. Removals come before
additions. The epoch only grows: a server that shows a lower one was set back; it may stop sessions, but start none. The
caller carries out the operations in their order, reports what was counted by `settle`, then sends what `acks` returns.
`lease_doors`, `lease_entries` and `lease_peers` hold what is wanted, `lease_reports` what is to be told.
Limits: SNAPSHOT_PARTS; not safe for threads.
"""

from collections.abc import Callable, Iterable, Iterator, KeysView, Sequence
from typing import Final, NamedTuple, TypeVar

from hanare_core.admission import Trust
from hanare_core.kernel import AddPeer, Counted, Element, Instant, KernelFacts, Operation, SetCarrier, SetElements
from hanare_core.lease_doors import Doors
from hanare_core.lease_entries import EVERYTHING, LOOK_ENTRIES, RENEW_ENTRIES, Entries
from hanare_core.lease_halts import Halts
from hanare_core.lease_peers import Peers
from hanare_core.lease_reports import Reports
from hanare_core.lease_time import Confirmation, ServerClock, without_answer
from hanare_core.messages import gateway as hub
from hanare_core.messages.gateway import Door, HaltKind, Lease, State
from hanare_core.problems import Code, Problem

T = TypeVar("T")

SNAPSHOT_PARTS: Final = 128
"""Most parts of one snapshot: 51,200 entries, above what one gateway carries."""

ADMIT_ENTRIES: Final = 200
"""Doors or leases verified at once, some 50 ms: meanwhile WireGuard takes in the ones before."""

TICK_MS: Final = 10
"""Longest tick of a Linux kernel (HZ=100); a driver that knows its kernel's says it."""

BEATS_A_TTL: Final = 6
"""Questions asked within the shortest TTL: renewed at a third, so that one lost answer costs nothing."""


class Outcome(NamedTuple):
    """What a message leads to."""

    operations: tuple[Operation, ...] = ()
    acknowledge: bool = False
    """Send `acks` once the operations are carried out."""
    resync: bool = False
    """Send Resync: something is missing."""
    ask: bool = False
    """Send a beat now: a new lease waits for a fresher confirmation, or needs shorter intervals."""
    renew: bool = False
    """Carry out `renewals`, in parts."""


class LeaseTable:
    """All doors and leases of one gateway."""

    def __init__(  # noqa: PLR0913 - what survives a restart, beside whom to trust
        self,
        trust: Trust,
        *,
        epoch: int = 0,
        revoked: dict[str, int] | None = None,
        halts: Iterable[hub.Halt] = (),
        carrier: bool = True,
        tick_ms: int = TICK_MS,
    ) -> None:
        self.epoch = epoch
        self.carrier = carrier
        """Whether homes may come by the carrier."""
        self.revision = 0
        self.clock = ServerClock()
        self._peers = Peers()
        self._doors = Doors(trust, self._peers)
        self.halts = Halts(halts)
        self._entries = Entries(
            trust, self._peers, self.clock, revoked=dict(revoked or {}), halts=self.halts, tick_ms=tick_ms
        )
        self._reports = Reports()
        self._parts: list[hub.Snapshot] = []
        self._facts = KernelFacts({}, {})
        self._authoritative = False
        self._in_step = False
        self._snapshot_asked_ms: int | None = None
        self._asked_ms = 0
        self._interval_ms = hub.BEAT_MS
        self._confirmed: Confirmation | None = None
        self._answered = 0
        """The revision that the last answer to a beat confirmed."""

    @property
    def revoked(self) -> dict[str, int]:
        """Leases that are gone for ever, with the wall time after which their tickets end by themselves."""
        return self._entries.revoked

    def ask_snapshot(self, now: Instant) -> None:
        """Note that Hello or Resync is being sent now: the snapshot's time counts from here."""
        self._snapshot_asked_ms = now.mono_ms
        self._parts.clear()
        self._in_step = False
        self._reports.forget_told()
        self._entries.stir()

    def snapshot(self, part: hub.Snapshot, now: Instant) -> Outcome:
        """Take in one part; after the last one everything that no part lists goes, then what is new comes.

        Raises Problem(TOO_LARGE) for a snapshot without end.
        """
        outcomes = [Outcome(), *self.snapshot_parts(part, lambda: now)]
        return outcomes[-1]._replace(operations=tuple(one for each in outcomes for one in each.operations))

    def snapshot_parts(self, part: hub.Snapshot, read: Callable[[], Instant]) -> Iterator[Outcome]:
        """Take a snapshot in by pieces, between which anything but the hub's messages may be taken in.

        What goes is the first piece, then peers come, then elements; the last piece acknowledges. The caller carries
        out each piece before it asks for the one after the next; pieces with elements before it asks for the next.
        """
        self._parts.append(part)
        if len(self._parts) > SNAPSHOT_PARTS:
            raise Problem(Code.TOO_LARGE, detail={"limit_parts": str(SNAPSHOT_PARTS)})
        if part.more:
            return
        parts, self._parts = self._parts, []
        doors = [door for one in parts for door in one.doors if door.state is State.PRESENT]
        leases = [lease for one in parts for lease in one.leases if lease.state is State.PRESENT]
        set_back = part.epoch < self.epoch
        self.epoch = max(self.epoch, part.epoch)
        gone = self._clear(parts, doors, leases, read())
        yield Outcome((*self._take_carrier(on=part.carrier, set_back=set_back), *gone))
        for some_doors in _chunks([] if set_back else doors):
            now = read()
            yield Outcome(tuple(one for door in some_doors for one in self._doors.add(door, now)))
        for some in _chunks(leases):
            operations = self._admit(some, part.revision, read(), set_back=set_back)
            yield Outcome(tuple(_removals_first(operations)))
        for entries in self._entries.parts(ADMIT_ENTRIES):
            yield Outcome(tuple(self._entries.renew(self._confirmed, read(), entries, revision=part.revision)))
        self.revision, self._authoritative, self._in_step = part.revision, True, True
        yield self._outcome(self._strangers(self._facts, read()), leases, read())

    def delta(self, delta: hub.Delta, now: Instant) -> Outcome:
        """Take in what changed; what is gone goes even where revisions are missing in between."""
        operations = self._remove_gone(delta, now)
        if not self._in_step or delta.revision <= self.revision:
            return Outcome(tuple(operations))
        if delta.after != self.revision:
            return Outcome(tuple(operations), resync=True)
        self.revision = delta.revision
        operations += self._entries.drop_halted(self.halts.take(delta.halts), now)
        leases = [lease for lease in delta.leases if lease.state is State.PRESENT]
        set_back = delta.epoch < self.epoch
        self.epoch = max(self.epoch, delta.epoch)
        operations += self._take_carrier(on=delta.carrier, set_back=set_back)
        for door in delta.doors:
            if door.state is State.PRESENT and not set_back:
                operations += self._doors.add(door, now)
        operations += self._admit(leases, delta.revision, now, set_back=set_back)
        added = [entry for lease in leases if (entry := self._entries.get(lease.lease)) is not None]
        operations += self._entries.renew(self._confirmed, now, added, revision=delta.revision)
        return self._outcome(_removals_first(operations), leases, now)

    def beat_answer(self, answer: hub.BeatAnswer, now: Instant) -> Outcome:
        """Take in what is confirmed; an answer to no question of ours, or an older one, changes nothing."""
        newest = self._confirmed.asked_ms if self._confirmed else -1
        if not self._in_step or not newest < answer.stamp_ms <= self._asked_ms:
            return Outcome()
        self.clock.learn(answer.time_ms, answer.stamp_ms, now.mono_ms)
        if answer.revision > self.revision:
            return Outcome(resync=True)
        self._confirmed, self._answered = Confirmation(answer.stamp_ms, answer.age_ms), answer.revision
        return Outcome(renew=True)

    def renewals(self, read: Callable[[], Instant]) -> Iterator[tuple[Operation, ...]]:
        """Renew what the last answer confirmed, in parts, between which messages may be taken in: a stop waits for one.

        The caller carries out each part before the next. What comes in between and confirms anew ends this round.
        """
        confirmed, revision = self._confirmed, self._answered
        for part in self._entries.parts(RENEW_ENTRIES):
            if confirmed is not self._confirmed:
                return
            yield tuple(self._entries.renew(confirmed, read(), part, revision=revision))

    def kill(self, name: str, now: Instant) -> tuple[Operation, ...] | None:
        """End and halt for ever what is called so here: a session, stick, user, or `all` sessions; None: nothing is.

        A stick that has a door and no session is halted as well.
        """
        keys = self._entries.named(name) | ({(HaltKind.STICK, name)} if self._doors.has(name) else set())
        if not keys and name != EVERYTHING:
            return None
        halted = [self.halts.halt_here(kind, one, self.epoch) for kind, one in keys]
        return tuple(self._entries.drop_halted(halted, now))

    def kept(self) -> hub.Kept:
        """Return what the server has to hear of: halts that no hub has told."""
        return hub.Kept(epoch=self.epoch, halts=self.halts.untold())

    def door_keys(self, stick: str) -> tuple[str, ...]:
        """Return the keys of the stick's doors: two while it changes them."""
        return self._doors.keys(stick)

    def leases(self) -> KeysView[str]:
        """Return the leases that stand."""
        return self._entries.names()

    def turned(self) -> set[str]:
        """Return the leases that came or went since the last call."""
        return self._entries.turned()

    def describe(self, lease: str) -> tuple[tuple[str, str, str], tuple[Element, ...]]:
        """Return ((session, stick, user), elements) of a lease that stands; KeyError for another."""
        return self._entries.describe(lease)

    def settle(self, counted: Sequence[Counted]) -> None:
        """Take in what the replaced and removed elements had counted; the removed leases now have their receipts."""
        self._reports.add(self._entries.settle(counted))

    def has_news(self) -> bool:
        """Say whether `acks` would tell something that the hub does not know."""
        return self._in_step and self._reports.waiting

    def acks(self) -> list[hub.Ack]:
        """Return the acknowledgement of the revision that the kernel holds, with receipts and refusals not yet told."""
        return self._reports.acks(self.revision, self.epoch)

    def beat(self, now: Instant) -> hub.Beat:
        """Return the next question, with the facts that changed since the last one."""
        self._asked_ms = now.mono_ms
        self._interval_ms = self.beat_interval_ms()
        facts = self._entries.facts(self._confirmed, now)
        return hub.Beat(stamp_ms=now.mono_ms, facts=self._reports.changed(facts))

    def carry_on(self, now: Instant) -> tuple[Operation, ...]:
        """Return the renewals of best-effort leases that no hub answers for; call it as often as a beat."""
        if self._confirmed is None:
            return ()
        alone = self._entries.on_grace(self._confirmed, now)
        return tuple(self._entries.renew(without_answer(self._confirmed, now), now, alone, revision=self.revision))

    def beat_interval_ms(self) -> int:
        """Return the longest time until the next beat."""
        shortest = self._entries.shortest_ttl_ms()
        return hub.BEAT_MS if shortest is None else min(hub.BEAT_MS, shortest // BEATS_A_TTL)

    def observe(self, facts: KernelFacts, now: Instant) -> tuple[Operation, ...]:
        """Take in what the kernel holds; return what ends by time and the door peers to be made anew."""
        return tuple(operation for part in self.observe_parts(facts, lambda: now) for operation in part)

    def observe_parts(self, facts: KernelFacts, read: Callable[[], Instant]) -> Iterator[tuple[Operation, ...]]:
        """Observe in parts, between which messages may be taken in; the caller carries out each part before the next.

        read: the clocks, read anew for each part.
        """
        self._facts = facts
        for part in self._entries.parts(LOOK_ENTRIES):
            now = read()
            self._entries.see(facts, now, part)
            yield tuple(self._entries.expire(now, part))
        self._entries.forget_revoked(read())
        yield tuple(self._doors.wake(facts, read()))

    def repair(self, facts: KernelFacts, now: Instant) -> tuple[Operation, ...]:
        """Return what makes the kernel hold again what it should; nothing before the first snapshot.

        facts: taken after the last operation was carried out.
        """
        return tuple(operation for part in self.repair_parts(facts, lambda: now) for operation in part)

    def repair_parts(self, facts: KernelFacts, read: Callable[[], Instant]) -> Iterator[tuple[Operation, ...]]:
        """Repair in parts, between which messages may be taken in; the caller carries out each before the next.

        What a message changes in the kernel ends the repair: the next look knows better.
        """
        if not self._authoritative:
            return
        yield (*self._entries.unfinished(), *self._strangers(facts, read()))
        yield tuple(self._peers.missing(facts))
        for part in self._entries.parts(LOOK_ENTRIES):
            yield tuple(self._entries.missing(facts, read(), part))

    def hosts(self, now: Instant) -> dict[str, tuple[str, ...]]:
        """Return which names each living session may open through the gateway's proxy, by its inner address."""
        return self._entries.hosts(now)

    def leave(self, now: Instant) -> tuple[Operation, ...]:
        """Return the removal of the peers whose time to stay is over."""
        return self._peers.leave(now)

    def next_leave_ms(self) -> int | None:
        """Return the monotonic time at which `leave` has something to do; None: nothing waits."""
        return self._peers.next_leave_ms()

    def _outcome(self, operations: list[Operation], told: Iterable[Lease], now: Instant) -> Outcome:
        added = [entry for lease in told if (entry := self._entries.get(lease.lease)) is not None]
        waits = any(entry.deadline_ms <= now.mono_ms for entry in added)
        hurries = any(entry.lease.ttl_ms < self._interval_ms * BEATS_A_TTL for entry in added)
        return Outcome(tuple(operations), acknowledge=True, ask=waits or hurries)

    def _remove_gone(self, delta: hub.Delta, now: Instant) -> list[Operation]:
        for door in delta.doors:
            if door.state is State.GONE:
                self._doors.drop(door.stick, now)
        gone = [lease.lease for lease in delta.leases if lease.state is State.GONE]
        return [operation for lease in gone for operation in self._entries.drop(lease, now)]

    def _clear(
        self, parts: Sequence[hub.Snapshot], doors: Sequence[Door], leases: Sequence[Lease], now: Instant
    ) -> list[Operation]:
        """Learn the snapshot's time and return the removal of what it does not list."""
        asked_ms, self._snapshot_asked_ms = self._snapshot_asked_ms, None
        if asked_ms is not None:
            self.clock.learn(parts[-1].time_ms, asked_ms, now.mono_ms)
            self._confirmed = Confirmation(asked_ms, max(one.age_ms for one in parts))
        self._doors.keep_only({door.stick for door in doors}, now)
        operations = self._entries.keep_only({lease.lease for lease in leases}, now)
        operations += self._entries.drop_halted(self.halts.take_all([halt for one in parts for halt in one.halts]), now)
        claimed = {Element(lease.address, target.address, target.port) for lease in leases for target in lease.targets}
        return operations + self._entries.strangers(self._facts, claimed)

    def _take_carrier(self, *, on: bool, set_back: bool) -> Iterator[Operation]:
        """Open or close the carrier; a server that was set back may only close it."""
        if on != self.carrier and not (on and set_back):
            self.carrier = on
            yield SetCarrier(on)

    def _admit(self, leases: Iterable[Lease], revision: int, now: Instant, *, set_back: bool) -> list[Operation]:
        """Return the new peers, and the removal of what is refused; elements come by `renew`."""
        operations: list[Operation] = []
        for lease in leases:
            try:
                operations += self._admit_one(lease, revision, now, set_back=set_back)
            except Problem as problem:
                operations += self._entries.drop(lease.lease, now)
                self._reports.reject(lease.lease, problem.code)
        return operations

    def _admit_one(self, lease: Lease, revision: int, now: Instant, *, set_back: bool) -> Iterator[Operation]:
        if self._entries.update(lease, revision) is not None:
            return
        if set_back:
            raise Problem(Code.OUT_OF_ORDER)
        yield from self._entries.admit(lease, revision, now)

    def _strangers(self, facts: KernelFacts, now: Instant) -> list[Operation]:
        self._peers.dismiss_strangers(facts, now)
        return self._entries.strangers(facts)


def _chunks(things: Sequence[T]) -> Iterator[Sequence[T]]:
    return (things[start : start + ADMIT_ENTRIES] for start in range(0, len(things), ADMIT_ENTRIES))


def _removals_first(operations: Iterable[Operation]) -> list[Operation]:
    return sorted(operations, key=lambda operation: isinstance(operation, AddPeer | SetElements))
