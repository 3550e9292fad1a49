"""Desired state of one organisation in memory: its gateways, doors, standings and present leases.

A reading is applied as a whole and gives one Step of the revision chain, which every gateway of the organisation gets
as a delta; the last STEPS_KEPT are kept for gateways that are slower than the database. When the database was set back
the chain is broken: `chain` changes, and every gateway gets a snapshot.
"""

import logging
from collections import deque
from collections.abc import Iterable
from typing import Final

import msgspec

from hanare_core.messages.gateway import PART_ENTRIES, Delta, Door, Lease, State
from hanare_core.problems import Code
from hanare_hub import logs
from hanare_hub.rows import Change, Known, LeaseRow, PartyRow

STEPS_KEPT: Final = 256
"""At 500 sign-ins a minute about 15 s of changes; a gateway further behind is sent a snapshot."""

_log = logging.getLogger(__name__)
_TARGETS: Final = msgspec.json.Decoder(list[dict[str, str | int]])


class Holding(msgspec.Struct, frozen=True):
    """A lease and what the hub needs beside its message."""

    message: Lease
    stick: str
    department: str
    gateway: str


class Ended(msgspec.Struct, frozen=True):
    """The session of a stick that ended last, and why."""

    session: str
    code: Code
    revision: int


class Standing(msgspec.Struct, frozen=True):
    """A stick whose door stands."""

    identity_key: str
    code: Code | None


class Step:
    """One link of the revision chain. Its frames are encoded once, however many gateways get them."""

    def __init__(self, after: int, known: Known, doors: Iterable[Door], leases: dict[str, list[Lease]]) -> None:
        self.after = after
        self.revision = known.revision
        self._epoch = known.epoch
        self._doors = tuple(doors)
        self._leases = leases
        self._frames: dict[str, bytes] = {}

    @property
    def entries(self) -> int:
        """How many doors and leases the largest of its deltas has."""
        return len(self._doors) + max(map(len, self._leases.values()), default=0)

    def frame(self, gateway: str) -> bytes:
        """Return the delta for the gateway; those without a changed lease share one."""
        owner = gateway if gateway in self._leases else ""
        if owner not in self._frames:
            leases = tuple(self._leases.get(owner, ()))
            delta = Delta(self.after, self.revision, self._epoch, self._doors, leases)
            self._frames[owner] = msgspec.json.encode(delta)
        return self._frames[owner]


class Outcome(msgspec.Struct):
    """What applying a reading changed, for presence and for the sticks' channels."""

    gone: list[str] = []
    sticks: set[str] = set()


