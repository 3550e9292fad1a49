"""A state machine over sticks, copies, users, PINs, stops, power cuts, clocks and a killed keyd: the real API and keyd.

Invariants after every step: a session is open only if the decision function says yes now; a pair is never evaluated
more than ten times in a row or thirty times in 90 days without success; copy and original are never both live, and once
one of the two has signed in the other one never does; a stick without a copy is never quarantined, wherever the power
was cut. The short run is for every change, the long one is the soak part `sign-in`.
"""

from collections import Counter, defaultdict
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from hanare_core.problems import Code, Problem
from hanare_core.ticket import Factor
from hanare_server.access import facts, standing, suspend, upkeep
from hanare_server.access.decision import decide
from hanare_server.access.models import Session
from hanare_server.audit.log import COMMAND
from hanare_server.clock import now_ms
from hanare_server.directory.models import Stick, User
from tests.figures import figure
from tests.server.town import Town
from tests.server.twins import COPY, WRITTEN, Medium, Suspicion
from tests.server.wall_clock import WallClock, wall_clock
from tests.server.worker_at_home import PIN, WRONG_PIN, Attempt

IN_A_ROW, IN_WINDOW = 10, 30
WINDOW_DAYS = 90
MOST_DAYS = 900
"""The clock goes no further: the sticks' certificates hold three years."""
LIVES, STEPS = 15, 50
"""Of the soak part: minutes on two free cores; a kill of keyd is most of a step's time."""
GUESSES = st.sampled_from([1, 2, 4, IN_A_ROW - 1, IN_A_ROW + 2])
PLACES = st.sampled_from(["a", COPY, "b"])
NAMES = st.sampled_from(["0", "1"])
CUTS = st.sampled_from([None, None, None, None, 0, WRITTEN]) | st.integers(1, WRITTEN - 1)
"""Bytes of the generation that reach the stick before the power is cut; None: it is not."""


