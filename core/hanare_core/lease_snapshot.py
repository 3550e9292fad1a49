"""Puts a snapshot together that comes in parts; the last one says that it is. Limit: SNAPSHOT_PARTS."""

from typing import Final, NamedTuple

from hanare_core.messages.gateway import Door, Halt, Lease, Snapshot, State
from hanare_core.problems import Code, Problem

SNAPSHOT_PARTS: Final = 128
"""Most parts of one snapshot: 51,200 entries, above what one gateway carries."""


class Whole(NamedTuple):
    """A snapshot in one piece: what is present, at which revision and epoch, as of when."""

    revision: int
    epoch: int
    carrier: bool
    time_ms: int
    age_ms: int
    """The oldest part's."""
    doors: list[Door]
    leases: list[Lease]
    halts: list[Halt]


class Parts:
    """The parts that have come."""

    def __init__(self) -> None:
        self._parts: list[Snapshot] = []

    def forget(self) -> None:
        """Begin anew: another snapshot was asked for."""
        self._parts.clear()

    def take(self, part: Snapshot) -> Whole | None:
        """Take in one part; return the whole after the last. Raises Problem(TOO_LARGE) for one without end."""
        self._parts.append(part)
        if len(self._parts) > SNAPSHOT_PARTS:
            raise Problem(Code.TOO_LARGE, detail={"limit_parts": str(SNAPSHOT_PARTS)})
        if part.more:
            return None
        parts, self._parts = self._parts, []
        return Whole(
            revision=part.revision,
            epoch=part.epoch,
            carrier=part.carrier,
            time_ms=part.time_ms,
            age_ms=max(one.age_ms for one in parts),
            doors=[door for one in parts for door in one.doors if door.state is State.PRESENT],
            leases=[lease for one in parts for lease in one.leases if lease.state is State.PRESENT],
            halts=[halt for one in parts for halt in one.halts],
        )