class Organisation:
    """The state, its revision, and when the database last confirmed it."""

    def __init__(self, row: PartyRow) -> None:
        self.id = row.id
        self.server_key = row.identity_key or ""
        self.known = Known(0, 0)
        self.chain = 0
        self.confirmed_s = 0.0
        self.gateways: dict[str, str] = {}
        """Identity keys by gateway."""
        self.doors: dict[str, Door] = {}
        self.standings: dict[str, Standing] = {}
        self.leases: dict[str, Holding] = {}
        self.leases_of: dict[str, dict[str, Holding]] = {}
        """Present leases by gateway."""
        self.ended: dict[str, Ended] = {}
        self._sessions: dict[str, set[str]] = {}
        self._steps: deque[Step] = deque(maxlen=STEPS_KEPT)

    def apply(self, change: Change, started_s: float) -> Outcome:
        """Take over one reading; it confirms the state as of started_s (monotonic)."""
        known = Known(change.organisation.revision, change.organisation.epoch or 0)
        outcome = Outcome()
        self.server_key = change.organisation.identity_key or ""
        self.confirmed_s = started_s
        if not change.full and known == self.known:
            return outcome
        leases: dict[str, list[Lease]] = {}
        doors = self._take_parties(change, outcome)
        for row in change.leases:
            self._take_lease(row, leases, outcome)
        if change.full:
            self._drop_unlisted(change, leases, outcome)
        self._advance(known, doors, leases)
        return outcome

    def has_session(self, session: str) -> bool:
        """Say whether any lease of the session is present."""
        return session in self._sessions

    def steps_after(self, revision: int) -> list[Step] | None:
        """Return the steps from the revision to now; None if the chain does not reach back so far."""
        steps = [step for step in self._steps if step.after >= revision]
        reaches = steps[0].after == revision if steps else revision == self.known.revision
        return steps if reaches else None

    def _take_parties(self, change: Change, outcome: Outcome) -> list[Door]:
        doors: list[Door] = []
        for row in change.parties:
            if row.kind == "gateway":
                self._take_gateway(row)
            elif row.kind == "stick":
                doors += self._take_stick(row, outcome)
        return doors + (self._drop_unlisted_parties(change, outcome) if change.full else [])

    def _take_gateway(self, row: PartyRow) -> None:
        if row.state == State.PRESENT and row.identity_key:
            self.gateways[row.id] = row.identity_key
        else:
            self.gateways.pop(row.id, None)

    def _take_stick(self, row: PartyRow, outcome: Outcome) -> list[Door]:
        """Return the door message if the gateways have to hear of it."""
        outcome.sticks.add(row.id)
        door = _door(row)
        if door is None:
            return self._drop_stick(row.id)
        self.standings[row.id] = Standing(row.identity_key or "", _code(row.code) if row.code else None)
        if self.doors.get(row.id) == door:
            return []
        self.doors[row.id] = door
        return [door]

    def _drop_stick(self, stick: str) -> list[Door]:
        self.standings.pop(stick, None)
        door = self.doors.pop(stick, None)
        return [msgspec.structs.replace(door, state=State.GONE)] if door else []

    def _drop_unlisted_parties(self, change: Change, outcome: Outcome) -> list[Door]:
        listed = {(row.kind, row.id) for row in change.parties}
        for gateway in [gateway for gateway in self.gateways if ("gateway", gateway) not in listed]:
            del self.gateways[gateway]
        lost = [stick for stick in self.doors if ("stick", stick) not in listed]
        outcome.sticks.update(lost)
        return [door for stick in lost for door in self._drop_stick(stick)]

    def _take_lease(self, row: LeaseRow, leases: dict[str, list[Lease]], outcome: Outcome) -> None:
        holding = _holding(row)
        before = self.leases.get(row.lease)
        if before and (holding is None or holding.gateway != before.gateway):
            self._drop_lease(row.lease, Code.LEASE_ENDED, leases, outcome)
        if holding is None:
            return
        if holding.message.state is State.PRESENT:
            self._hold(holding)
        else:
            self._forget(row.lease, outcome)
            self._note_end(holding, row.revision, outcome)
        if before is None or before.message != holding.message:
            leases.setdefault(holding.gateway, []).append(holding.message)

    def _hold(self, holding: Holding) -> None:
        lease = holding.message.lease
        self.leases[lease] = holding
        self.leases_of.setdefault(holding.gateway, {})[lease] = holding
        self._sessions.setdefault(holding.message.session, set()).add(lease)

    def _forget(self, lease: str, outcome: Outcome) -> None:
        holding = self.leases.pop(lease, None)
        if holding is None:
            return
        outcome.gone.append(lease)
        del self.leases_of[holding.gateway][lease]
        remaining = self._sessions[holding.message.session]
        remaining.discard(lease)
        if not remaining:
            del self._sessions[holding.message.session]

    def _note_end(self, holding: Holding, revision: int, outcome: Outcome) -> None:
        noted = self.ended.get(holding.stick)
        if noted is None or noted.revision <= revision:
            code = holding.message.reason or Code.LEASE_ENDED
            self.ended[holding.stick] = Ended(holding.message.session, code, revision)
            outcome.sticks.add(holding.stick)

    def _drop_lease(self, lease: str, code: Code, leases: dict[str, list[Lease]], outcome: Outcome) -> None:
        holding = self.leases[lease]
        message = msgspec.structs.replace(holding.message, state=State.GONE, reason=code)
        leases.setdefault(holding.gateway, []).append(message)
        self._forget(lease, outcome)
        self._note_end(msgspec.structs.replace(holding, message=message), self.known.revision, outcome)

    def _drop_unlisted(self, change: Change, leases: dict[str, list[Lease]], outcome: Outcome) -> None:
        listed = {row.lease for row in change.leases}
        for lease in [lease for lease in self.leases if lease not in listed]:
            self._drop_lease(lease, Code.LEASE_ENDED, leases, outcome)

    def _advance(self, known: Known, doors: list[Door], leases: dict[str, list[Lease]]) -> None:
        set_back = known.revision < self.known.revision or known.epoch < self.known.epoch
        same = known.revision == self.known.revision
        if set_back or (same and (doors or leases)):
            logs.event(_log, logging.WARNING, "database set back", organisation=self.id, revision=known.revision)
            self.chain += 1
            self._steps.clear()
        elif not same:
            self._add_step(Step(self.known.revision, known, doors, leases))
        self.known = known

    def _add_step(self, step: Step) -> None:
        """Lengthen the chain; a step too large for one delta breaks it, so that gateways get a snapshot in parts."""
        if step.entries > PART_ENTRIES:
            self._steps.clear()
        else:
            self._steps.append(step)


def _door(row: PartyRow) -> Door | None:
    """Return the stick's door if it stands; a row that is not valid counts as gone."""
    if row.state != State.PRESENT:
        return None
    try:
        return msgspec.convert({"stick": row.id, "state": row.state, "certificate": row.certificate}, Door)
    except msgspec.ValidationError:
        logs.event(_log, logging.WARNING, "stick row refused", stick=row.id)
        return None


def _holding(row: LeaseRow) -> Holding | None:
    """Return the lease of a row; a row that is not valid counts as gone."""
    try:
        message = msgspec.convert(
            {
                "lease": row.lease,
                "session": row.session,
                "state": row.state,
                "certificate": row.certificate,
                "ticket": row.ticket,
                "address": row.address,
                "targets": _TARGETS.decode(row.targets),
                "ttl_ms": row.ttl_ms,
                "grace_ms": row.grace_ms,
                "ends_ms": row.ends_ms,
                "reason": _code(row.reason) if row.state == State.GONE else None,
            },
            Lease,
        )
    except (msgspec.ValidationError, msgspec.DecodeError):
        logs.event(_log, logging.WARNING, "lease row refused", lease=row.lease)
        return None
    return Holding(message, row.stick, row.department or "", row.gateway)


def _code(text: str | None) -> Code:
    """Return the problem code of a row; a text that is none says only that it ended."""
    try:
        return Code(text or "")
    except ValueError:
        return Code.LEASE_ENDED
