"""F51, F53, F54: gateway and hub or server do not hear each other, or are killed; ends, stops and sign-ins meanwhile.

Whoever is refused reads the catalogue's own sentence, in both languages. One hall serves both kinds
of lease: the first worker's is strict, the second's best effort with a short grace.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Final

import pytest

from hanare_core.problems import Code
from hanare_core.sentences import LANGUAGES, sentence
from hanare_lab.installation.hall import HELP_DESK, Hall
from hanare_lab.installation.stick import Stick
from hanare_lab.wait import until
from tests.stories.partition import Between, Way, partition

pytestmark = [pytest.mark.lab, pytest.mark.story]

TTL_S: Final = 6.0
GRACE_S: Final = 9.0
SLACK_S: Final = 2.0
"""A look of ours at what the kernel has ended by itself."""

BACK_S: Final = 60.0
"""Wide: the agent's ping finds a dead channel in ten seconds, and it comes back within a retry."""

STRICT, BEST_EFFORT = 0, 1

CUTS: Final = [
    (Between.HUB, Way.GATEWAY_DEAF),
    (Between.HUB, Way.BOTH),
    pytest.param(Between.HUB, Way.HUB_DEAF, marks=pytest.mark.soak),
    *(pytest.param(Between.SERVER, way, marks=pytest.mark.soak) for way in Way),
]
"""One way and both at every change; a server that is cut off is much like one that is killed, below."""

REFUSED_AS: Final = {Between.HUB: Code.GATEWAY_UNREACHABLE, Between.SERVER: Code.SERVER_UNREACHABLE}


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
        # The gateway may find its channel dead, and come by another, only after the cut: one tries again, as people do.
        until(lambda number=number: _works(hall, number), seconds=BACK_S, what="a session")
        assert _open(hall, number)
    return sticks


@pytest.mark.parametrize(("between", "way"), CUTS)
def test_a_partition(hall: Hall, sessions: list[Stick], between: Between, way: Way) -> None:
    """The strict lease ends at its TTL, the other lives on, nobody signs in; what heals comes back without flapping."""
    assert all(_open(hall, number) for number in (STRICT, BEST_EFFORT))
    desktop = _desktop(sessions[BEST_EFFORT])
    with partition(hall.gateway.machine, way, between):
        until(lambda: not _open(hall, STRICT), seconds=TTL_S + SLACK_S, what="the strict lease's end")
        assert _open(hall, BEST_EFFORT)
        _refused(hall, sessions[STRICT], REFUSED_AS[between])
    until(lambda: _settled(hall, sessions), seconds=BACK_S, what="the confirmation of what stands")
    assert _desktop(sessions[BEST_EFFORT]) in {"", desktop}


@pytest.mark.soak
@pytest.mark.parametrize("way", list(Way))
@pytest.mark.parametrize("between", list(Between))
def test_a_partition_longer_than_the_grace(hall: Hall, sessions: list[Stick], between: Between, way: Way) -> None:
    """Best effort outlives the strict lease and ends at TTL + grace; its person too is refused, and all heals."""
    with partition(hall.gateway.machine, way, between):
        until(lambda: not _open(hall, STRICT), seconds=TTL_S + SLACK_S, what="the strict lease's end")
        assert _open(hall, BEST_EFFORT)
        until(lambda: not _open(hall, BEST_EFFORT), seconds=GRACE_S + SLACK_S, what="the end of the grace")
        _refused(hall, sessions[BEST_EFFORT], REFUSED_AS[between])
    until(lambda: _settled(hall, sessions), seconds=BACK_S, what="the confirmation of what stands")


def test_a_stop_during_a_partition(hall: Hall, sessions: list[Stick]) -> None:
    """A stop that the gateway cannot hear is `stopping`; the kernel ends the lease at its TTL; the receipt follows."""
    with partition(hall.gateway.machine, Way.GATEWAY_DEAF):
        assert hall.console.suspend("sticks", sessions[STRICT].id)["state"] == "stopping"
        until(lambda: not _open(hall, STRICT), seconds=TTL_S, what="the kernel's own end, a TTL after the last word")
        until(lambda: not _desktop(sessions[STRICT]), seconds=BACK_S, what="the end of the desktop")
    until(lambda: _receipts(hall, sessions[STRICT]), seconds=BACK_S, what="the receipt")
    hall.console.resume("sticks", sessions[STRICT].id)


def test_the_hub_is_away(hall: Hall, sessions: list[Stick]) -> None:
    """With the hub alone killed nobody confirms: strict ends, best effort lives on, and no one signs in."""
    desktop = _desktop(sessions[BEST_EFFORT])
    hall.server.kill("hub")
    until(lambda: not _open(hall, STRICT), seconds=TTL_S + SLACK_S, what="the strict lease's end")
    assert _open(hall, BEST_EFFORT)
    _refused(hall, sessions[STRICT], Code.HUB_UNREACHABLE)
    hall.server.start_one("hub")
    until(lambda: _settled(hall, sessions), seconds=BACK_S, what="the confirmation of what stands")
    assert _desktop(sessions[BEST_EFFORT]) in {"", desktop}


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


def _works(hall: Hall, number: int) -> bool:
    """Sign in; return whether the desktop came. The only refusal is that no gateway is in touch just now."""
    stick = hall.sticks[number]
    stick.ask("status")
    stick.wait_ready()  # whatever the last session ended with may be told only now
    hall.sign_in(stick, hall.workers[number])
    code = stick.wait_for("desktop-started").code
    assert code in {"", Code.GATEWAY_UNREACHABLE}
    return code == ""


def _refused(hall: Hall, stick: Stick, code: Code) -> None:
    """End the stick's session, and see a new sign-in refused with this code and its sentences."""
    stick.ask("end")
    until(lambda: not _desktop(stick), seconds=BACK_S, what="the end of the desktop")
    stick.ask("status")  # it may have ended by itself before it was asked to
    stick.wait_ready()
    hall.sign_in(stick, hall.workers[hall.sticks.index(stick)])
    refused = stick.wait_refused()
    assert refused.code == code
    assert refused.said == {one: sentence(code, one, help_desk=HELP_DESK) for one in LANGUAGES}
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
