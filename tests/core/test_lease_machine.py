"""The lease table under any order of messages, delays and losses: nothing is open without an unexpired confirmation."""

from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hanare_core.lease_peers import PEER_STAYS_MS
from hanare_core.messages.gateway import Lease
from tests.core.lease_desk import Desk, gone, lease_of

NUMBERS: Final = st.integers(1, 5)
TTLS_MS: Final = (1_000, 6_000, 120_000)
GRACES_MS: Final = (0, 30_000)


class Machine(RuleBasedStateMachine):
    """Leases come and go in the database; hub, network and gateway tell it late, twice or never."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk()
        self.present: dict[int, Lease] = {}
        self.begun: dict[int, Lease] = {}
        self.stamps: list[int] = []
        self.confirmed_ms = dict.fromkeys(GRACES_MS, 0)
        self.in_step = False

    @rule(passed_ms=st.sampled_from((1, 50, 400, 3_000, 45_000, 130_000)))
    def time_passes(self, passed_ms: int) -> None:
        """Turn all clocks."""
        self.desk.elapsed_ms += passed_ms
        self.desk.apply(self.desk.table.peers.leave(self.desk.now))

    @rule()
    def look(self) -> None:
        """Let the agent look at the kernel and mend it."""
        facts = self.desk.facts()
        self.desk.apply(self.desk.table.observe(facts, self.desk.now))
        self.desk.apply(self.desk.table.repair(self.desk.facts(), self.desk.now))

    @rule()
    def carries_on(self) -> None:
        """Let the agent renew best-effort leases that nobody answers for."""
        self.desk.apply(self.desk.table.carry_on(self.desk.now))

    @rule(number=NUMBERS)
    def someone_deletes_an_element(self, number: int) -> None:
        """Take an element out of the kernel."""
        for element in [one for one in self.desk.elements if one.source.endswith(f".{number}")]:
            del self.desk.elements[element]

    @rule(age_ms=st.sampled_from((0, 500, 70_000)), late_ms=st.sampled_from((0, 300, 5_000)))
    def reconnects(self, age_ms: int, late_ms: int) -> None:
        """Open a new channel; the snapshot comes late."""
        asked_ms = self.desk.now.mono_ms
        self.desk.table.ask_snapshot(self.desk.now)
        self.desk.elapsed_ms += late_ms
        self._confirm(asked_ms, age_ms)
        self.desk.snapshot(*self.present.values(), age_ms=age_ms)
        self.in_step = True

    @precondition(lambda self: self.in_step)
    @rule(number=NUMBERS, ttl_ms=st.sampled_from(TTLS_MS), grace_ms=st.sampled_from(GRACES_MS))
    def a_session_begins(self, number: int, ttl_ms: int, grace_ms: int) -> None:
        """Add a lease of a name never used before."""
        if number in self.begun:
            return
        self.present[number] = self.begun[number] = lease_of(number, ttl_ms=ttl_ms, grace_ms=grace_ms)
        self.desk.delta(self.present[number])

    @precondition(lambda self: self.in_step)
    @rule(number=NUMBERS, lost=st.booleans())
    def a_session_is_stopped(self, number: int, lost: bool) -> None:  # noqa: FBT001  # hypothesis gives it by name
        """End a lease by a delta, or lose the delta."""
        lease = self.present.pop(number, None)
        if lease is None:
            return
        if lost:
            self.desk.revision += 1
        else:
            self.desk.delta(gone(lease))

    @rule()
    def asks(self) -> None:
        """Send a beat."""
        self.stamps.append(self.desk.ask())

    @precondition(lambda self: self.stamps)
    @rule(which=st.integers(0, 20), age_ms=st.sampled_from((0, 900, 40_000, 200_000)))
    def is_answered(self, which: int, age_ms: int) -> None:
        """Answer any question, however old, perhaps twice."""
        stamp_ms = self.stamps[which % len(self.stamps)]
        if self.desk.table.revision == self.desk.revision:
            self._confirm(stamp_ms, age_ms)
        self.in_step = not self.desk.answer(stamp_ms, age_ms=age_ms).resync and self.in_step

    @invariant()
    def nothing_is_open_beyond_the_last_question(self) -> None:
        """Every living element ends within its TTL of an answered question."""
        for element, until_ms in self.desk.elements.items():
            lease = self.begun[int(element.source.rpartition(".")[2])]
            if until_ms > self.desk.now.mono_ms:
                assert until_ms <= self.confirmed_ms[lease.grace_ms] + lease.ttl_ms

    @invariant()
    def what_was_told_gone_is_closed(self) -> None:
        """In step with the hub, an element or peer exists only for a lease that stands."""
        if self.desk.table.revision != self.desk.revision:
            return
        for element in self.desk.living():
            assert int(element.source.rpartition(".")[2]) in self.present
        next_leave_ms = self.desk.table.peers.next_leave_ms()
        assert next_leave_ms is None or next_leave_ms <= self.desk.now.mono_ms + PEER_STAYS_MS

    def _confirm(self, asked_ms: int, age_ms: int) -> None:
        """Note the latest time from which a TTL may count: the question's, less the age, and a grace beyond that."""
        for grace_ms, best_ms in self.confirmed_ms.items():
            self.confirmed_ms[grace_ms] = max(best_ms, asked_ms - age_ms + grace_ms)


Machine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestLeaseMachine = Machine.TestCase
