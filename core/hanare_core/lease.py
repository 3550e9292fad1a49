"""The lease state machine of a gateway, without I/O: hub messages, clock and kernel facts in, kernel operations out.

Algorithm: the desired state is the hub's last snapshot and the unbroken deltas after it. Removals come before
additions. The epoch only grows: a server that shows a lower one was set back; it may stop sessions, but start none. The
caller carries out the operations in their order, reports what was counted by `settle`, then sends what `acks` returns.
`lease_doors`, `lease_entries` and `lease_peers` hold what is wanted, `lease_reports` what is to be told.
Limits: SNAPSHOT_PARTS; not safe for threads.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from hanare_core.admission import Trust
from hanare_core.kernel import AddPeer, Counted, Element, Instant, KernelFacts, Operation, SetCarrier, SetElements
from hanare_core.lease_doors import Doors
from hanare_core.lease_entries import RENEW_ENTRIES, Entries
from hanare_core.lease_halts import Halts
from hanare_core.lease_look import Look, in_parts
from hanare_core.lease_peers import Peers
from hanare_core.lease_questions import Questions
from hanare_core.lease_reports import Reports
from hanare_core.lease_snapshot import Parts, Whole
from hanare_core.lease_standing import EVERYTHING
from hanare_core.lease_time import without_answer
from hanare_core.messages import gateway as hub
from hanare_core.messages.gateway import HaltKind, Lease, State
from hanare_core.problems import Code, Problem

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
        self._questions = Questions()
        self.peers = Peers()
        self.doors = Doors(trust, self.peers)
        self.halts = Halts(halts)
        self.entries = Entries(
            trust, self.peers, self._questions.clock, revoked=dict(revoked or {}), halts=self.halts, tick_ms=tick_ms
        )
        self._reports = Reports()
        self._parts = Parts()
        self._look = Look(self.entries, self.doors, self.peers)
        self._authoritative = False
        self._in_step = False

    def ask_snapshot(self, now: Instant) -> None:
        """Note that Hello or Resync is being sent now: the snapshot's time counts from here."""
        self._questions.ask_snapshot(now)
        self._parts.forget()
        self._in_step = False
        self._reports.forget_told()
        self.entries.stir()

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
        whole = self._parts.take(part)
        if whole is None:
            return
        set_back = whole.epoch < self.epoch
        self.epoch = max(self.epoch, whole.epoch)
        gone = self._clear(whole, read())
        yield Outcome((*self._take_carrier(on=whole.carrier, set_back=set_back), *gone))
        for some_doors in in_parts([] if set_back else whole.doors, ADMIT_ENTRIES):
            now = read()
            yield Outcome(tuple(one for door in some_doors for one in self.doors.add(door, now)))
        for some in in_parts(whole.leases, ADMIT_ENTRIES):
            operations = self._admit(some, whole.revision, read(), set_back=set_back)
            yield Outcome(tuple(_removals_first(operations)))
        for entries in self.entries.parts(ADMIT_ENTRIES):
            confirmed = self._questions.confirmed
            yield Outcome(tuple(self.entries.renew(confirmed, read(), entries, revision=whole.revision)))
        self.revision, self._authoritative, self._in_step = whole.revision, True, True
        yield self._outcome(self._look.strangers(read()), whole.leases, read())

    def delta(self, delta: hub.Delta, now: Instant) -> Outcome:
        """Take in what changed; what is gone goes even where revisions are missing in between."""
        operations = self._remove_gone(delta, now)
        if not self._in_step or delta.revision <= self.revision:
            return Outcome(tuple(operations))
        if delta.after != self.revision:
            return Outcome(tuple(operations), resync=True)
        self.revision = delta.revision
        operations += self.entries.drop_halted(self.halts.take(delta.halts), now)
        leases = [lease for lease in delta.leases if lease.state is State.PRESENT]
        set_back = delta.epoch < self.epoch
        self.epoch = max(self.epoch, delta.epoch)
        operations += self._take_carrier(on=delta.carrier, set_back=set_back)
        for door in delta.doors:
            if door.state is State.PRESENT and not set_back:
                operations += self.doors.add(door, now)
        operations += self._admit(leases, delta.revision, now, set_back=set_back)
        added = [entry for lease in leases if (entry := self.entries.get(lease.lease)) is not None]
        operations += self.entries.renew(self._questions.confirmed, now, added, revision=delta.revision)
        return self._outcome(_removals_first(operations), leases, now)

    def beat_answer(self, answer: hub.BeatAnswer, now: Instant) -> Outcome:
        """Take in what is confirmed; an answer to no question of ours, or an older one, changes nothing."""
        if not self._in_step or not self._questions.hear(answer, now):
            return Outcome()
        if answer.revision > self.revision:
            return Outcome(resync=True)
        self._questions.confirm(answer)
        return Outcome(renew=True)

    def renewals(self, read: Callable[[], Instant]) -> Iterator[tuple[Operation, ...]]:
        """Renew what the last answer confirmed, in parts, between which messages may be taken in: a stop waits for one.

        The caller carries out each part before the next. What comes in between and confirms anew ends this round.
        """
        confirmed, revision = self._questions.confirmed, self._questions.revision
        for part in self.entries.parts(RENEW_ENTRIES):
            if confirmed is not self._questions.confirmed:
                return
            yield tuple(self.entries.renew(confirmed, read(), part, revision=revision))

    def kill(self, name: str, now: Instant) -> tuple[Operation, ...] | None:
        """End and halt for ever what is called so here: a session, stick, user, or `all` sessions; None: nothing is.

        A stick that has a door and no session is halted as well.
        """
        keys = self.entries.named(name) | ({(HaltKind.STICK, name)} if self.doors.has(name) else set())
        if not keys and name != EVERYTHING:
            return None
        halted = [self.halts.halt_here(kind, one, self.epoch) for kind, one in keys]
        return tuple(self.entries.drop_halted(halted, now))

    def kept(self) -> hub.Kept:
        """Return what the server has to hear of: halts that no hub has told."""
        return hub.Kept(epoch=self.epoch, halts=self.halts.untold())

    def settle(self, counted: Sequence[Counted]) -> None:
        """Take in what the replaced and removed elements had counted; the removed leases now have their receipts."""
        self._reports.add(self.entries.settle(counted))

    def has_news(self) -> bool:
        """Say whether `acks` would tell something that the hub does not know."""
        return self._in_step and self._reports.waiting

    def acks(self) -> list[hub.Ack]:
        """Return the acknowledgement of the revision that the kernel holds, with receipts and refusals not yet told."""
        return self._reports.acks(self.revision, self.epoch)

    def beat(self, now: Instant) -> hub.Beat:
        """Return the next question, with the facts that changed since the last one."""
        self._questions.ask(now, self.beat_interval_ms())
        facts = self.entries.facts(self._questions.confirmed, now)
        return hub.Beat(stamp_ms=now.mono_ms, facts=self._reports.changed(facts))

    def carry_on(self, now: Instant) -> tuple[Operation, ...]:
        """Return the renewals of best-effort leases that no hub answers for; call it as often as a beat."""
        confirmed = self._questions.confirmed
        if confirmed is None:
            return ()
        alone = self.entries.on_grace(confirmed, now)
        return tuple(self.entries.renew(without_answer(confirmed, now), now, alone, revision=self.revision))

    def beat_interval_ms(self) -> int:
        """Return the longest time until the next beat."""
        shortest = self.entries.shortest_ttl_ms()
        return hub.BEAT_MS if shortest is None else min(hub.BEAT_MS, shortest // BEATS_A_TTL)

    def observe(self, facts: KernelFacts, now: Instant) -> tuple[Operation, ...]:
        """Take in what the kernel holds; return what ends by time and the door peers to be made anew."""
        return tuple(operation for part in self.observe_parts(facts, lambda: now) for operation in part)

    def observe_parts(self, facts: KernelFacts, read: Callable[[], Instant]) -> Iterator[tuple[Operation, ...]]:
        """Observe in parts, as `Look.observe` says."""
        return self._look.observe(facts, read)

    def repair(self, facts: KernelFacts, now: Instant) -> tuple[Operation, ...]:
        """Return what makes the kernel hold again what it should; nothing before the first snapshot."""
        return tuple(operation for part in self.repair_parts(facts, lambda: now) for operation in part)

    def repair_parts(self, facts: KernelFacts, read: Callable[[], Instant]) -> Iterator[tuple[Operation, ...]]:
        """Repair in parts, as `Look.repair` says; nothing before the first snapshot."""
        return self._look.repair(facts, read) if self._authoritative else iter(())

    def _outcome(self, operations: list[Operation], told: Iterable[Lease], now: Instant) -> Outcome:
        added = [entry for lease in told if (entry := self.entries.get(lease.lease)) is not None]
        waits = any(entry.deadline_ms <= now.mono_ms for entry in added)
        hurries = any(entry.lease.ttl_ms < self._questions.interval_ms * BEATS_A_TTL for entry in added)
        return Outcome(tuple(operations), acknowledge=True, ask=waits or hurries)

    def _remove_gone(self, delta: hub.Delta, now: Instant) -> list[Operation]:
        for door in delta.doors:
            if door.state is State.GONE:
                self.doors.drop(door.stick, now)
        gone = [lease.lease for lease in delta.leases if lease.state is State.GONE]
        return [operation for lease in gone for operation in self.entries.drop(lease, now)]

    def _clear(self, whole: Whole, now: Instant) -> list[Operation]:
        """Learn the snapshot's time and return the removal of what it does not list."""
        self._questions.snapshot(whole.time_ms, whole.age_ms, now)
        self.doors.keep_only({door.stick for door in whole.doors}, now)
        operations = self.entries.keep_only({lease.lease for lease in whole.leases}, now)
        operations += self.entries.drop_halted(self.halts.take_all(whole.halts), now)
        claimed = {Element(one.address, target.address, target.port) for one in whole.leases for target in one.targets}
        return operations + self.entries.strangers(self._look.facts.elements, claimed)

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
                operations += self.entries.drop(lease.lease, now)
                self._reports.reject(lease.lease, problem.code)
        return operations

    def _admit_one(self, lease: Lease, revision: int, now: Instant, *, set_back: bool) -> Iterator[Operation]:
        if self.entries.update(lease, revision) is not None:
            return
        if set_back:
            raise Problem(Code.OUT_OF_ORDER)
        yield from self.entries.admit(lease, revision, now)


def _removals_first(operations: Iterable[Operation]) -> list[Operation]:
    return sorted(operations, key=lambda operation: isinstance(operation, AddPeer | SetElements))
