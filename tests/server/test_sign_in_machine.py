"""A state machine over sticks, copies, users, PINs, stops, power cuts, clocks and a killed keyd: the real API and keyd.

Invariants after every step: a session is open only if the decision function says yes now; no stick has two; a pair is
never evaluated more than ten times in a row or thirty times in 90 days without success; copy and original that have
both signed in are never both live. The short run is for every change, the long one is the soak part `sign-in`.
"""

import copy
from collections import Counter, defaultdict
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from hanare_core.problems import Code, Problem
from hanare_core.ticket import Factor
from hanare_server.access import facts, suspend, upkeep
from hanare_server.access.decision import decide
from hanare_server.access.models import Session
from hanare_server.audit.log import COMMAND
from hanare_server.clock import now_ms
from hanare_server.directory.models import Stick, User
from tests.figures import figure
from tests.server.town import Town
from tests.server.worker_at_home import PIN, WRONG_PIN, AtHome

IN_A_ROW, IN_WINDOW = 10, 30
WINDOW_DAYS = 90
MOST_DAYS = 900
"""keyd's clock goes no further: the sticks' certificates hold three years."""
LIVES, STEPS = 10, 50
"""Of the soak part: minutes on two shared cores; a kill of keyd is most of a step's time."""
PLACES = st.sampled_from(["a", "a copy", "b"])
NAMES = st.sampled_from(["0", "1"])


