"""The real kiosk on a real compositor, with the real agent and a real office desktop: typed in, looked at, killed."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from hanare_lab.wait import until
from tests.stick.conftest import DEVICE, USER, World
from tests.stick.kiosk.look import COVER, GO, asks, asks_again, share, shows_office
from tests.stick.office import PIN
from tests.stick.screen import ControlClient

pytestmark = pytest.mark.lab

SEEN_S: Final = 60.0
GONE_S: Final = 30.0
NEW_PIN: Final = "860417-x"


def seen(world: World, path: Path, condition: Callable[[Path], bool], what: str) -> Path:
    """Look at the screen until the condition holds."""

    def look() -> bool:
        return condition(world.kiosk.picture(path).path)

    until(look, seconds=SEEN_S, what=what, process=world.kiosk.process)
    return path


def covered(path: Path) -> bool:
    """Whether the kiosk's own ground is all around."""
    return share(path, (0, 60, 60, 660), COVER) > 0.7


def signed_in(world: World, path: Path) -> ControlClient:
    """Type everything that a worker types, with the keyboard alone, until the office desktop is seen."""
    world.office.give_pin()
    client = world.start_agent()
    world.kiosk.start()
    client.wait(step="ready")
    seen(world, path, asks, "the sign-in page")
    world.kiosk.type(USER)
    world.kiosk.press("Tab")
    world.kiosk.type(PIN)
    world.kiosk.press("Return")
    client.wait(step="office-account-wanted")
    seen(world, path, asks, "the office password's page")
    world.kiosk.type(world.password)
    world.kiosk.press("Return")
    client.wait(step="session")
    seen(world, path, shows_office, "the office desktop")
    return client


def test_a_worker_types_and_sees_the_own_desktop(kiosk_world: World, tmp_path: Path) -> None:
    """Name, PIN and office password by keyboard bring the office desktop beneath the bar; typed keys reach it."""
    world = kiosk_world
    signed_in(world, tmp_path / "desktop.png")
    reached = world.city.pcs[0].root / "tmp/reached"

    def typed() -> bool:
        world.kiosk.type("touch /tmp/reached")
        world.kiosk.press("Return")
        return reached.exists()

    world.kiosk.picture(tmp_path / "typed.png")
    until(typed, seconds=SEEN_S, what="the keys at the office PC")


