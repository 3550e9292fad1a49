"""F50, F51, F57: two gateways serve at once; one is drained, loses the server, dies in a session, and comes back.

The tests follow each other in one hall and take what the earlier ones left: a session each at another gateway.
"""

import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Final

import pytest

from hanare_lab.installation.console import Console
from hanare_lab.installation.gateway import Gateway
from hanare_lab.installation.hall import Hall
from hanare_lab.installation.stick import Stick
from hanare_lab.wait import until
from tests.stories.partition import Way, partition

pytestmark = [pytest.mark.lab, pytest.mark.story]

BACK_S: Final = 10.0
"""What a dead gateway may cost; the bench measures it."""

BUSY_S: Final = 30.0
"""Allowed beyond it where other tests burn the same cores."""

TTL_S: Final = 90.0
"""A lease stands longer than a busy machine takes to leave a gateway that has lost the server."""

IN_TOUCH_S: Final = 15.0
"""Until the hub says that a gateway is away, and a stick has gone."""

GONE_S: Final = 60.0
"""The packets stop at once; the screen hears of it when its channel is back, seconds after its door has moved."""


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """One hall with two gateways, two workers and two homes."""
    homes = ("192.168.1.0/24", "192.168.2.0/24")
    logs = tmp_path_factory.mktemp("logs")
    with Hall(pcs=2, homes=homes, gateways=2, ttl_ms=int(TTL_S * 1000), log_dir=logs) as made:
        made.open().wait_in_touch()
        yield made


@pytest.fixture(scope="module")
def console(hall: Hall) -> Console:
    """Give the administrator's browser."""
    return hall.console


@pytest.fixture(scope="module")
def sticks(hall: Hall) -> list[Stick]:
    """Plug two sticks in; their users have PINs."""
    for number, worker in enumerate(hall.workers):
        stick = hall.add_stick(home=number)
        stick.start()
        hall.set_first_pin(stick, worker)
        stick.wait_ready()
    return hall.sticks


def test_both_serve_at_once(hall: Hall, sticks: list[Stick], console: Console) -> None:
    """The first worker's gateway is drained: the second is placed at the other one, and both know both sessions."""
    _sign_in(hall, 0)
    first = _gateway_of(hall, 0)
    console.act(f"/console/directory/gateways/{first.id}/drain")
    _sign_in(hall, 1)
    second = _gateway_of(hall, 1)
    console.act(f"/console/directory/gateways/{first.id}/undrain")
    assert {first.id, second.id} == {"gateway-1", "gateway-2"}
    assert _elements(hall, first) == [0]  # while it was drained nobody came, not even as a second path
    assert _elements(hall, second) == [0, 1]
    assert all(stick.running("xfreerdp3") for stick in sticks)


def test_a_gateway_that_lost_the_server_is_left(hall: Hall, sticks: list[Stick], console: Console) -> None:
    """Its tunnel works, but its leases end: the desktop goes to the other gateway first, and nobody else notices."""
    left, kept = _gateway_of(hall, 0), _gateway_of(hall, 1)
    undisturbed = _connections(sticks[1])
    with partition(left.machine, Way.BOTH):
        until(lambda: _serves(hall, 0) == [kept], seconds=IN_TOUCH_S + BUSY_S, what="the desktop at the other gateway")
        assert 0 in _elements(hall, left)  # its lease had not ended yet
    assert _connections(sticks[1]) == undisturbed
    until(lambda: console.gateways_in_touch() == 2, seconds=TTL_S, what="the gateway that is back")


def test_a_stop_reaches_both(hall: Hall, sticks: list[Stick], console: Console) -> None:
    """Suspending a stick whose session has moved takes its lease out of both gateways, with a receipt from each."""
    told = console.suspend("sticks", sticks[0].id)
    assert told["state"] == "stopped"
    assert {receipt["gateway"] for receipt in told["receipts"]} == {"gateway-1", "gateway-2"}
    assert not any(0 in _elements(hall, gateway) for gateway in hall.gateways)
    until(lambda: not sticks[0].running("xfreerdp3"), seconds=GONE_S, what="the end of the desktop")
    console.resume("sticks", sticks[0].id)
    sticks[0].wait_ready()