class SignIns(RuleBasedStateMachine):
    """Two sticks, a copy of one of them, two users, in an office that is given."""

    town: Town
    done: Counter[str]
    """What all lives together have come to."""

    @initialize()
    def begin_anew(self) -> None:
        number = User.objects.filter(organisation=self.town.id).count()
        self.names = [f"user{number + each}" for each in range(2)]
        first, second = self.town.add_stick("a"), self.town.add_stick("b")
        for name in self.names:
            user = self.town.add_user(name)
            first.set_pin(name, self.town.code_for(user))
        second.seeds = first.seeds
        self.sticks = {"a": first, "b": second, "a copy": copy.copy(first)}
        self.in_a_row: dict[tuple[str, str], int] = defaultdict(int)
        self.counted: dict[tuple[str, str], list[int]] = defaultdict(list)
        self.base, self.highest = min(self.town.keyd.days_ahead, MOST_DAYS), 0

    @rule(place=PLACES, who=NAMES, right=st.booleans(), cut=st.sampled_from(["", "", "", "before", "after"]))
    def sign_in(self, place: str, who: str, right: bool, cut: str) -> None:  # noqa: FBT001
        """Try; the power may be cut before or after the stick has written its generation."""
        stick, name = self.sticks[place], self.names[int(who)]
        try:
            attempt, _, _ = stick.begin(name, PIN if right else WRONG_PIN)
        except Problem as problem:
            assert problem.code in _REFUSALS
            return
        self.count(stick, name)
        self.done["evaluations"] += 1
        if not right:
            return
        attempt.seed = stick.seeds[name]
        try:
            offered = stick.finish(attempt).next_generation
        except Problem as problem:
            assert problem.code is Code.STICK_QUARANTINED
            self.done["quarantines"] += 1
            self.forgive(stick, name)
            return
        self.forgive(stick, name)
        assert offered > stick.generation
        if cut == "before":
            return
        stick.generation = offered
        if cut == "after":
            return
        try:
            stick.confirm(attempt, offered)
        except Problem as problem:
            assert problem.code in _REFUSALS
        else:
            self.done["sessions"] += 1

    @rule(place=PLACES, stop=st.booleans())
    def stop_or_resume(self, place: str, stop: bool) -> None:  # noqa: FBT001
        """Suspend or resume a stick."""
        act = suspend.suspend if stop else suspend.resume
        act(self.town.id, COMMAND, suspend.Kind.STICK, self.sticks[place].stick)

    @rule(who=NAMES, ended=st.booleans())
    def end_permission(self, who: str, ended: bool) -> None:  # noqa: FBT001
        """Let the user's permission end, or take the end away; the worker then looks at what is open."""
        until = now_ms() - 1 if ended else None
        User.objects.filter(organisation=self.town.id, name=self.names[int(who)]).update(permitted_until_ms=until)
        upkeep.round_of(self.town.organisation)

    @rule()
    def kill_keyd(self) -> None:
        """Kill keyd and start it again: what was counted stays counted."""
        self.town.keyd.kill()
        self.town.keyd.start()

    @rule(days=st.sampled_from([0, 1, WINDOW_DAYS + 1]))
    def set_keyds_clock(self, days: int) -> None:
        """Start keyd again with its clock set on, or back: only time that has passed forgets what was counted."""
        self.town.keyd.days_ahead = self.base + days
        self.kill_keyd()
        self.highest = max(self.highest, days)

    def teardown(self) -> None:
        """Begin the next life no earlier than this one ended."""
        if hasattr(self, "base"):
            self.town.keyd.days_ahead = self.base + self.highest

    def count(self, stick: AtHome, name: str) -> None:
        """Note an evaluation, which must have been within the budgets."""
        pair = (stick.stick, name)
        self.in_a_row[pair] += 1
        self.counted[pair].append(self.highest)
        assert self.in_a_row[pair] <= IN_A_ROW
        assert sum(self.highest - day < WINDOW_DAYS for day in self.counted[pair]) <= IN_WINDOW

    def forgive(self, stick: AtHome, name: str) -> None:
        """Note that the last evaluation was proven right."""
        pair = (stick.stick, name)
        self.in_a_row[pair] = 0
        self.counted[pair].pop()

    @invariant()
    def open_sessions_are_allowed(self) -> None:
        """Hold that what is open is allowed now, and that each stick and each user has one session at most."""
        sessions = list(Session.objects.filter(organisation=self.town.id, state=Session.State.OPEN))
        for session in sessions:
            factors = [Factor(factor) for factor in session.factors]
            question = facts.gather(
                self.town.organisation, session.stick, session.user, factors=factors, now_ms=now_ms()
            )
            assert decide(question) == []
        assert len({session.stick_id for session in sessions}) == len(sessions)
        assert len({session.user_id for session in sessions}) == len(sessions)

    @invariant()
    def a_quarantined_stick_is_dead(self) -> None:
        """Hold that no session is open on a stick that is not active."""
        dead = Stick.objects.filter(organisation=self.town.id).exclude(state=Stick.State.ACTIVE)
        assert not Session.objects.filter(stick__in=dead, state=Session.State.OPEN).exists()


_REFUSALS = {
    Code.PERMISSION_EXPIRED,
    Code.PIN_LOCKED,
    Code.SESSION_ELSEWHERE,
    Code.STICK_LOCKED,
    Code.STICK_QUARANTINED,
    Code.SUSPENDED,
    Code.USER_LOCKED,
}


def run(town: Town, examples: int, steps: int) -> Counter[str]:
    """Run the machine; return what its lives came to."""
    done: Counter[str] = Counter()
    chosen = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
    )
    build: Callable[[], SignIns] = type("Bound", (SignIns,), {"town": town, "done": done})
    try:
        run_state_machine_as_test(build, settings=chosen)
    finally:
        town.keyd.days_ahead = 0
        town.keyd.kill()
        town.keyd.start()
    return done


@pytest.mark.usefixtures("patient")
def test_signing_in_holds_its_invariants(town: Town) -> None:
    """A few short lives."""
    run(town, 3, 15)


@pytest.mark.soak
@pytest.mark.timeout(3000)
@pytest.mark.usefixtures("patient")
def test_signing_in_holds_its_invariants_for_long(town: Town) -> None:
    """Many long lives."""
    done = run(town, LIVES, STEPS)
    figure("lives", LIVES, f"of up to {STEPS} steps")
    for what, count in sorted(done.items()):
        figure(what, count, "")
    assert done["sessions"] > 0
