"""The office PC: a real desktop by RDP, which names its user and host."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from hanare_lab import addresses
from hanare_lab.city import City
from hanare_lab.office_pc import OfficePc
from hanare_lab.process import Process
from hanare_lab.screen import Picture, Screen
from hanare_lab.wait import until

pytestmark = pytest.mark.lab

SECONDS = 60.0
USER = "kikaku01"


def connect(screen: Screen, password: str, fingerprint: str) -> Process:
    """Open the office PC full screen, as a stick would; the password travels by standard input."""
    arguments = [
        f"/v:{addresses.pc_address(1)}",
        f"/u:{USER}",
        f"/p:{password}",
        "/sec:tls",
        f"/cert:deny,fingerprint:sha256:{fingerprint}",
        "/f",
        "-clipboard",
    ]
    command = ["xfreerdp3", "/args-from:stdin"]
    env = {**screen.env, "HOME": "/root"}
    return screen.machine.start("rdp", command, env=env, stdin="\n".join(arguments).encode())


def test_the_desktop_names_user_and_host(city: City, tmp_path: Path) -> None:
    """A user with the right password and pin sees a desktop that names user and host; another pin ends at once."""
    password = secrets.token_urlsafe()
    pc = OfficePc(city.pcs[0])
    pc.add_user(USER, password, department="企画課")
    pc.start()
    screen = Screen(city.pcs[1])
    empty = screen.picture(tmp_path / "empty.png")
    assert not empty.shows_something

    stranger = connect(screen, password, ":".join(["00"] * 32))
    assert stranger.wait(SECONDS) != 0
    assert not screen.picture(tmp_path / "stranger.png").shows_something

    client = connect(screen, password, pc.fingerprint)

    def desktop() -> Picture | None:
        picture = screen.picture(tmp_path / "desktop.png")
        return picture if picture.shows_something else None

    picture = until(desktop, seconds=SECONDS, what="the desktop", process=client)
    assert (picture.width, picture.height) == (1920, 1080)
    home = pc.machine.root / "home" / USER
    assert (home / ".wallpaper.ppm").stat().st_uid == home.stat().st_uid
    assert password not in client.log_text()
    client.close()
    screen.close()
    pc.stop()
    assert not pc.listening()
