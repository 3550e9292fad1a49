"""Sticks with their state areas, and a byte copy of one: what a power cut leaves, and who may be taken for a copy."""

import copy
from dataclasses import dataclass, field
from typing import Final

from hanare_core import ratchet
from hanare_server.clock import now_ms
from tests.server.worker_at_home import AtHome

COPY: Final = "a copy"
TWINS: Final = frozenset({"a", COPY})
WRITTEN: Final = len(ratchet.encode(ratchet.StickState(0, 0, 0)))
"""Bytes of one write to the state area."""


@dataclass
class Medium:
    """A stick's own state area, as its flash keeps it."""

    stick: AtHome
    area: bytes = field(default_factory=lambda: ratchet.new_area(now_ms()))

    def write(self, generation: int, whole: int = WRITTEN) -> None:
        """Write a generation, cut off after so many bytes; show from then on what the stick reads at its next start."""
        change = ratchet.write(self.area, generation=generation, now_ms=now_ms())
        reached = change.data[:whole]
        self.area = self.area[: change.offset] + reached + self.area[change.offset + len(reached) :]
        self.stick.generation = ratchet.read(self.area).generation

    def copied(self) -> "Medium":
        """Return a byte copy, used from another home."""
        return Medium(copy.copy(self.stick), self.area)


class Suspicion:
    """What the office may and must think of `a` and its copy, by who has used which since the bytes were the same."""

    def __init__(self) -> None:
        self._used: set[str] = set()
        self._owner = ""
        self._crossed = False

    def copied(self) -> None:
        """Note that the bytes are the same again; what an earlier copy has done stays done."""
        self._crossed = self._crossed or COPY in self._used
        self._used, self._owner = set(), ""

    def used(self, place: str) -> None:
        """Note that this one has proven a PIN and was offered a generation."""
        self._used |= {place} & TWINS

    def completed(self, place: str) -> None:
        """Note that this one's generation was seen confirmed: the other's is stale from now on."""
        if place in TWINS:
            self._owner = place

    def may_quarantine(self, place: str) -> bool:
        """Say whether a quarantine at this one's sign-in is no false alarm."""
        return place in TWINS and (self._crossed or self._used | {place} == TWINS)

    def must_quarantine(self, place: str) -> bool:
        """Say whether this one is not to be taken for the other, who has signed in wholly."""
        return place in TWINS and self._owner not in ("", place)
