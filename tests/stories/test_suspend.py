"""F01: a stick is lost; one request of the administrator ends its session and keeps it from signing in again."""

import contextlib
import sqlite3
import time
from pathlib import Path

import dpkt
import pytest

from hanare_core import sentences
from hanare_core.problems import Code
from hanare_lab import addresses
from hanare_lab.capture import Capture, Packet
from hanare_lab.installation.console import Console
from hanare_lab.installation.hall import ADMINISTRATOR, Hall
from hanare_lab.installation.stick import Stick
from hanare_lab.wait import until

pytestmark = [pytest.mark.lab, pytest.mark.story]

GONE_S = 20.0
"""Wide bound; the bench measures it: some 30 ms."""


@pytest.fixture(scope="module")
def stick(hall: Hall) -> Stick:
    """Plug in a stick whose user has a PIN."""
    made = hall.add_stick()
    made.start()
    hall.set_first_pin(made, hall.workers[0])
    made.wait_ready()
    return made


@pytest.fixture(scope="module")
def console(hall: Hall) -> Console:
    """Give the administrator's browser."""
    return hall.console


def open_session(hall: Hall, stick: Stick) -> str:
    """Sign in until the desktop runs; return the session's id."""
    hall.sign_in(stick, hall.workers[0])
    event = stick.wait_for("desktop-started")
    assert event.code == ""
    until(lambda: stick.running("xfreerdp3"), seconds=GONE_S, what="FreeRDP")
    stick.events.clear()
    return event.detail


def audit_rows(hall: Hall, thing: str) -> list[tuple[str, int, str]]:
    """Return who, when and what of the stops and resumptions of one thing."""
    query = (
        "SELECT administrator.name, row.time_ms, row.act FROM audit_auditrow AS row"
        " JOIN console_administrator AS administrator ON administrator.id = row.actor"
        " WHERE row.object = ? AND row.act IN ('suspended', 'resumed') ORDER BY row.number"
    )
    with contextlib.closing(sqlite3.connect(f"file:{hall.server.sqlite}?mode=ro", uri=True)) as database:
        return database.execute(query, (thing,)).fetchall()


def established(hall: Hall) -> str:
    """Return the RDP connections that the office PC holds."""
    return hall.city.pcs[0].run(["ss", "-tnH", "state", "established", "sport = :3389"]).stdout


def times_ns(packets: list[Packet], *, from_pc: bool, resets: bool = False) -> list[int]:
    """Return when the office PC, or the other end, sent something; the resets are the gateway's own."""
    chosen = [packet for packet in packets if (packet.source == addresses.pc_address(1)) == from_pc]
    return [packet.time_ns for packet in chosen if bool(packet.flags & dpkt.tcp.TH_RST) == resets]


def desktop_gone(stick: Stick) -> None:
    until(lambda: not stick.running("xfreerdp3"), seconds=GONE_S, what="the end of the desktop")


def test_a_suspended_stick_is_out_until_it_is_resumed(
    hall: Hall, stick: Stick, console: Console, tmp_path: Path
) -> None:
    """One request ends the desktop with a receipt; the stick says why and is refused; resuming heals it."""
    open_session(hall, stick)
    picture = tmp_path / "desktop.png"
    until(lambda: stick.screen.picture(picture).shows_something, seconds=20, what="the desktop")
    gateway = hall.city.gateway
    with Capture(gateway, "lan0", "tcp port 3389") as lan, Capture(gateway, "wg0", "tcp port 3389") as tunnel:
        asked_ms = time.time_ns() // 1_000_000
        result = console.suspend("sticks", stick.id)
        desktop_gone(stick)
        until(lambda: not established(hall), seconds=GONE_S, what="the reset of the office PC")
        lan_packets, tunnel_packets = lan.stop(), tunnel.stop()
    receipt = result["receipts"][0]
    # A receipt tells the server's time as the gateway estimates it, and the kernel counts its last packet in ticks.
    error_ms = receipt["clock_error_ms"] + receipt["tick_ms"]
    assert asked_ms <= result["committed_ms"] <= receipt["removed_ms"] + error_ms
    through_ns = max(times_ns(lan_packets, from_pc=False) + times_ns(tunnel_packets, from_pc=True), default=0)
    assert through_ns < times_ns(lan_packets, from_pc=False, resets=True)[0]
    assert through_ns <= (receipt["last_packet_ms"] + error_ms) * 1_000_000
    assert receipt["packets"] > 0
    assert result["state"] == "stopped"
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
    assert {name for name, _, _ in rows} == {ADMINISTRATOR}
    assert asked_ms <= rows[0][1] <= result["committed_ms"] <= rows[1][1] <= time.time_ns() // 1_000_000
    assert f'title="{stick.id}"' in console.page("/console/audit")


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
    acts = {"users": ["suspended", "resumed"], "sessions": ["suspended"]}[things]
    assert [(name, act) for name, _, act in audit_rows(hall, identifier)] == [(ADMINISTRATOR, act) for act in acts]
