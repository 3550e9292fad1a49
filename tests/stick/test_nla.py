"""A Windows-like office PC: the password is proven by NLA before anything is shown, and asked for again when wrong."""

from pathlib import Path
from typing import Final

import msgspec
import pytest

from hanare_lab.nla_pc import NlaPc
from hanare_lab.screen import Picture
from hanare_lab.wait import until
from tests.stick.conftest import USER, World
from tests.stick.office import PIN

pytestmark = pytest.mark.lab

PICTURE_S: Final = 60.0


@pytest.fixture
def windows(world: World) -> World:
    """Put a host with NLA in the place of the office PC."""
    world.pc.stop()
    host = NlaPc(world.city.pcs[0])
    host.add_user(USER, world.password)
    host.start()
    world.office.pc = msgspec.structs.replace(world.office.pc, kind="windows", fingerprint=host.fingerprint)
    world.office.give_pin()
    return world


def test_a_wrong_password_is_asked_for_again(windows: World, tmp_path: Path) -> None:
    """NLA refuses a wrong password with its own sentence; the session stays, and the right one shows the desktop."""
    client = windows.start_agent()
    client.wait(step="ready")
    client.send(kind="sign-in", user=USER, pin=PIN)
    client.wait(step="office-account-wanted")
    client.send(kind="office-account", user=USER, password="not the password")
    event = client.wait(code="desktop-password-wrong", seconds=30)
    assert event["ja"]["title"]
    client.wait(step="office-account-wanted")
    assert windows.office.ended == []
    client.send(kind="office-account", user=USER, password=windows.password)
    client.wait(step="session")

    def picture() -> Picture | None:
        seen = windows.screen.picture(tmp_path / "desktop.png")
        return seen if seen.colours > 1 else None

    until(picture, seconds=PICTURE_S, what="the NLA host's picture", process=windows.agent)
    assert windows.programs("xfreerdp3")
