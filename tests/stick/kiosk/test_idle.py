"""The real kiosk locks and ends by idleness, whatever runs in the desktop's cage (R31)."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from hanare_lab.installation import checkout
from hanare_lab.installation.accounts import DESKTOP
from hanare_lab.kiosk import DESKTOP_SOCKET
from hanare_lab.wait import until
from hanare_stick.control_messages import Opened
from tests.stick.kiosk.look import asks
from tests.stick.kiosk.stage import Stage, step

pytestmark = pytest.mark.lab

LOCK_S: Final = 25
"""Longer than a busy machine takes between two keys of this test."""

END_S: Final = 35
SEEN_S: Final = 60.0
INHIBITOR: Final = f"""
import time
from pathlib import Path
from hanare_stick.kiosk.wayland import Connection
connection = Connection(Path("{DESKTOP_SOCKET}"))
compositor, manager = connection.bind("wl_compositor"), connection.bind("zwp_idle_inhibit_manager_v1")
surface, inhibitor = connection.new(), connection.new()
connection.send(compositor, 0, [surface])
connection.send(manager, 1, [inhibitor, surface])
connection.roundtrip()
Path("/tmp/inhibits").touch()
time.sleep(3600)
"""
"""What navigator.wakeLock comes to, by the hand of a program that has been broken."""


@pytest.fixture(name="stage")
def _stage(tmp_path: Path) -> Iterator[Stage]:
    with closing(Stage(tmp_path, (1280, 720), "ja")) as stage:
        yield stage


def test_no_program_keeps_the_screen_from_locking(stage: Stage, tmp_path: Path) -> None:
    """With an inhibitor in the cage: a key now and then keeps the screen open, none locks it and then ends it."""
    opened = Opened(user="企画課 太郎", office_pc="pc1", ends_in_ms=3_600_000, idle_lock_s=LOCK_S, idle_end_s=END_S)
    inhibits(stage)
    last = begun = time.monotonic()
    stage.kiosk.press("Down")
    stage.tell(stage.office(), step("ready"), opened, step("office-account-wanted"), step("session"))
    while last - begun < 1.5 * LOCK_S:
        last = time.monotonic()
        stage.kiosk.press("Down")
        assert stage.hand.heard("lock") is None
    until(lambda: stage.hand.heard("lock"), seconds=SEEN_S, what="the lock", process=stage.kiosk.process)
    assert time.monotonic() - last >= LOCK_S
    page = tmp_path / "lock.png"
    until(lambda: asks(stage.kiosk.picture(page).path), seconds=SEEN_S, what="the lock's page")
    until(lambda: stage.hand.heard("end"), seconds=SEEN_S, what="the end", process=stage.kiosk.process)
    assert (stage.hand.heard("end") or {}).get("idle") is True
    assert time.monotonic() - last >= END_S


def inhibits(stage: Stage) -> None:
    """Have the desktop's user hold off the compositor's own idleness for the rest of the test."""
    environment = {"PYTHONPATH": checkout.python_path("core", "stick")}
    program = stage.machine.start("inhibitor", ["python3", "-c", INHIBITOR], user=DESKTOP, env=environment)
    until((stage.machine.root / "tmp/inhibits").exists, seconds=SEEN_S, what="the inhibitor", process=program)
