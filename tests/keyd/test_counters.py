"""The guess budgets: their stories, and a state machine against a simple model."""

import tempfile
from collections import defaultdict
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from hanare_core.messages import keyd
from hanare_core.problems import Code, Problem
from hanare_keyd import admin, retention
from hanare_keyd.counters import (
    PAIR_IN_A_ROW,
    PAIR_WRONG,
    RESTORED_SHARE,
    STICK_IN_A_ROW,
    STICK_UNLOCKS,
    USER_WRONG,
    WINDOW_MS,
)
from tests.keyd.office import ORGANISATION, Client, InProcess, Stick, code_of, now_ms

PIN = "804513"
HOUR_MS = 3_600_000


def wrong(client: Client, stick: Stick, user: str, times: int = 1) -> None:
    """Make wrong guesses."""
    for _ in range(times):
        client.begin(stick, user, "000000")


def locked(client: Client, stick: Stick, user: str) -> Code | None:
    """Return the code with which a begin is refused."""
    return code_of(lambda: client.begin(stick, user, PIN))


def test_the_budgets_are_those_that_are_promised() -> None:
    """The limits are those of docs/protocol.md, in numbers, because the other tests take them from the code."""
    assert (PAIR_IN_A_ROW, PAIR_WRONG, STICK_IN_A_ROW, USER_WRONG) == (10, 30, 30, 60)
    assert (STICK_UNLOCKS, RESTORED_SHARE, WINDOW_MS) == (3, 2, 7_776_000_000)


def left(client: Client, stick: Stick, user: str) -> keyd.GuessesAnswer:
    """Return what keyd says is left."""
    answer = client.ask(keyd.GuessesRequest(organisation=ORGANISATION, user=user, stick=stick.id))
    assert isinstance(answer, keyd.GuessesAnswer)
    return answer


def test_what_is_left_is_told_and_asking_counts_nothing(client: Client, stick: Stick) -> None:
    """Each wrong guess takes one of every budget; success gives back what is in a row; a lock by a row has no end."""
    client.set_pin(stick, "sato", PIN)
    wrong(client, stick, "sato", 3)
    told = [left(client, stick, "sato") for _ in range(2)]
    assert told[0] == told[1]
    assert [budget.left for budget in (told[0].pair_in_a_row, told[0].pair, told[0].user, told[0].stick)] == [
        PAIR_IN_A_ROW - 3,
        PAIR_WRONG - 3,
        USER_WRONG - 3,
        STICK_IN_A_ROW - 3,
    ]
    wrong(client, stick, "sato", PAIR_IN_A_ROW - 3)
    locked_out = left(client, stick, "sato").pair_in_a_row
    assert (locked_out.left, locked_out.limit, locked_out.until_ms) == (0, PAIR_IN_A_ROW, 0)
    assert left(client, stick, "nobody").pair_in_a_row.left == PAIR_IN_A_ROW


def test_pair_in_a_row(client: Client, stick: Stick) -> None:
    """Ten in a row lock the pair for the right PIN too, while the same user signs in on another stick."""
    client.set_pin(stick, "sato", PIN)
    wrong(client, stick, "sato", PAIR_IN_A_ROW)
    assert locked(client, stick, "sato") is Code.PIN_LOCKED
    assert client.sign_in(Stick("stick-2"), "sato", PIN).user == "sato"


def test_thief_between_the_owners_sign_ins(client: Client, stick: Stick) -> None:
    """Nine guesses between each of the owner's sign-ins get thirty evaluations, not more."""
    client.set_pin(stick, "sato", PIN)
    guesses = 0
    try:
        for _ in range(10):
            for _ in range(9):
                wrong(client, stick, "sato")
                guesses += 1
            client.sign_in(stick, "sato", PIN)
    except Problem as problem:
        assert problem.code is Code.PIN_LOCKED
    assert guesses == PAIR_WRONG


def test_user_over_all_sticks(client: Client) -> None:
    """Sixty wrong attempts for a user on different sticks lock the user everywhere, until a new code."""
    for number in range(USER_WRONG):
        wrong(client, Stick(f"s-{number}"), "sato")
    fresh = Stick("fresh")
    assert locked(client, fresh, "sato") is Code.USER_LOCKED
    until_ms = left(client, fresh, "sato").user.until_ms
    assert 0 < now_ms() + WINDOW_MS - until_ms < HOUR_MS
    client.set_pin(fresh, "sato", PIN)
    assert client.sign_in(fresh, "sato", PIN).user == "sato"


def test_stick_over_all_users(client: Client, stick: Stick, inside: InProcess) -> None:
    """Thirty in a row on a stick over all names lock it for everybody, until keyd's own command unlocks it."""
    for number in range(STICK_IN_A_ROW):
        wrong(client, stick, f"x-{number}")
    assert locked(client, stick, "sato") is Code.STICK_LOCKED
    unlock = [str(inside.path), "unlock-stick", "--organisation", ORGANISATION, "--stick", stick.id]
    assert admin.main(unlock) == 0
    assert locked(client, stick, "sato") is None


def test_colleague_cannot_lock_the_pair_by_own_success(client: Client, stick: Stick) -> None:
    """On a shared stick a colleague's successes clear the stick's row, never the guesses at another user's PIN."""
    client.set_pin(stick, "abe", "271828")
    for _ in range(PAIR_IN_A_ROW):
        wrong(client, stick, "sato")
        client.sign_in(stick, "abe", "271828")
    assert locked(client, stick, "sato") is Code.PIN_LOCKED
    assert client.sign_in(stick, "abe", "271828").user == "abe"


