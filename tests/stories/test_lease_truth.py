"""The truth by model: whatever is killed, frozen, cut or stopped, a packet passes exactly where a lease stands.

Hypothesis drives the real server, hub, agent and kernel with two sticks that hold sessions. The database is the oracle.
At every step: what no present lease of that stick allows does not pass, at the latest a TTL after it ended, and never
to another's office PC. When all parts live again: what is present passes. Somebody also sets the wall clocks of server
and gateway, and puts an older backup in the database's place. There the model remembers what the database has
forgotten: who was stopped stays out, and a session that ended since the backup stays ended though its row stands open
(a ghost). The gateway's epoch only grows.
"""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hanare_lab.errors import LabError
from hanare_lab.installation.gateway import STATE_FOLDER
from hanare_lab.installation.hall import Hall
from hanare_lab.installation.stick import Stick
from hanare_lab.office_pc import RDP_PORT
from hanare_lab.wait import until
from hanare_lab.wall_clock import WallClock
from tests.figures import figure
from tests.stories import backup
from tests.stories.lease_watch import answers
from tests.stories.partition import Way, partition

pytestmark = [pytest.mark.lab, pytest.mark.story]

TTL_S: Final = 4.0
SLACK_S: Final = 1.5
HEALED_S: Final = 25.0
"""An agent finds a dead channel in ten seconds, comes back within a retry, and looks at the kernel every five."""

STEPS_S: Final = (-240, -20, 0, 20, 240)
"""How far a wall clock is set from the real one: less than what the server waits for a sign of life (5 minutes)."""

SERVER: Final = ("hub", "api", "worker")

WHO: Final = st.integers(0, 1)

LONG_S: Final = 600.0
"""Of the soak part; walks that are under way are walked to their end."""

WALKS: Final = 5
"""At a time; the first of them is the least one, which is idle."""


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """One hall with two homes and two office PCs, whose leases are short."""
    homes = ("192.168.1.0/24", "192.168.2.0/24")
    with Hall(pcs=2, homes=homes, ttl_ms=int(TTL_S * 1000), log_dir=tmp_path_factory.mktemp("logs")) as made:
        for machine in (made.city.server, made.city.gateway):
            WallClock(machine)
        made.open()
        for number, worker in enumerate(made.workers):
            stick = made.add_stick(home=number)
            stick.start()
            made.set_first_pin(stick, worker)
            stick.wait_ready()
        yield made


def test_a_packet_passes_where_a_lease_stands(hall: Hall) -> None:
    """A short walk through the model, the same at every change; Hypothesis begins with the least one, which is idle."""
    _walk(hall, examples=2, steps=10, derandomize=True)


def test_a_restored_backup_revives_nobody(hall: Hall) -> None:
    """A walk by hand: of two sessions in the backup one stick was stopped since and one worker left; both stay out."""
    machine = Machine(hall)
    machine.clocks_differ(server_s=0, gateway_s=0)
    for who in range(2):
        machine.is_resumed(who)
        machine.signs_in(who)
    machine.backs_up()
    machine.is_suspended(0, "sticks")
    machine.leaves(1)
    until(lambda: not _present(hall, 1), seconds=HEALED_S, what="the end of the session")
    machine.is_restored()
    assert sorted(machine.ghosts) == [0, 1]
    machine.is_resumed(0)
    for who in range(2):
        machine.signs_in(who)
        machine.the_epoch_only_grows()
        machine.nothing_passes_without_a_lease()
    machine.heals()
    assert machine.epoch > 0


@pytest.mark.soak
@pytest.mark.timeout(2400)
def test_a_packet_passes_where_a_lease_stands_for_long(hall: Hall) -> None:
    """Long walks, other ones each time, until the time is over."""
    over, walks = time.monotonic() + LONG_S, 0
    while time.monotonic() < over:
        _walk(hall, examples=WALKS, steps=30, derandomize=False)
        walks += WALKS
    figure("walks", walks, "of up to 30 steps")


def _walk(hall: Hall, *, examples: int, steps: int, derandomize: bool) -> None:
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=derandomize,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(lambda: Machine(hall), settings=chosen)


