"""F51, F53, F54: gateway and hub do not hear each other, or the whole server is away; stops and sign-ins meanwhile.

One hall serves both kinds of lease: the first worker's is strict, the second's best effort with a short grace.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Final

import pytest

from hanare_core.problems import Code
from hanare_lab.installation.hall import Hall
from hanare_lab.installation.stick import Stick
from hanare_lab.wait import until
from tests.stories.partition import Way, partition

pytestmark = [pytest.mark.lab, pytest.mark.story]

TTL_S: Final = 6.0
GRACE_S: Final = 9.0
SLACK_S: Final = 2.0
"""A look of ours at what the kernel has ended by itself."""

BACK_S: Final = 60.0
"""Wide: the agent's ping finds a dead channel in ten seconds, and it comes back within a retry."""

STRICT, BEST_EFFORT = 0, 1


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """One hall whose leases are short; the second worker's profile gives a grace."""
    homes = ("192.168.1.0/24", "192.168.2.0/24")
    with Hall(pcs=2, homes=homes, ttl_ms=int(TTL_S * 1000), log_dir=tmp_path_factory.mktemp("logs")) as made:
        yield made.open()


@pytest.fixture(scope="module")
def sticks(hall: Hall) -> list[Stick]:
    """Plug two sticks in; their users have PINs."""
    for number, worker in enumerate(hall.workers):
        stick = hall.add_stick(home=number)
        stick.start()
        hall.set_first_pin(stick, worker)
        stick.wait_ready()
    return hall.sticks


@pytest.fixture
def sessions(hall: Hall, sticks: list[Stick]) -> list[Stick]:
    """Have both workers in a session, the first strict, the second best effort."""
    hall.wait_in_touch()
    for number, stick in enumerate(sticks):
        if _open(hall, number):
            continue
        until(lambda stick=stick: not _desktop(stick), seconds=BACK_S, what="the end of the last desktop")
        _set_grace(hall, int(GRACE_S * 1000) * number)
        stick.ask("status")
        stick.wait_ready()  # whatever the last session ended with may be told only now
        hall.sign_in(stick, hall.workers[number])
        assert stick.wait_for("desktop-started").code == ""
        assert _open(hall, number)
    return sticks


@pytest.mark.parametrize("way", list(Way))
def test_a_partition_between_gateway_and_hub(hall: Hall, sessions: list[Stick], way: Way) -> None:
    """The strict lease ends at its TTL, the other lives on and says so; what heals comes back without flapping."""
    assert all(_open(hall, number) for number in (STRICT, BEST_EFFORT))
    desktop = _desktop(sessions[BEST_EFFORT])
    with partition(hall.gateway.machine, way):
        until(lambda: not _open(hall, STRICT), seconds=TTL_S + SLACK_S, what="the strict lease's end")
        assert _open(hall, BEST_EFFORT)
        if way is Way.BOTH:
            _refused(hall, sessions[STRICT], Code.GATEWAY_UNREACHABLE)
    until(lambda: _settled(hall, sessions), seconds=BACK_S, what="the confirmation of what stands")
    assert _desktop(sessions[BEST_EFFORT]) == desktop


def test_a_stop_during_a_partition(hall: Hall, sessions: list[Stick]) -> None:
    """A stop that the gateway cannot hear is `stopping`; the kernel ends the lease at its TTL; the receipt follows."""
    with partition(hall.gateway.machine, Way.GATEWAY_DEAF):
        assert hall.console.suspend("sticks", sessions[STRICT].id)["state"] == "stopping"
        until(lambda: not _open(hall, STRICT), seconds=TTL_S, what="the kernel's own end, a TTL after the last word")
        until(lambda: not _desktop(sessions[STRICT]), seconds=BACK_S, what="the end of the desktop")
    until(lambda: _receipts(hall, sessions[STRICT]), seconds=BACK_S, what="the receipt")
    hall.console.resume("sticks", sessions[STRICT].id)


def test_the_server_is_away(hall: Hall, sessions: list[Stick]) -> None:
    """With the whole server killed strict ends, best effort outlives it by its grace, and nobody signs in."""
    desktop = _desktop(sessions[BEST_EFFORT])
    sessions[BEST_EFFORT].events.clear()
    names = ("api", "hub", "keyd", "worker", "front")
    for name in names:
        hall.server.kill(name)
    assert sessions[BEST_EFFORT].wait_for("grace").code == ""
    until(lambda: not _open(hall, STRICT), seconds=TTL_S + SLACK_S, what="the strict lease's end")
    assert _open(hall, BEST_EFFORT)
    assert _desktop(sessions[BEST_EFFORT]) == desktop
    _refused(hall, sessions[STRICT], Code.SERVER_UNREACHABLE)
    until(lambda: not _open(hall, BEST_EFFORT), seconds=TTL_S + GRACE_S + SLACK_S, what="the end of the grace")
    hall.server.start()


def _open(hall: Hall, number: int) -> bool:
    """Say whether the kernel lets this worker's packets through."""
    return f" {hall.workers[number].address} " in hall.gateway.elements()


def _settled(hall: Hall, sessions: list[Stick]) -> bool:
    """Say whether everybody who still has a desktop may use it."""
    return all(_open(hall, number) or not _desktop(stick) for number, stick in enumerate(sessions))


def _desktop(stick: Stick) -> str:
    """Return the process id of FreeRDP: the same one means the same desktop."""
    assert stick.agent is not None
    own = ["--ns", str(stick.agent.pid), "--nslist", "uts"]  # the lab's machines share one process table
    return stick.machine.run(["pgrep", "-x", "xfreerdp3", *own], check=False).stdout


def _refused(hall: Hall, stick: Stick, code: Code) -> None:
    """End the stick's session, and see a new sign-in refused with this code."""
    stick.ask("end")
    until(lambda: not _desktop(stick), seconds=BACK_S, what="the end of the desktop")
    stick.wait_ready()
    hall.sign_in(stick, hall.workers[STRICT])
    assert stick.wait_refused().code == code
    stick.wait_ready()


def _set_grace(hall: Hall, grace_ms: int) -> None:
    """Give the organisation's profile another grace, for the next session."""
    with closing(sqlite3.connect(hall.server.sqlite)) as database, database:
        database.execute("UPDATE directory_profile SET settings = json_set(settings, '$.grace_ms', ?)", (grace_ms,))


def _receipts(hall: Hall, stick: Stick) -> bool:
    """Say whether every lease that this stick had has its receipt."""
    query = (
        "SELECT count(*) FROM access_lease AS lease JOIN access_session AS session ON session.id = lease.session_id"
        " WHERE session.stick_id = ? AND session.reason = 'suspended' AND lease.removed_ms IS NULL"
    )
    with closing(sqlite3.connect(f"file:{hall.server.sqlite}?mode=ro", uri=True)) as database:
        return bool(database.execute(query, (stick.id,)).fetchone()[0] == 0)