class SignIns(RuleBasedStateMachine):
    """Two sticks, a copy of one of them, two users, in an office that is given."""

    town: Town
    clock: WallClock
    done: Counter[str]
    """What all lives together have come to."""

    @initialize()
    def begin_anew(self) -> None:
        """Write two sticks, copy one, and let both users choose a PIN."""
        number = User.objects.filter(organisation=self.town.id).count()
        names = [f"user{number + each}" for each in range(2)]
        self.users = [self.town.add_user(name) for name in names]
        first, second = self.town.add_stick("a"), self.town.add_stick("b")
        for user in self.users:
            first.set_pin(user.name, self.town.code_for(user))
        second.seeds = first.seeds
        self.media = {"a": Medium(first), "b": Medium(second)}
        self.media[COPY] = self.media["a"].copied()
        self.suspicion = Suspicion()
        self.sessions: dict[str, str] = {}
        self.in_a_row: dict[tuple[str, str], int] = defaultdict(int)
        self.counted: dict[tuple[str, str], list[int]] = defaultdict(list)
        self.base, self.highest = min(self.clock.days_ahead, MOST_DAYS), 0

    @rule(place=PLACES, who=NAMES, cuts=st.lists(CUTS, min_size=1, max_size=4))
    def sign_in(self, place: str, who: str, cuts: list[int | None]) -> None:
        """Sign in with the right PIN, again and again; the power may be cut at any byte of each generation."""
        for cut in cuts:
            self.sign_in_once(place, self.users[int(who)].name, cut)

    def sign_in_once(self, place: str, name: str, cut: int | None) -> None:
        """Sign in up to the cut, or to the open session."""
        medium = self.media[place]
        attempt = self.evaluated(place, name, PIN)
        if attempt is None:
            return
        attempt.seed = medium.stick.seeds[name]
        try:
            offered = medium.stick.finish(attempt).next_generation
        except Problem as problem:
            assert problem.code is Code.STICK_QUARANTINED
            assert self.suspicion.may_quarantine(place)
            self.note("quarantines")
            self.forgive(place, name)
            return
        assert not self.suspicion.must_quarantine(place)
        assert offered > medium.stick.generation
        self.forgive(place, name)
        self.suspicion.used(place)
        medium.write(offered, WRITTEN if cut is None else cut)
        if cut is None:
            self.confirm(place, attempt, offered)
        else:
            self.note("cuts")

    @rule(place=PLACES, who=NAMES, times=GUESSES)
    def guess(self, place: str, who: str, times: int) -> None:
        """Try wrong PINs."""
        for _ in range(times):
            self.evaluated(place, self.users[int(who)].name, WRONG_PIN)

    @rule()
    def copy_anew(self) -> None:
        """Copy the stick's bytes as they are now; the earlier copy is thrown away."""
        self.media[COPY] = self.media["a"].copied()
        self.suspicion.copied()

    @rule(place=PLACES, stop=st.booleans())
    def stop_or_resume_stick(self, place: str, stop: bool) -> None:  # noqa: FBT001
        """Suspend or resume a stick; one that guessing locks again and again stays locked."""
        try:
            _act(stop)(self.town.id, COMMAND, standing.Kind.STICK, self.media[place].stick.stick)
        except Problem as problem:
            assert problem.code is Code.STICK_LOCKED

    @rule(who=NAMES, stop=st.booleans())
    def stop_or_resume_user(self, who: str, stop: bool) -> None:  # noqa: FBT001
        """Suspend or resume a user."""
        _act(stop)(self.town.id, COMMAND, standing.Kind.USER, self.users[int(who)].pk)

    @rule()
    def let_all_work_again(self) -> None:
        """Resume whatever is stopped, quarantined or locked."""
        for place in ("a", "b"):
            self.stop_or_resume_stick(place, stop=False)
        for who in ("0", "1"):
            self.stop_or_resume_user(who, stop=False)
            self.end_permission(who, ended=False)

    @rule(who=NAMES, ended=st.booleans())
    def end_permission(self, who: str, ended: bool) -> None:  # noqa: FBT001
        """Let the user's permission end, or take the end away; the worker then looks at what is open."""
        until = now_ms() - 1 if ended else None
        User.objects.filter(pk=self.users[int(who)].pk).update(permitted_until_ms=until)
        upkeep.round_of(self.town.organisation)

    @rule(days=st.sampled_from([0, 1, WINDOW_DAYS + 1]))
    def set_clock(self, days: int) -> None:
        """Kill keyd and set the clock on, or back: only time that has passed forgets guesses; none keeps a session."""
        self.highest = max(self.highest, days)
        self.clock.set_days_ahead(self.base + days)
        upkeep.round_of(self.town.organisation)

    def teardown(self) -> None:
        """End what is open, and begin the next life no earlier than this one ended."""
        if hasattr(self, "base"):
            for user in self.users:
                suspend.stop(self.town.id, COMMAND, standing.Kind.USER, user.pk)
            self.clock.set_days_ahead(self.base + self.highest)

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
            assert now_ms() < session.ends_ms
        assert len({session.stick_id for session in sessions}) == len(sessions)
        assert len({session.user_id for session in sessions}) == len(sessions)

    @invariant()
    def copy_and_original_are_never_both_live(self) -> None:
        """Hold that of all sessions that the two were ever given one is open at most."""
        given = [session for session, place in self.sessions.items() if place != "b"]
        assert Session.objects.filter(pk__in=given, state=Session.State.OPEN).count() <= 1

    @invariant()
    def a_stopped_stick_is_dead(self) -> None:
        """Hold that no session is open on a stick that is not active."""
        dead = Stick.objects.filter(organisation=self.town.id).exclude(state=Stick.State.ACTIVE)
        assert not Session.objects.filter(stick__in=dead, state=Session.State.OPEN).exists()

    def evaluated(self, place: str, name: str, pin: str) -> Attempt | None:
        """Have a PIN evaluated, which must be within the budgets; None: it was refused unevaluated."""
        try:
            attempt, _, _ = self.media[place].stick.begin(name, pin)
        except Problem as problem:
            assert problem.code in _UNHEARD
            self.note(problem.code.value)
            return None
        self.note("evaluations")
        pair = (self.media[place].stick.stick, name)
        self.in_a_row[pair] += 1
        self.counted[pair].append(self.highest)
        assert self.in_a_row[pair] <= IN_A_ROW
        assert sum(self.highest - day < WINDOW_DAYS for day in self.counted[pair]) <= IN_WINDOW
        return attempt

    def forgive(self, place: str, name: str) -> None:
        """Note that the last evaluation was proven right."""
        pair = (self.media[place].stick.stick, name)
        self.in_a_row[pair] = 0
        self.counted[pair].pop()

    def confirm(self, place: str, attempt: Attempt, offered: int) -> None:
        """Say that the generation is written; the decision may still refuse."""
        self.suspicion.completed(place)
        try:
            answer = self.media[place].stick.confirm(attempt, offered)
        except Problem as problem:
            assert problem.code in _REFUSED
            self.note(problem.code.value)
            return
        self.sessions[answer.session] = place
        self.note("sessions")

    def note(self, what: str) -> None:
        """Count for the figures."""
        self.done[what] += 1


def _act(stop: bool) -> Callable[..., object]:  # noqa: FBT001
    return suspend.suspend if stop else suspend.resume


_UNHEARD = {Code.PIN_LOCKED, Code.STICK_LOCKED, Code.STICK_QUARANTINED, Code.SUSPENDED, Code.USER_LOCKED}
"""What a stick is told before anything is evaluated."""
_REFUSED = {Code.PERMISSION_EXPIRED, Code.SESSION_ELSEWHERE, Code.USER_SUSPENDED}
"""The decision's reasons that can come up here."""


def run(town: Town, examples: int, steps: int) -> Counter[str]:
    """Run the machine; return what its lives came to."""
    done: Counter[str] = Counter()
    chosen = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
    )
    with wall_clock(town.keyd) as clock:
        build: Callable[[], SignIns] = type("Bound", (SignIns,), {"town": town, "clock": clock, "done": done})
        run_state_machine_as_test(build, settings=chosen)
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
    assert {"cuts", "quarantines", "sessions", Code.PIN_LOCKED.value} <= set(done)