def thirty_wrong(client: Client, stick: Stick) -> None:
    """Use up the pair's window without ever making ten in a row."""
    for _ in range(3):
        wrong(client, stick, "sato", 9)
        client.sign_in(stick, "sato", PIN)
    wrong(client, stick, "sato", 3)
    assert locked(client, stick, "sato") is Code.PIN_LOCKED


def test_window_passes(client: Client, stick: Stick, inside: InProcess) -> None:
    """After 90 days, not before, a wrong attempt no longer counts, and its row is purged."""
    client.set_pin(stick, "sato", PIN)
    thirty_wrong(client, stick)
    inside.time_ms += WINDOW_MS - 1
    inside.loop.run_until_complete(inside.store.write(retention.purge))
    assert locked(client, stick, "sato") is Code.PIN_LOCKED
    inside.time_ms += 1
    inside.loop.run_until_complete(inside.store.write(retention.purge))
    assert inside.store.reader.execute("SELECT count(*) FROM attempts").fetchone()[0] == 0
    assert locked(client, stick, "sato") is None


def test_clock_set_back(client: Client, stick: Stick, inside: InProcess) -> None:
    """Attempts made while the clock was set back count for 90 days of the true time."""
    client.set_pin(stick, "sato", PIN)
    true_ms = inside.time_ms
    inside.time_ms = true_ms - WINDOW_MS + HOUR_MS
    early = Stick("stick-early")
    thirty_wrong(client, early)
    inside.restart()
    inside.time_ms = true_ms + 2 * HOUR_MS
    assert locked(client, early, "sato") is Code.PIN_LOCKED


class Budgets(RuleBasedStateMachine):
    """keyd against a model: lists of times per pair and user, and rows since success."""

    sticks = st.sampled_from(["s-1", "s-2", "s-3"])
    users = st.sampled_from(["abe", "sato", "x-nobody"])

    @initialize()
    def start(self) -> None:
        """Give two of the three users a PIN."""
        self.folder = tempfile.TemporaryDirectory()
        self.inside = InProcess(Path(self.folder.name))
        self.client = self.inside.client()
        far = now_ms() + 20 * WINDOW_MS
        self.certified = {name: Stick(name, until_ms=far) for name in ("s-1", "s-2", "s-3", "kitting")}
        self.highest = self.inside.time_ms
        self.pair_row: dict[tuple[str, str], int] = defaultdict(int)
        self.stick_row: dict[str, int] = defaultdict(int)
        self.wrong_times: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for user in ("abe", "sato"):
            self.client.set_pin(self.certified["kitting"], user, PIN)

    def teardown(self) -> None:
        """Close the service."""
        if hasattr(self, "inside"):
            self.inside.close()
            self.folder.cleanup()

    def expected(self, stick: str, user: str) -> Code | None:
        """Return what the model says of a begin now."""
        recent = [name for name, time_ms in self.wrong_times[user] if time_ms > self.highest - WINDOW_MS]
        if self.stick_row[stick] >= STICK_IN_A_ROW:
            return Code.STICK_LOCKED
        if len(recent) >= USER_WRONG:
            return Code.USER_LOCKED
        if self.pair_row[stick, user] >= PAIR_IN_A_ROW or recent.count(stick) >= PAIR_WRONG:
            return Code.PIN_LOCKED
        return None

    def begin(self, stick: str, user: str) -> Code | None:
        """Begin, compare with the model, and note it there."""
        self.highest = max(self.highest, self.inside.time_ms)
        expected = self.expected(stick, user)
        try:
            self.tried = self.client.begin(self.certified[stick], user, PIN)
        except Problem as problem:
            assert problem.code is expected
            return expected
        assert expected is None
        assert self.tried.answer.failures == self.pair_row[stick, user]
        self.pair_row[stick, user] += 1
        self.stick_row[stick] += 1
        self.wrong_times[user].append((stick, self.highest))
        return None

    @rule(stick=sticks, user=users, times=st.integers(1, 12))
    def guess(self, stick: str, user: str, times: int) -> None:
        """Begin and never finish."""
        for _ in range(times):
            self.begin(stick, user)

    @rule(stick=sticks, user=users)
    def sign_in(self, stick: str, user: str) -> None:
        """Begin and finish with the right PIN."""
        if self.begin(stick, user) is not None:
            return
        outcome = code_of(lambda: self.client.finish(self.certified[stick], self.tried))
        assert outcome is (Code.SIGN_IN_FAILED if user == "x-nobody" else None)
        if outcome is None:
            self.pair_row[stick, user] = 0
            self.stick_row[stick] = 0
            self.wrong_times[user].pop()

    @rule(user=st.sampled_from(["abe", "sato"]))
    def new_code(self, user: str) -> None:
        """Give the user a new PIN by a new code."""
        self.client.set_pin(self.certified["kitting"], user, PIN)
        self.highest = max(self.highest, self.inside.time_ms)
        self.wrong_times[user].clear()
        for stick in ("s-1", "s-2", "s-3"):
            self.pair_row[stick, user] = 0

    @rule(days=st.sampled_from([-100, -1, 0, 1, 30, 89, 90]))
    def set_clock(self, days: int) -> None:
        """Set the clock on or back; the certificates' life bounds how far."""
        self.inside.time_ms = min(self.inside.time_ms + days * 24 * HOUR_MS, now_ms() + 15 * WINDOW_MS)

    @rule()
    def restart_and_purge(self) -> None:
        """Restart keyd and let it purge."""
        self.inside.restart()
        self.highest = max(self.highest, self.inside.time_ms)
        self.inside.loop.run_until_complete(self.inside.store.write(retention.purge))

    @rule()
    def status(self) -> None:
        """Ask for nothing that counts."""
        self.client.expect(keyd.StatusRequest(), keyd.StatusAnswer)


Budgets.TestCase.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
test_budgets_follow_the_model = Budgets.TestCase
