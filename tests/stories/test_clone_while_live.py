"""F05: a byte copy of a stick is used at another home while the original's session is open."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from ipaddress import ip_address
from pathlib import Path

import pytest

from hanare_core.problems import Code
from hanare_lab import addresses
from hanare_lab.installation.hall import Hall, Worker
from hanare_lab.installation.stick import DEVICE, Event, Stick
from hanare_lab.wait import until

pytestmark = [pytest.mark.lab, pytest.mark.story]

OUT = {Code.STICK_QUARANTINED, Code.SERVER_UNREACHABLE}
"""The door answers the one that spoke last, so the other may have to say it twice; neither is let in."""

TRIES = 4
"""The door answers the one that spoke last, so a sign-in beside the other one may have to be typed again."""

GONE_S = 30.0
"""Wide bound: the original's door may have to shake hands again, because its copy answers in its place."""


def copy_of(hall: Hall, stick: Stick, folder: Path) -> Stick:
    """Copy the stick byte by byte, and plug the copy in at the other home."""
    shutil.copytree(stick.machine.root / DEVICE.lstrip("/"), folder)
    clone = Stick(hall.city.homes[1], folder, number=2)
    hall.sticks.append(clone)
    return clone


def ask_server(hall: Hall, query: str) -> list[str]:
    """Return the first column of what the server's database answers."""
    with closing(sqlite3.connect(f"file:{hall.server.sqlite}?mode=ro", uri=True)) as database:
        return [row[0] for row in database.execute(query)]


def home_of(address: str) -> int:
    """Return the number of the home at whose line the address is."""
    where = ip_address(address)
    lines = (addresses.home_line, addresses.home_line6, addresses.home_lan6)
    return next(number for number in (1, 2) for line in lines if where in line(number))


def leave(stick: Stick) -> None:
    """End what is on the screen: a stick whose door its copy answers for hears of no stop."""
    stick.ask("end")
    stick.wait_ready(seconds=GONE_S)
    until(lambda: not stick.running("xfreerdp3"), seconds=GONE_S, what="the end of the desktop")


@contextmanager
def silent(hall: Hall, number: int) -> Iterator[None]:
    """Cut a home's line: which line is told is then no matter of who of the two sent the last packet."""
    home = hall.city.homes[number - 1]
    home.cut()
    try:
        yield
    finally:
        home.mend()


def heard(hall: Hall, stick: Stick, worker: Worker) -> Event:
    """Sign in until the server is heard, and return what came of it."""
    for _ in range(TRIES):
        hall.sign_in(stick, worker)
        event = stick.wait_for("desktop-started", seconds=GONE_S)
        if event.code != Code.SERVER_UNREACHABLE:
            return event
        stick.wait_ready(seconds=GONE_S)
    return event


def test_copy_and_original_end_each_other(hall: Hall, tmp_path: Path) -> None:
    """The copy's sign-in ends the original's session at the gateway; the original's next one ends both for good."""
    worker, stick = hall.workers[0], hall.add_stick()
    stick.start()
    hall.set_first_pin(stick, worker)
    stick.wait_ready()
    hall.sign_in(stick, worker)
    first = stick.wait_for("desktop-started")
    assert first.code == ""

    clone = copy_of(hall, stick, tmp_path / "copy")
    clone.start()
    clone.wait_ready(seconds=GONE_S)  # its door may need a second try while the original holds it
    with silent(hall, 1):
        second = heard(hall, clone, worker)
    assert second.code == ""
    ends = ask_server(hall, "SELECT DISTINCT reason FROM access_session WHERE state = 'ended'")
    assert ends == [Code.SIGNED_IN_AGAIN]
    assert first.detail != second.detail
    assert ask_server(hall, "SELECT id FROM access_session WHERE state = 'open'") == [second.detail]

    leave(stick)
    with silent(hall, 2):
        assert heard(hall, stick, worker).code == Code.STICK_QUARANTINED
    until(lambda: "expires" not in hall.gateway.elements(), seconds=GONE_S, what="the end of the copy's packets")
    (row,) = ask_server(hall, "SELECT detail FROM audit_auditrow WHERE act = 'quarantined'")
    told = json.loads(row)
    assert [home_of(told[key]) for key in ("shown_line", "expected_line")] == [1, 2]
    stick.wait_ready(seconds=GONE_S)
    leave(clone)
    for either in (clone, stick):
        hall.sign_in(either, worker)
        assert either.wait_refused(seconds=GONE_S).code in OUT
        either.wait_ready(seconds=GONE_S)
