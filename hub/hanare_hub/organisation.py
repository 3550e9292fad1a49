"""Desired state of one organisation in memory: its gateways, doors, standings and present leases.

A reading is applied as a whole and gives one Step of the revision chain, which every gateway of the organisation gets
as a delta. When the database was set back another chain begins, and every gateway gets a snapshot.
"""

import logging
from typing import Final

import msgspec

from hanare_core import log_lines
from hanare_core.messages.gateway import Door, Halt, Lease, State
from hanare_core.messages.stick import Settings
from hanare_core.problems import Code
from hanare_hub import entries
from hanare_hub.chain import Chain, Step
from hanare_hub.entries import Holding
from hanare_hub.rows import Change, Known, LeaseRow, PartyRow

_OFF: Final = "off"
"""What the view says of a carrier that is off."""

_log = logging.getLogger(__name__)


class Ended(msgspec.Struct, frozen=True):
    """The session of a stick that ended last, and why."""

    session: str
    code: Code
    revision: int


class Standing(msgspec.Struct, frozen=True):
    """A stick whose door stands."""

    identity_key: str
    code: Code | None


class Outcome(msgspec.Struct):
    """What applying a reading changed, for presence and for the sticks' channels."""

    gone: list[str] = []
    sticks: set[str] = set()


class Organisation:
    """The state, its revision, and when the database last confirmed it."""

    def __init__(self, row: PartyRow) -> None:
        self.id = row.id
        self.server_key = row.identity_key or ""
        self.carrier = _carrier(row)
        """Whether homes may come by the carrier."""
        self.known = Known(0, 0)
        self.chain = Chain()
        self.confirmed_s = 0.0
        self.gateways: dict[str, str] = {}
        """Identity keys by gateway."""
        self.doors: dict[str, Door] = {}
        self.standings: dict[str, Standing] = {}
        self.leases: dict[str, Holding] = {}
        self.leases_of: dict[str, dict[str, Holding]] = {}
        """Present leases by gateway."""
        self.ended: dict[str, Ended] = {}
        self.halts: dict[str, Halt] = {}
        """What is suspended or was resumed, by the row's id."""
        self.settings: dict[str, Settings] = {}
        """What the newest session of each stick obeys."""
        self._sessions: dict[str, set[str]] = {}

    def apply(self, change: Change, started_s: float) -> Outcome:
        """Take over one reading; it confirms the state as of started_s (monotonic)."""
        known = Known(change.organisation.revision, change.organisation.epoch or 0)
        outcome = Outcome()
        self.server_key, self.carrier = change.organisation.identity_key or "", _carrier(change.organisation)
        self.confirmed_s = started_s
        if not change.full and known == self.known:
            return outcome
        leases: dict[str, list[Lease]] = {}
        doors = self._take_parties(change, outcome)
        for row in change.leases:
            self._take_lease(row, leases, outcome)
        if change.full:
            self._drop_unlisted(change, leases, outcome)
        self._advance(known, doors, leases, self._take_halts(change))
        return outcome

    def has_session(self, session: str) -> bool:
        """Say whether any lease of the session is present."""
        return session in self._sessions

    def steps_after(self, revision: int) -> list[Step] | None:
        """Return the steps from the revision to now; None if a snapshot is needed."""
        return self.chain.after(revision, self.known.revision)

    def _take_parties(self, change: Change, outcome: Outcome) -> list[Door]:
        doors: list[Door] = []
        for row in change.parties:
            if row.kind == "gateway":
                self._take_gateway(row)
            elif row.kind == "stick":
                doors += self._take_stick(row, outcome)
        return doors + (self._drop_unlisted_parties(change, outcome) if change.full else [])

    def _take_halts(self, change: Change) -> list[Halt]:
        rows = [row for row in change.parties if row.kind == "halt"]
        if change.full:
            self.halts.clear()
        taken = {row.id: halt for row in rows if (halt := entries.halt(row)) is not None}
        self.halts.update(taken)
        return list(taken.values())

    def _take_gateway(self, row: PartyRow) -> None:
        if row.state == State.PRESENT and row.identity_key:
            self.gateways[row.id] = row.identity_key
        else:
            self.gateways.pop(row.id, None)

    def _take_stick(self, row: PartyRow, outcome: Outcome) -> list[Door]:
        """Return the door message if the gateways have to hear of it."""
        outcome.sticks.add(row.id)
        door = entries.door(row)
        if door is None:
            return self._drop_stick(row.id)
        self.standings[row.id] = Standing(row.identity_key or "", entries.code(row.code) if row.code else None)
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
        holding = entries.holding(row)
        before = self.leases.get(row.lease)
        if before and (holding is None or holding.gateway != before.gateway):
            self._drop_lease(row.lease, Code.LEASE_ENDED, leases, outcome)
        if holding is None:
            return
        if holding.message.state is State.PRESENT:
            self._hold(holding)
            self._note_settings(holding, outcome)
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

    def _note_settings(self, holding: Holding, outcome: Outcome) -> None:
        if holding.settings is None:
            return
        settings = Settings(holding.message.session, holding.settings)
        if self.settings.get(holding.stick) != settings:
            self.settings[holding.stick] = settings
            outcome.sticks.add(holding.stick)

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

    def _advance(self, known: Known, doors: list[Door], leases: dict[str, list[Lease]], halts: list[Halt]) -> None:
        set_back = known.revision < self.known.revision or known.epoch < self.known.epoch
        same = known.revision == self.known.revision
        if set_back or (same and (doors or leases)):
            log_lines.event(_log, logging.WARNING, "database set back", organisation=self.id, revision=known.revision)
            self.chain.restart()
        elif not same:
            self.chain.add(Step(self.known.revision, known, doors, leases, halts, carrier=self.carrier))
        self.known = known


def _carrier(row: PartyRow) -> bool:
    return row.carrier != _OFF
