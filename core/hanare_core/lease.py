"""The lease state machine of a gateway, without I/O: hub messages, clock and kernel facts in, kernel operations out.

Algorithm: the desired state is the hub's last snapshot and the unbroken deltas after it. Removals come before
additions; a lease is admitted by its own certificate and ticket, lives as `lease_time` says, and never comes back once
gone. The epoch only grows: a server that shows a lower one was set back; it may stop sessions, but start none. The
caller carries out the operations in their order, reports what was counted by `settle`, then sends what `acks` returns.
Limits: SNAPSHOT_PARTS; not safe for threads.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from hanare_core.admission import DoorPeer, SessionPeer, Trust, admit_door, admit_lease
from hanare_core.kernel import (
    AddPeer,
    Counted,
    Instant,
    KernelFacts,
    Operation,
    RemoveElements,
    RemovePeer,
    SetElements,
)
from hanare_core.lease_time import (
    SHORTEST_TIMEOUT_MS,
    Confirmation,
    ServerClock,
    deadline_ms,
    hard_end_ms,
    is_due,
)
from hanare_core.messages import gateway as hub
from hanare_core.messages.gateway import Door, Lease, State
from hanare_core.problems import Code, Problem
from hanare_core.tally import Tally

PEER_STAYS_MS: Final = 300
"""A session's peer outlives its elements by this, so that the reset reaches the stick through the tunnel."""

DOOR_SILENCE_MS: Final = 180_000
"""A door peer silent for this long is made anew, which forgets its newest handshake time: a stick whose clock was ahead
and has been mended could not shake hands again otherwise (WireGuard refuses older TAI64N times)."""

SNAPSHOT_PARTS: Final = 128
"""Most parts of one snapshot: 51,200 entries, above what one gateway carries."""

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


@dataclass
class _Entry:
    lease: Lease
    peer: SessionPeer
    revision: int
    deadline_ms: int = 0
    tally: Tally = field(default_factory=Tally)


@dataclass
class _DoorEntry:
    door: Door
    peer: DoorPeer
    received: int = 0
    heard_ms: int | None = None
    """Monotonic time at which `received` last grew; None: not since the peer was made."""


