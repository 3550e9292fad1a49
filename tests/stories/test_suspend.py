"""F01: a stick is lost; one request of the administrator ends its session and keeps it from signing in again."""

import contextlib
import sqlite3
from collections.abc import Iterator

import pytest

from hanare_core import sentences
from hanare_core.problems import Code
from hanare_lab.installation.console import Console
from hanare_lab.installation.hall import ADMINISTRATOR, Hall
from hanare_lab.installation.stick import Stick
from hanare_lab.wait import until

pytestmark = [pytest.mark.lab, pytest.mark.story]

GONE_S = 2.0
"""Wide bound; the bench measures it: some 30 ms."""


@pytest.fixture(scope="module")
def stick(hall: Hall) -> Stick:
    """Plug in a stick whose user has a PIN."""
    made = hall.add_stick()
    made.start()
    hall.set_first_pin(made, hall.workers[0])
    made.wait_ready()
    return made


@pytest.fixture
def console(hall: Hall) -> Iterator[Console]:
    """Sign the administrator in."""
    with Console(hall.server.console_socket, ADMINISTRATOR, hall.password) as signed_in:
        yield signed_in


def open_session(hall: Hall, stick: Stick) -> str:
    """Sign in until the desktop runs; return the session's id."""
    hall.sign_in(stick, hall.workers[0])
    event = stick.wait_for("desktop-started")
    assert event.code == ""
    until(lambda: stick.running("xfreerdp3"), seconds=5, what="FreeRDP")
    stick.events.clear()
    return event.detail


def audit_rows(hall: Hall, thing: str) -> list[tuple[str, int, str]]:
    """Return who, when and what of the stops and resumptions of one thing."""
    query = "SELECT actor_kind, time_ms, act FROM audit_auditrow WHERE object = ? AND act IN ('suspended', 'resumed')"
    with contextlib.closing(sqlite3.connect(f"file:{hall.server.sqlite}?mode=ro", uri=True)) as database:
        return database.execute(f"{query} ORDER BY number", (thing,)).fetchall()


def desktop_gone(stick: Stick) -> None:
    until(lambda: not stick.running("xfreerdp3"), seconds=GONE_S, what="the end of the desktop")


def test_a_suspended_stick_is_out_until_it_is_resumed(hall: Hall, stick: Stick, console: Console) -> None:
    """One request ends the desktop with a receipt; the stick says why and is refused; resuming heals it."""
    open_session(hall, stick)
    result = console.suspend("sticks", stick.id)
    desktop_gone(stick)
    assert result["state"] == "stopped"
    assert all(receipt["last_packet_ms"] <= receipt["removed_ms"] for receipt in result["receipts"])
    assert result["receipts"][0]["packets"] > 0
    assert "expires" not in hall.gateway.elements()
    assert stick.wait_refused().code == Code.SUSPENDED
    stick.wait_ready()

    hall.sign_in(stick, hall.workers[0])
    assert stick.wait_refused().code == Code.SUSPENDED
    assert all(sentences.sentence(Code.SUSPENDED, language).title for language in ("ja", "en"))
    stick.wait_ready()

    console.resume("sticks", stick.id)
    open_session(hall, stick)
    stick.ask("end")
    stick.wait_refused()
    stick.wait_ready()

    rows = audit_rows(hall, stick.id)
    assert [act for _, _, act in rows] == ["suspended", "resumed"]
    assert all(kind == "administrator" and time_ms >= result["committed_ms"] - 1000 for kind, time_ms, _ in rows)
    assert ADMINISTRATOR in console.page("/console/audit")


@pytest.mark.parametrize(("things", "code"), [("users", Code.USER_SUSPENDED), ("sessions", Code.SESSION_SUSPENDED)])
def test_a_user_or_one_session_is_stopped_alike(
    hall: Hall, stick: Stick, console: Console, things: str, code: Code
) -> None:
    """Stopping the user or the session ends the desktop and says which of them it was."""
    session = open_session(hall, stick)
    identifier = {"users": hall.workers[0].id, "sessions": session}[things]
    assert console.suspend(things, identifier)["state"] == "stopped"
    desktop_gone(stick)
    assert stick.wait_refused().code == code
    stick.wait_ready()
    if things == "users":
        hall.sign_in(stick, hall.workers[0])
        assert stick.wait_refused().code == code
        stick.wait_ready()
        console.resume(things, identifier)
    open_session(hall, stick)
    stick.ask("end")
    stick.wait_refused()
    stick.wait_ready()
