"""Each process killed and started again under a running session, at a lease time of a few seconds."""

import random
from collections.abc import Iterator
from typing import Final

import pytest

from hanare_lab.installation.hall import Hall
from hanare_lab.installation.stick import Stick
from hanare_lab.office_pc import RDP_PORT
from hanare_lab.wait import until
from tests.stories.lease_watch import Watch, answers, elements, wait_renewed

pytestmark = [pytest.mark.lab, pytest.mark.story]

TTL_MS: Final = 12_000
"""Longer than a hub needs to start and a gateway to find it, on a busy machine."""
RENEWED_S: Final = 30.0
"""A hub or agent that starts on a busy machine, and the first beat after that."""

STARTED_S: Final = 20.0
STOPPED_S: Final = 30.0
"""The gateway has stopped it already; a stick hears of it when its channel is back: five seconds and a try."""

PROCESSES: Final = ("api", "hub", "keyd", "worker", "front", "gateway agent", "stick agent")
SHUFFLED: Final = random.Random(2).sample(PROCESSES, len(PROCESSES))  # noqa: S311  # the same order on every machine


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """One hall with one office PC, whose leases are short."""
    with Hall(ttl_ms=TTL_MS, log_dir=tmp_path_factory.mktemp("logs")) as made:
        yield made.open()


@pytest.fixture(scope="module")
def plugged_in(hall: Hall) -> Stick:
    """Plug in the hall's one stick and have its user choose a PIN."""
    stick = hall.add_stick()
    stick.start()
    hall.set_first_pin(stick, hall.workers[0])
    stick.wait_ready()
    return stick


@pytest.fixture
def stick(hall: Hall, plugged_in: Stick) -> Stick:
    """Sign in until the desktop runs."""
    hall.sign_in(plugged_in, hall.workers[0])
    assert plugged_in.wait_for("desktop-started").code == ""
    until(lambda: plugged_in.running("xfreerdp3"), seconds=STARTED_S, what="FreeRDP in its cage")
    return plugged_in


@pytest.mark.parametrize("name", PROCESSES)
def test_a_killed_process_is_felt_by_no_desktop(hall: Hall, stick: Stick, name: str) -> None:
    """A process killed and started again costs the desktop nothing, renewals go on, and a stop works at once."""
    desktop = _desktop(stick)
    with Watch(hall.gateway) as watch:
        _kill_and_start(hall, stick, name)
        wait_renewed(hall.gateway, seconds=RENEWED_S)
    assert (watch.missing, _desktop(stick)) == (0, desktop)
    assert watch.seen
    _stop_and_let_go(hall, stick)


def test_all_killed_one_after_another(hall: Hall, stick: Stick) -> None:
    """One session outlives the kill of every process in a shuffled order, and still can be stopped at once."""
    desktop = _desktop(stick)
    with Watch(hall.gateway) as watch:
        for name in SHUFFLED:
            _kill_and_start(hall, stick, name)
            wait_renewed(hall.gateway, seconds=RENEWED_S)
    assert (watch.missing, _desktop(stick)) == (0, desktop)
    _stop_and_let_go(hall, stick)


def _kill_and_start(hall: Hall, stick: Stick, name: str) -> None:
    """Kill -9 one process, see that packets pass without it, and start it again."""
    if name == "gateway agent":
        hall.gateway.processes["agent"].kill()
        _assert_packets_pass(hall, stick)
        hall.gateway.start_agent()
    elif name == "stick agent":
        assert stick.agent is not None
        stick.agent.kill()
        _assert_packets_pass(hall, stick)
        stick.start_agent()
        stick.ask("status")
        assert stick.wait_for("session").code == ""
    else:
        hall.server.kill(name)
        _assert_packets_pass(hall, stick)
        hall.server.start_one(name)


def _assert_packets_pass(hall: Hall, stick: Stick) -> None:
    before = elements(hall.gateway)[0]
    assert answers(stick, hall.workers[0].address, RDP_PORT)
    after = elements(hall.gateway)[0]
    renewed = after.expires_ms > before.expires_ms  # which begins a new count
    assert after.packets > (0 if renewed else before.packets)


def _desktop(stick: Stick) -> str:
    """Return the process id of FreeRDP: the same one means the same desktop."""
    return stick.machine.run(["pgrep", "-x", "xfreerdp3"]).stdout


def _stop_and_let_go(hall: Hall, stick: Stick) -> None:
    """Suspend the stick, see that its session is gone, and make it ready for the next."""
    stick.events.clear()
    result = hall.console.suspend("sticks", stick.id)
    assert (result["state"], len(result["receipts"])) == ("stopped", 1)
    assert elements(hall.gateway) == []
    until(lambda: not stick.running("xfreerdp3"), seconds=STOPPED_S, what="the desktop's end")
    hall.console.resume("sticks", stick.id)
    stick.wait_ready()