class LeaseTable:
    """All doors and leases of one gateway."""

    def __init__(self, trust: Trust, *, epoch: int = 0, revoked: dict[str, int] | None = None) -> None:
        self.epoch = epoch
        self.revision = 0
        self.revoked: dict[str, int] = dict(revoked or {})
        """Leases that are gone for ever, with the wall time after which their tickets end by themselves."""
        self.clock = ServerClock()
        self._trust = trust
        self._doors: dict[str, _DoorEntry] = {}
        self._entries: dict[str, _Entry] = {}
        self._wanted: dict[str, str] = {}
        self._addresses: dict[str, str] = {}
        self._leaving: dict[str, int] = {}
        self._ended: dict[str, _Entry] = {}
        self._receipts: list[hub.Receipt] = []
        self._rejected: dict[str, hub.Rejected] = {}
        self._reported: dict[str, hub.Fact] = {}
        self._parts: list[hub.Snapshot] = []
        self._facts = KernelFacts({}, {})
        self._authoritative = False
        self._in_step = False
        self._snapshot_asked_ms: int | None = None
        self._asked_ms = 0
        self._interval_ms = hub.BEAT_MS
        self._confirmed: Confirmation | None = None

    def ask_snapshot(self, now: Instant) -> None:
        """Note that Hello or Resync is being sent now: the snapshot's time counts from here."""
        self._snapshot_asked_ms = now.mono_ms
        self._parts.clear()
        self._in_step = False
        self._reported.clear()

    def snapshot(self, part: hub.Snapshot, now: Instant) -> Outcome:
        """Take in one part; after the last one everything that no part lists goes, then what is new comes.

        Raises Problem(TOO_LARGE) for a snapshot without end.
        """
        self._parts.append(part)
        if len(self._parts) > SNAPSHOT_PARTS:
            raise Problem(Code.TOO_LARGE, detail={"limit_parts": str(SNAPSHOT_PARTS)})
        if part.more:
            return Outcome()
        parts, self._parts = self._parts, []
        asked_ms, self._snapshot_asked_ms = self._snapshot_asked_ms, None
        if asked_ms is not None:
            self.clock.learn(part.time_ms, asked_ms, now.mono_ms)
            self._confirmed = Confirmation(asked_ms, max(one.age_ms for one in parts))
        doors = [door for one in parts for door in one.doors if door.state is State.PRESENT]
        leases = [lease for one in parts for lease in one.leases if lease.state is State.PRESENT]
        self._authoritative = self._in_step = True
        self.revision = part.revision
        operations = [*self._keep_only({door.stick for door in doors}, {lease.lease for lease in leases}, now)]
        operations += self._add(doors, leases, part.epoch, now)
        operations += self._strangers(self._facts, now)
        return self._outcome(_removals_first(operations), leases, now)

    def delta(self, delta: hub.Delta, now: Instant) -> Outcome:
        """Take in what changed; what is gone goes even where revisions are missing in between."""
        operations = self._remove_gone(delta, now)
        if not self._in_step or delta.revision <= self.revision:
            return Outcome(tuple(operations))
        if delta.after != self.revision:
            return Outcome(tuple(operations), resync=True)
        self.revision = delta.revision
        doors = [door for door in delta.doors if door.state is State.PRESENT]
        leases = [lease for lease in delta.leases if lease.state is State.PRESENT]
        operations += self._add(doors, leases, delta.epoch, now)
        return self._outcome(_removals_first(operations), leases, now)

    def beat_answer(self, answer: hub.BeatAnswer, now: Instant) -> Outcome:
        """Renew what the answer confirms; an answer to no question of ours, or an older one, changes nothing."""
        newest = self._confirmed.asked_ms if self._confirmed else -1
        if not self._in_step or not newest < answer.stamp_ms <= self._asked_ms:
            return Outcome()
        self.clock.learn(answer.time_ms, answer.stamp_ms, now.mono_ms)
        if answer.revision > self.revision:
            return Outcome(resync=True)
        self._confirmed = Confirmation(answer.stamp_ms, answer.age_ms)
        confirmed = (entry for entry in self._entries.values() if entry.revision <= answer.revision)
        return Outcome(tuple(self._renew(confirmed, now)))

    def settle(self, counted: Sequence[Counted], now: Instant) -> None:
        """Take in what the replaced and removed elements had counted; the removed leases now have their receipts."""
        for one in counted:
            entry = self._entries.get(one.lease) or self._ended.get(one.lease)
            if entry is not None:
                entry.tally.carry(one, self.clock)
        removed_ms = self.clock.at(now.mono_ms)
        self._receipts += [entry.tally.receipt(lease, removed_ms) for lease, entry in self._ended.items()]
        self._ended.clear()

    def acks(self) -> list[hub.Ack]:
        """Return the acknowledgement of the revision that the kernel holds, with receipts and refusals not yet told."""
        receipts, self._receipts = self._receipts, []
        rejected, self._rejected = list(self._rejected.values()), {}
        size = hub.PART_ENTRIES
        starts = range(0, max(len(receipts), len(rejected), 1), size)
        return [
            hub.Ack(
                revision=self.revision,
                epoch=self.epoch,
                receipts=tuple(receipts[start : start + size]),
                rejected=tuple(rejected[start : start + size]),
            )
            for start in starts
        ]

    def beat(self, now: Instant) -> hub.Beat:
        """Return the next question, with the facts that changed since the last one."""
        self._asked_ms = now.mono_ms
        self._interval_ms = self.beat_interval_ms()
        facts = {lease: entry.tally.fact(lease) for lease, entry in self._entries.items()}
        changed = tuple(fact for lease, fact in facts.items() if self._reported.get(lease) != fact)
        self._reported = facts
        return hub.Beat(stamp_ms=now.mono_ms, facts=changed)

    def beat_interval_ms(self) -> int:
        """Return the longest time until the next beat."""
        shortest = min((entry.lease.ttl_ms for entry in self._entries.values()), default=hub.BEAT_MS * BEATS_A_TTL)
        return min(hub.BEAT_MS, shortest // BEATS_A_TTL)

    def observe(self, facts: KernelFacts, now: Instant) -> tuple[Operation, ...]:
        """Take in what the kernel holds; return what ends by time and the door peers to be made anew."""
        self._facts = facts
        ahead_ms = self.clock.at(now.mono_ms) - now.wall_ms
        for entry in self._entries.values():
            seen = [facts.elements[element] for element in entry.peer.elements if element in facts.elements]
            if entry.deadline_ms > now.mono_ms:
                entry.tally.see(seen, facts.peers.get(entry.peer.key), self.clock, ahead_ms)
        self.revoked = {lease: until for lease, until in self.revoked.items() if until > now.wall_ms}
        return (*self._expire(now), *self._wake_doors(facts, now))

    def repair(self, facts: KernelFacts, now: Instant) -> tuple[Operation, ...]:
        """Return what makes the kernel hold again what it should; nothing before the first snapshot.

        facts: taken after the last operation was carried out.
        """
        if not self._authoritative:
            return ()
        return (*self._strangers(facts, now), *self._missing(facts, now))

    def leave(self, now: Instant) -> tuple[Operation, ...]:
        """Return the removal of the peers whose time to stay is over."""
        due = [key for key, due_ms in self._leaving.items() if due_ms <= now.mono_ms]
        for key in due:
            del self._leaving[key]
        return tuple(RemovePeer(key) for key in due)

    def next_leave_ms(self) -> int | None:
        """Return the monotonic time at which `leave` has something to do; None: nothing waits."""
        return min(self._leaving.values(), default=None)

    def _outcome(self, operations: list[Operation], told: Iterable[Lease], now: Instant) -> Outcome:
        added = [self._entries[lease.lease] for lease in told if lease.lease in self._entries]
        waits = any(entry.deadline_ms <= now.mono_ms for entry in added)
        hurries = any(entry.lease.ttl_ms < self._interval_ms * BEATS_A_TTL for entry in added)
        return Outcome(tuple(operations), acknowledge=True, ask=waits or hurries)

    def _remove_gone(self, delta: hub.Delta, now: Instant) -> list[Operation]:
        for door in delta.doors:
            if door.state is State.GONE:
                self._drop_door(door.stick, now)
        gone = [lease.lease for lease in delta.leases if lease.state is State.GONE]
        return [operation for lease in gone for operation in self._drop_lease(lease, now)]

    def _keep_only(self, sticks: set[str], leases: set[str], now: Instant) -> list[Operation]:
        for stick in self._doors.keys() - sticks:
            self._drop_door(stick, now)
        gone = sorted(self._entries.keys() - leases)
        return [operation for lease in gone for operation in self._drop_lease(lease, now)]

    def _drop_door(self, stick: str, now: Instant) -> None:
        entry = self._doors.pop(stick, None)
        if entry is not None:
            self._release(entry.peer.key, now.mono_ms)

    def _drop_lease(self, lease: str, now: Instant) -> Iterator[Operation]:
        entry = self._entries.pop(lease, None)
        if entry is None:
            return
        self.revoked[lease] = entry.peer.not_after_ms
        self._ended[lease] = entry
        self._release(entry.peer.key, now.mono_ms + PEER_STAYS_MS)
        yield RemoveElements(lease, entry.peer.elements)

    def _release(self, key: str, due_ms: int) -> None:
        self._addresses.pop(self._wanted.pop(key), None)
        self._leaving[key] = due_ms

    def _add(self, doors: Iterable[Door], leases: Iterable[Lease], epoch: int, now: Instant) -> list[Operation]:
        set_back = epoch < self.epoch
        self.epoch = max(self.epoch, epoch)
        operations: list[Operation] = []
        for door in doors:
            operations += self._add_door(door, now, set_back=set_back)
        for lease in leases:
            try:
                operations += self._add_lease(lease, now, set_back=set_back)
            except Problem as problem:
                operations += self._drop_lease(lease.lease, now)
                self._rejected[lease.lease] = hub.Rejected(lease=lease.lease, code=problem.code)
        return operations

    def _add_door(self, door: Door, now: Instant, *, set_back: bool) -> Iterator[Operation]:
        known = self._doors.get(door.stick)
        if set_back or (known is not None and known.door.certificate == door.certificate):
            return
        try:
            peer = admit_door(door, self._trust, now.wall_ms)
        except Problem:
            return
        if known is not None:
            if known.peer.key == peer.key:
                known.door = door
                return
            self._drop_door(door.stick, now)
        if peer.key not in self._wanted and peer.address not in self._addresses:
            self._doors[door.stick] = _DoorEntry(door, peer)
            yield self._want(peer.key, peer.address)

    def _add_lease(self, lease: Lease, now: Instant, *, set_back: bool) -> Iterator[Operation]:
        known = self._entries.get(lease.lease)
        if known is not None and _same_session(known.lease, lease):
            known.revision = self.revision
            known.lease = lease
            yield from self._renew([known], now)
            return
        if known is not None or set_back or lease.lease in self.revoked:
            raise Problem(Code.OUT_OF_ORDER)
        peer = admit_lease(lease, self._trust, now.wall_ms)
        if lease.ends_ms <= self.clock.at(now.mono_ms):
            raise Problem(Code.HARD_END)
        if peer.key in self._wanted or peer.address in self._addresses:
            raise Problem(Code.CONFLICT)
        entry = self._entries[lease.lease] = _Entry(lease, peer, self.revision)
        yield self._want(peer.key, peer.address)
        yield from self._renew([entry], now)

    def _want(self, key: str, address: str) -> AddPeer:
        self._wanted[key] = address
        self._addresses[address] = key
        self._leaving.pop(key, None)
        return AddPeer(key, address)

    def _renew(self, entries: Iterable[_Entry], now: Instant) -> Iterator[Operation]:
        for entry in entries:
            if self._confirmed is None:
                return
            hard_end = hard_end_ms(entry.lease, entry.peer.not_after_ms, now, self.clock)
            deadline = min(deadline_ms(entry.lease, self._confirmed), hard_end)
            long_enough = deadline - now.mono_ms >= SHORTEST_TIMEOUT_MS
            if long_enough and is_due(entry.lease, entry.deadline_ms, deadline, now.mono_ms):
                entry.deadline_ms = deadline
                yield SetElements(entry.lease.lease, entry.peer.elements, deadline - now.mono_ms)

    def _expire(self, now: Instant) -> list[Operation]:
        ended: list[Operation] = []
        for name, entry in list(self._entries.items()):
            if 0 < entry.deadline_ms <= now.mono_ms:
                entry.deadline_ms = 0
                entry.tally.expire()
            if hard_end_ms(entry.lease, entry.peer.not_after_ms, now, self.clock) <= now.mono_ms:
                ended += self._drop_lease(name, now)
        return ended

    def _wake_doors(self, facts: KernelFacts, now: Instant) -> Iterator[Operation]:
        for entry in self._doors.values():
            fact = facts.peers.get(entry.peer.key)
            if fact is None:
                continue
            if fact.received != entry.received:
                entry.received, entry.heard_ms = fact.received, now.mono_ms
            elif entry.heard_ms is not None and now.mono_ms - entry.heard_ms >= DOOR_SILENCE_MS:
                entry.received, entry.heard_ms = 0, None
                yield RemovePeer(entry.peer.key)
                yield AddPeer(entry.peer.key, entry.peer.address)

    def _strangers(self, facts: KernelFacts, now: Instant) -> list[Operation]:
        wanted = {element for entry in self._entries.values() for element in entry.peer.elements}
        unknown = tuple(element for element in facts.elements if element not in wanted)
        for key in facts.peers:
            if key not in self._wanted:
                self._leaving.setdefault(key, now.mono_ms + PEER_STAYS_MS)
        return [RemoveElements("", unknown)] if unknown else []

    def _missing(self, facts: KernelFacts, now: Instant) -> Iterator[Operation]:
        for key, address in self._wanted.items():
            if key not in facts.peers or facts.peers[key].address != address:
                yield AddPeer(key, address)
        for lease, entry in self._entries.items():
            left_ms = entry.deadline_ms - now.mono_ms
            if left_ms >= SHORTEST_TIMEOUT_MS and not facts.elements.keys() >= set(entry.peer.elements):
                yield SetElements(lease, entry.peer.elements, left_ms)


def _same_session(one: Lease, other: Lease) -> bool:
    """Say whether only times differ; what a lease may reach never changes, a changed permission is a new lease."""
    return (one.ticket, one.certificate, one.address, one.targets, one.session) == (
        other.ticket,
        other.certificate,
        other.address,
        other.targets,
        other.session,
    )


def _removals_first(operations: Iterable[Operation]) -> list[Operation]:
    return sorted(operations, key=lambda operation: isinstance(operation, AddPeer | SetElements))
