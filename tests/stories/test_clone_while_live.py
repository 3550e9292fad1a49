"""F05: a byte copy of a stick is used at another home while the original's session is open."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hanare_core.problems import Code
from hanare_lab.installation.hall import Hall
from hanare_lab.installation.stick import DEVICE, Stick
from hanare_lab.wait import until

pytestmark = [pytest.mark.lab, pytest.mark.story]

GONE_S = 30.0
"""Wide bound: the original's door may have to shake hands again, because its copy answers in its place."""


def copy_of(hall: Hall, stick: Stick, folder: Path) -> Stick:
    """Copy the stick byte by byte, and plug the copy in at the other home."""
    shutil.copytree(stick.machine.root / DEVICE.lstrip("/"), folder)
    clone = Stick(hall.city.homes[1], folder, number=2)
    hall.sticks.append(clone)
    return clone


def quarantines(hall: Hall) -> list[str]:
    """Return what the log says of quarantines."""
    query = "SELECT detail FROM audit_auditrow WHERE act = 'quarantined'"
    with closing(sqlite3.connect(f"file:{hall.server.sqlite}?mode=ro", uri=True)) as database:
        return [row[0] for row in database.execute(query)]


def test_copy_and_original_end_each_other(hall: Hall, tmp_path: Path) -> None:
    """The copy's sign-in ends the original's desktop; the original's next one is stale, and both are out."""
    worker, stick = hall.workers[0], hall.add_stick()
    stick.start()
    hall.set_first_pin(stick, worker)
    stick.wait_ready()
    hall.sign_in(stick, worker)
    assert stick.wait_for("desktop-started").code == ""
    until(lambda: stick.running("sdl-freerdp3"), seconds=5, what="FreeRDP")

    clone = copy_of(hall, stick, tmp_path / "copy")
    clone.start()
    hall.sign_in(clone, worker)
    assert clone.wait_for("desktop-started").code == ""
    until(lambda: not stick.running("sdl-freerdp3"), seconds=GONE_S, what="the end of the original's desktop")
    stick.wait_ready(seconds=GONE_S)

    hall.sign_in(stick, worker)
    assert stick.wait_refused(seconds=GONE_S).code == Code.STICK_QUARANTINED
    until(lambda: not clone.running("sdl-freerdp3"), seconds=GONE_S, what="the end of the copy's desktop")
    clone.wait_ready(seconds=GONE_S)
    assert "expires" not in hall.gateway.elements()
    assert len(quarantines(hall)) == 1
    for either in (stick, clone):
        hall.sign_in(either, worker)
        assert either.wait_refused(seconds=GONE_S).code == Code.STICK_QUARANTINED
        either.wait_ready(seconds=GONE_S)