class Machine(RuleBasedStateMachine):
    """Two sticks, an administrator, and somebody who breaks things."""

    def __init__(self, hall: Hall) -> None:
        super().__init__()
        self.hall = hall
        self.broken: set[str] = set()
        self.cut = ExitStack()
        self.gone_s: dict[int, float] = {}
        self.stopped: dict[int, set[str]] = {}
        """What of each stick was suspended and not resumed since, whatever the database says."""
        self.ghosts: dict[int, str] = {}
        """Sessions that a restored backup shows as open and that ended after it was taken."""
        self.epoch = 0
        self.backup = hall.server.folder / "model-backup.sqlite3"
        self.restored = False

    @initialize(server_s=st.sampled_from(STEPS_S), gateway_s=st.sampled_from(STEPS_S))
    def clocks_differ(self, server_s: int, gateway_s: int) -> None:
        """Begin with clocks of any order."""
        self._set_clock("server", server_s)
        self._set_clock("gateway", gateway_s)
        self.backs_up()

    @precondition(lambda self: not self.broken)
    @rule(who=WHO)
    def signs_in(self, who: int) -> None:
        """Open a session unless the stick has one or is suspended."""
        if self._stands(who) or _suspended(self.hall, who):
            return
        stick = self.hall.sticks[who]
        _ready(stick)
        self.hall.sign_in(stick, self.hall.workers[who])
        assert stick.wait_for("desktop-started").code == ""

    @precondition(lambda self: "api" not in self.broken)
    @rule(who=WHO, thing=st.sampled_from(("sticks", "users")))
    def is_suspended(self, who: int, thing: str) -> None:
        """Suspend the stick or its user by the console."""
        self.hall.console.suspend(thing, self._id(who, thing))
        self.stopped.setdefault(who, set()).add(self._id(who, thing))

    @precondition(lambda self: not self.broken)
    @rule(who=WHO)
    def is_resumed(self, who: int) -> None:
        """Resume whatever of it is suspended."""
        for thing in ("sticks", "users"):
            self.hall.console.resume(thing, self._id(who, thing))
        self.stopped.pop(who, None)

    @precondition(lambda self: "api" not in self.broken)
    @rule()
    def backs_up(self) -> None:
        """Take a backup in the middle of everything."""
        backup.take(self.hall, self.backup)

    @precondition(lambda self: not self.broken and not self.restored)
    @rule()
    def is_restored(self) -> None:
        """Lose the database and put the last backup in its place, once a walk: nobody who was stopped passes again."""
        self.restored = True
        until(self._gateway_knows_stops, seconds=HEALED_S, what="the stops on the gateway's disk")
        before = [_session(self.hall, who) for who in range(2)]
        for name in SERVER:
            self.hall.server.kill(name)
        backup.put_back(self.hall, self.backup)
        for name in SERVER:
            self.hall.server.start_one(name)
        backup.say_restored(self.hall)
        now = [_session(self.hall, who) for who in range(2)]
        self.ghosts = {who: now[who] for who in range(2) if now[who] != before[who]}
        until(self._stops_hold, seconds=HEALED_S, what="the adopted stops")
        self._settle()

    @precondition(lambda self: "api" not in self.broken)
    @rule(who=WHO)
    def leaves(self, who: int) -> None:
        """Have the worker end the session."""
        if _present(self.hall, who):
            self.hall.sticks[who].ask("end")

    @rule(name=st.sampled_from(("api", "hub", "worker", "agent")))
    def is_killed(self, name: str) -> None:
        """Kill -9 a process; it stays dead until healed."""
        if name in self.broken or "frozen" in self.broken:
            return
        self.broken.add(name)
        if name == "agent":
            self.hall.gateway.processes["agent"].kill()
        else:
            self.hall.server.kill(name)

    @precondition(lambda self: not self.broken & {"agent", "frozen"})
    @rule()
    def is_frozen(self) -> None:
        """Stop the agent, which does not know it."""
        self.broken.add("frozen")
        self.hall.gateway.processes["agent"].stop()

    @precondition(lambda self: "cut" not in self.broken)
    @rule(way=st.sampled_from(list(Way)))
    def is_cut(self, way: Way) -> None:
        """Cut gateway and hub from each other."""
        self.broken.add("cut")
        self.cut.enter_context(partition(self.hall.gateway.machine, way))

    @rule(which=st.sampled_from(("server", "gateway")), ahead_s=st.sampled_from(STEPS_S))
    def clock_is_set(self, which: str, ahead_s: int) -> None:
        """Set the wall clock of a machine, forwards or back, in the middle of everything."""
        self._set_clock(which, ahead_s)

    @precondition(lambda self: self.broken)
    @rule()
    def heals(self) -> None:
        """Put everything right; what is present passes again."""
        self._mend()
        self._settle()

    @rule()
    def waits_a_ttl(self) -> None:
        """Wait for what nobody renews to end."""
        time.sleep(TTL_S)

    @invariant()
    def nothing_passes_without_a_lease(self) -> None:
        """Compare what the database allows, or allowed until a TTL ago, with what passes."""
        for who in range(2):
            present = self._stands(who)
            since = self.gone_s.setdefault(who, time.monotonic())
            if present:
                del self.gone_s[who]
            elif time.monotonic() - since > (TTL_S + SLACK_S if self.broken else SLACK_S):
                assert not self._passes(who), f"stick {who} passes without a lease ({sorted(self.broken)})"
            other = self.hall.workers[1 - who].address
            assert not _element(self.hall, self._address(who), other)

    @invariant()
    def the_epoch_only_grows(self) -> None:
        """No restart, cut or restored backup lets the gateway forget how often something was stopped."""
        before, self.epoch = self.epoch, int(self._kept().get("epoch", 0))
        assert self.epoch >= before

    def teardown(self) -> None:
        """Leave everything whole for the next walk."""
        self._mend()

    def _mend(self) -> None:
        self.cut.close()
        if "frozen" in self.broken:
            self.hall.gateway.processes["agent"].cont()
        if "agent" in self.broken:
            self.hall.gateway.start_agent()
        for name in ("hub", "api", "worker"):
            if name in self.broken:
                self.hall.server.start_one(name)
        for machine in (self.hall.city.server, self.hall.city.gateway):
            if machine.clock is not None:
                machine.clock.set(0)
        self.broken.clear()

    def _set_clock(self, which: str, ahead_s: int) -> None:
        clock = getattr(self.hall.city, which).clock
        assert clock is not None
        clock.set(ahead_s)

    def _settle(self) -> None:
        until(lambda: self.hall.console.gateways_in_touch() == 1, seconds=HEALED_S, what="the gateway in touch")
        for who in range(2):
            until(lambda who=who: self._agree(who), seconds=HEALED_S, what=f"stick {who}: kernel and database to agree")

    def _agree(self, who: int) -> bool:
        return self._passes(who) == self._stands(who)

    def _stands(self, who: int) -> bool:
        """Whether a lease stands that is no ghost."""
        session = _session(self.hall, who)
        return bool(session) and session != self.ghosts.get(who)

    def _stops_hold(self) -> bool:
        """Whether everybody who was stopped is suspended again; until then nobody of them passes."""
        for who in self.stopped:
            assert not self._passes(who), f"stick {who} was stopped, and a restored backup revived it"
        return all(_suspended(self.hall, who) for who in self.stopped)

    def _gateway_knows_stops(self) -> bool:
        """Whether the stops are on the gateway's disk: one that no gateway heard of would be lost with the database."""
        halted = {halt["id"] for halt in self._kept().get("halts", ())}
        return set().union(*self.stopped.values()) <= halted

    def _kept(self) -> dict[str, Any]:
        file = self.hall.gateway.machine.root / STATE_FOLDER.lstrip("/") / "state.json"
        kept: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
        return kept

    def _passes(self, who: int) -> bool:
        try:
            return answers(self.hall.sticks[who], self.hall.workers[who].address, RDP_PORT)
        except LabError:  # the session's namespace is gone
            return False

    def _id(self, who: int, thing: str) -> str:
        return self.hall.sticks[who].id if thing == "sticks" else self.hall.workers[who].id

    def _address(self, who: int) -> str:
        query = (
            "SELECT lease.address FROM access_lease AS lease JOIN access_session AS session"
            " ON session.id = lease.session_id WHERE session.stick_id = ? ORDER BY session.opened_ms DESC"
        )
        return str(_value(self.hall, query, self.hall.sticks[who].id) or "none")