def test_a_damaged_stick_says_so_on_its_screen(kiosk_world: World, tmp_path: Path) -> None:
    """Both slots of the keys are broken: the screen says in either language what to do, and offers no sign-in (R38)."""
    world = kiosk_world
    keys = world.home.root / DEVICE.lstrip("/") / "keys"
    area = bytearray(keys.read_bytes())
    for start in (0, len(area) // 2):
        area[start + 40] ^= 1
    keys.write_bytes(area)
    client = world.start_agent()
    world.kiosk.start()
    client.wait(code="stick-damaged")
    japanese = seen(world, tmp_path / "damaged-ja.png", _says, "the sentence")
    world.kiosk.press("Tab", modifiers=("shift",))
    world.kiosk.press("Return")

    def says_another(path: Path) -> bool:
        return _says(path) and path.read_bytes() != japanese.read_bytes()

    seen(world, tmp_path / "damaged-en.png", says_another, "the sentence in English")


def _says(path: Path) -> bool:
    """Whether the kiosk's ground stands, with a notice and the one button on it, and no field."""
    return covered(path) and not asks(path) and share(path, (200, 200, 1080, 600), GO) > 0.003


def test_a_killed_kiosk_takes_the_desktop_with_it(kiosk_world: World, tmp_path: Path) -> None:
    """Killed with -9 the kiosk leaves a dead compositor, no desktop and a locked session; the PIN brings all back."""
    world = kiosk_world
    client = signed_in(world, tmp_path / "desktop.png")
    os.kill(world.kiosk.kiosk_pid(), signal.SIGKILL)
    client.wait(step="locked")
    until(lambda: not world.programs("xfreerdp3"), seconds=GONE_S, what="the end of the desktop")
    until(lambda: not world.programs("labwc"), seconds=GONE_S, what="the end of the compositor")
    assert world.office.ended == []
    world.kiosk.start()
    seen(world, tmp_path / "lock.png", asks, "the lock screen")
    assert not world.programs("xfreerdp3")
    world.kiosk.type("000001")
    world.kiosk.press("Return")
    client.wait(code="sign-in-failed")
    seen(world, tmp_path / "refused.png", asks_again, "the refusal")
    assert not world.programs("xfreerdp3")
    world.kiosk.type(PIN)
    world.kiosk.press("Return")
    client.wait(step="session")
    seen(world, tmp_path / "again.png", shows_office, "the office desktop again")


def test_a_lock_covers_and_keeps_the_tunnel(kiosk_world: World, tmp_path: Path) -> None:
    """Ctrl+Alt+Home and the menu's lock cover the desktop, which runs on beneath; no key reaches it while covered."""
    world = kiosk_world
    client = signed_in(world, tmp_path / "desktop.png")
    desktop = world.programs("xfreerdp3")
    world.kiosk.press("Home", modifiers=("ctrl", "alt"))
    seen(world, tmp_path / "menu.png", covered, "the menu")
    world.kiosk.press("Tab", "Return")
    client.wait(step="locked")
    seen(world, tmp_path / "lock.png", asks, "the lock screen")
    world.kiosk.type("touch /tmp/leaked")
    world.kiosk.press("Return")
    client.wait(code="sign-in-failed")
    seen(world, tmp_path / "refused.png", asks_again, "the refusal")
    world.kiosk.type(PIN)
    world.kiosk.press("Return")
    client.wait(step="session")
    seen(world, tmp_path / "again.png", shows_office, "the office desktop again")
    assert world.programs("xfreerdp3") == desktop
    assert not (world.city.pcs[0].root / "tmp/leaked").exists()


def test_a_lock_made_while_the_agent_is_away_holds(kiosk_world: World, tmp_path: Path) -> None:
    """The agent is killed, the person locks, the agent takes the session over: it locks too, and the PIN uncovers."""
    world = kiosk_world
    signed_in(world, tmp_path / "desktop.png")
    desktop = world.programs("xfreerdp3")
    assert world.agent is not None
    world.agent.kill()
    world.kiosk.press("Home", modifiers=("ctrl", "alt"))
    seen(world, tmp_path / "menu.png", covered, "the menu")
    world.kiosk.press("Tab", "Return")
    client = world.start_agent()
    client.wait(step="locked")
    seen(world, tmp_path / "lock.png", asks, "the lock screen")
    assert world.programs("xfreerdp3") == desktop
    world.kiosk.type(PIN)
    world.kiosk.press("Return")
    client.wait(step="session")
    seen(world, tmp_path / "again.png", shows_office, "the office desktop again")


def test_the_pin_is_changed_from_the_menu_by_keyboard(kiosk_world: World, tmp_path: Path) -> None:
    """Menu, present PIN, new PIN twice: the desktop runs on beneath, and the new PIN is the one that holds."""
    world = kiosk_world
    client = signed_in(world, tmp_path / "desktop.png")
    desktop = world.programs("xfreerdp3")
    world.kiosk.press("Home", modifiers=("ctrl", "alt"))
    seen(world, tmp_path / "menu.png", covered, "the menu")
    world.kiosk.press("Tab", "Tab", "Return")
    seen(world, tmp_path / "form.png", asks, "the PIN's page")
    for typed, key in ((PIN, "Tab"), (NEW_PIN, "Tab"), (NEW_PIN, "Return")):
        world.kiosk.type(typed)
        world.kiosk.press(key)
    client.wait(step="pin-changed")
    seen(world, tmp_path / "changed.png", covered, "the menu again")
    assert world.programs("xfreerdp3") == desktop


def test_nothing_is_shown_without_a_kiosk(kiosk_world: World) -> None:
    """Without a kiosk on the screen an account starts no desktop, whoever asks."""
    world = kiosk_world
    world.office.give_pin()
    client = world.start_agent()
    client.wait(step="ready")
    world.sign_in(client)
    client.wait(step="first-packet")
    client.send(kind="status")
    client.wait(step="first-packet")
    assert not world.programs("xfreerdp3")