def test_a_dead_gateway(hall: Hall, sticks: list[Stick], record_property: Callable[[str, object], None]) -> None:
    """Everything of a gateway is killed and its lines are down: the desktop is back by itself, in the same session."""
    _sign_in(hall, 0)
    dead = _gateway_of(hall, 0)
    other = next(gateway for gateway in hall.gateways if gateway is not dead)
    sticks[0].events.clear()
    sessions = _open_sessions(hall)
    dead.kill()
    died = time.monotonic()
    until(
        lambda: _serves(hall, 0) == [other],
        seconds=BACK_S + BUSY_S,
        what="the desktop at the other gateway",
        process=sticks[0].agent,
    )
    record_property("back_s", time.monotonic() - died)
    assert _open_sessions(hall) == sessions
    sticks[0].listen()
    assert {(event.step, event.code) for event in sticks[0].events} <= {("line", "")}
    assert sticks[0].running("xfreerdp3")


def test_a_stop_with_a_dead_gateway(hall: Hall, sticks: list[Stick], console: Console) -> None:
    """The living gateway gives its receipt; the dead one is waited for, and when it is back it lets nothing pass."""
    (living,) = _serves(hall, 0)
    dead = next(gateway for gateway in hall.gateways if gateway is not living)
    told = console.suspend("sticks", sticks[0].id)
    assert told["state"] == "stopping"
    assert [receipt["gateway"] for receipt in told["receipts"]] == [living.id]
    assert 0 not in _elements(hall, living)
    until(lambda: not sticks[0].running("xfreerdp3"), seconds=GONE_S, what="the end of the desktop")
    dead.revive()
    until(dead.has_ruleset, seconds=BUSY_S, what="the ruleset of the gateway that is back")
    until(lambda: 1 in _elements(hall, dead), seconds=TTL_S, what="the snapshot, which has the other worker's lease")
    assert 0 not in _elements(hall, dead)
    console.resume("sticks", sticks[0].id)


def test_a_stop_while_the_session_moves(hall: Hall, sticks: list[Stick], console: Console) -> None:
    """A gateway dies and the stick is suspended before it has moved: the desktop never comes back."""
    sticks[0].wait_ready()
    _sign_in(hall, 0)
    dead = _gateway_of(hall, 0)
    other = next(gateway for gateway in hall.gateways if gateway is not dead)
    dead.kill()
    assert console.suspend("sticks", sticks[0].id)["state"] == "stopping"
    assert 0 not in _elements(hall, other)
    until(lambda: not sticks[0].running("xfreerdp3"), seconds=BACK_S + BUSY_S, what="the stop at the new door")
    assert not _serves(hall, 0)


def _sign_in(hall: Hall, number: int) -> None:
    hall.sign_in(hall.sticks[number], hall.workers[number])
    assert hall.sticks[number].wait_for("desktop-started").code == ""


def _gateway_of(hall: Hall, number: int) -> Gateway:
    (gateway,) = until(lambda: _serves(hall, number), seconds=BUSY_S, what="the desktop")
    return gateway


def _serves(hall: Hall, number: int) -> list[Gateway]:
    """Return the gateways by which the worker's desktop comes: by the pool of its address on the stick."""
    pools = {int(found) // 64 for found in re.findall(r"100\.64\.(\d+)\.", _connections(hall.sticks[number]))}
    return [gateway for gateway in hall.gateways if gateway.number - 1 in pools]


def _connections(stick: Stick) -> str:
    """Return the session's established connections: local and foreign address."""
    inside = ["nsenter", "--net=/run/netns/hanare-session", "ss", "-tnH", "state", "established"]
    return "\n".join(re.findall(r"\S+:\d+ +\S+:3389", stick.machine.run(inside, check=False).stdout))


def _elements(hall: Hall, gateway: Gateway) -> list[int]:
    """Return whose packets the gateway's kernel lets through, by the workers' numbers."""
    text = gateway.elements()
    return [number for number, worker in enumerate(hall.workers) if f" {worker.address} " in text]


def _open_sessions(hall: Hall) -> list[str]:
    with closing(sqlite3.connect(f"file:{hall.server.sqlite}?mode=ro", uri=True)) as database:
        found = database.execute("SELECT id FROM access_session WHERE state = 'open' ORDER BY id")
        return [row[0] for row in found.fetchall()]