def _ready(stick: Stick) -> None:
    stick.ask("end")
    stick.ask("status")
    stick.wait_ready()


def _present(hall: Hall, who: int) -> bool:
    return bool(_session(hall, who))


def _session(hall: Hall, who: int) -> str:
    """Return the session of the stick whose lease is present; empty: it has none."""
    query = (
        "SELECT session.id FROM access_lease AS lease JOIN access_session AS session ON session.id = lease.session_id"
        " WHERE session.stick_id = ? AND lease.state = 'present'"
    )
    return str(_value(hall, query, hall.sticks[who].id) or "")


def _suspended(hall: Hall, who: int) -> bool:
    stick = _value(hall, "SELECT state FROM directory_stick WHERE id = ?", hall.sticks[who].id)
    user = _value(hall, "SELECT state FROM directory_user WHERE id = ?", hall.workers[who].id)
    return (stick, user) != ("active", "active")


def _element(hall: Hall, source: str, target: str) -> bool:
    return f"{source} . {target} ." in hall.gateway.elements()


def _value(hall: Hall, query: str, *values: str) -> object:
    with closing(sqlite3.connect(f"file:{hall.server.sqlite}?mode=ro", uri=True)) as database:
        row = database.execute(query, values).fetchone()
    return row[0] if row else None
