"""Two monitors: what stands on which, that a late one gets all of it, and that no frame of a desktop is ever bare."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from hanare_lab.look import guarded
from hanare_lab.wait import until
from tests.stick.conftest import USER, World
from tests.stick.kiosk.desk import BOTH, SEEN_S, Desk, bare, kept, shows_desktop, shows_mark_alone, step
from tests.stick.kiosk.look import BAR_PIXELS, COVER, asks, share
from tests.stick.office import PIN

pytestmark = pytest.mark.lab

FAR_RIGHT = 1500
"""A place on the right one of two monitors."""
PLUGGED = 3


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Give a kiosk on two monitors."""
    with closing(Desk(tmp_path)) as made:
        yield made


def shaded(path: Path) -> bool:
    """Whether nothing is seen but the kiosk's own ground with a line on it."""
    return share(path, (0, 0, 1280, 720), COVER) > 0.97 and not asks(path)


def more(folder: Path, before: int) -> bool:
    """Whether more frames than these have been kept."""
    return len(kept(folder)) > before


def one_and_other(desk: Desk, label: str) -> tuple[str, str]:
    """Return the monitor that asks something, and the one that is shaded."""
    page, other = sorted(BOTH, key=lambda name: not asks(desk.look(name)))
    desk.sees(page, asks, "the page", label=label)
    desk.sees(other, shaded, "the shade", label=label)
    return page, other


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_page_stands_on_one_monitor_and_the_other_is_shaded(tmp_path: Path, language: str) -> None:
    """The sign-in and the lock stand on the same monitor; the other says so, and shows nothing of the office."""
    with closing(Desk(tmp_path, language)) as desk:
        desk.sign_in_page()
        until(lambda: any(asks(desk.look(name)) for name in BOTH), seconds=SEEN_S, what="the sign-in page")
        before = one_and_other(desk, "sign-in")
        desk.desktop(FAR_RIGHT)
        for name in BOTH:
            desk.sees(name, lambda path: shows_desktop(path) or shows_mark_alone(path), "bar and mark", label="desktop")
        desk.hand.tell(step("locked"))
        until(lambda: any(asks(desk.look(name)) for name in BOTH), seconds=SEEN_S, what="the lock screen")
        assert one_and_other(desk, "locked") == before


def test_a_monitor_that_is_plugged_in_later_never_shows_a_bare_desktop(desk: Desk) -> None:
    """Pulled out and plugged in again it gets its desktop back, by frames that all have the watermark."""
    desk.desktop(FAR_RIGHT)
    until(lambda: any(shows_desktop(desk.look(name)) for name in BOTH), seconds=SEEN_S, what="the desktop")
    home, other = sorted(BOTH, key=lambda name: not shows_desktop(desk.look(name)))
    frames = {name: desk.kiosk.watch(name) for name in BOTH}
    for number in range(PLUGGED):
        desk.kiosk.unplug(home)
        desk.sees(other, shows_desktop, "the desktop", label=f"pulled-{number}")
        before = len(kept(frames[home]))
        desk.kiosk.plug(home)
        desk.sees(home, shows_desktop, "the desktop", label=f"plugged-{number}")
        until(partial(more, frames[home], before), seconds=SEEN_S, what="frames of the plugged monitor")
    assert kept(frames[other])
    assert [path for folder in frames.values() for path in bare(folder)] == []


def test_a_late_monitor_is_shaded_while_locked_and_keys_still_reach_the_page(desk: Desk) -> None:
    """Plugged in before the PIN is typed it shows the shade; what is typed then is what the agent hears."""
    desk.desktop(0)
    desk.hand.tell(step("locked"))
    until(lambda: any(asks(desk.look(name)) for name in BOTH), seconds=SEEN_S, what="the lock screen")
    _, other = one_and_other(desk, "locked")
    desk.kiosk.unplug(other)
    desk.kiosk.type(PIN[:3])
    desk.kiosk.plug(other)
    desk.sees(other, shaded, "the shade", label="plugged")
    desk.kiosk.type(PIN[3:])
    desk.kiosk.press("Return")
    asked = until(lambda: desk.hand.heard("unlock"), seconds=SEEN_S, what="the unlock")
    assert asked["pin"] == PIN


def test_a_killed_kiosk_leaves_no_bare_desktop_on_either_monitor(desk: Desk) -> None:
    """Until the compositor is gone each frame of both monitors has the watermark, or shows nothing."""
    desk.desktop(FAR_RIGHT)
    until(lambda: any(shows_desktop(desk.look(name)) for name in BOTH), seconds=SEEN_S, what="the desktop")
    frames = [desk.kiosk.watch(name) for name in BOTH]
    until(lambda: all(map(kept, frames)), seconds=SEEN_S, what="frames of both")
    assert desk.kiosk.process is not None
    os.kill(desk.kiosk.kiosk_pid(), signal.SIGKILL)
    until(lambda: not desk.kiosk.process.alive, seconds=SEEN_S, what="the compositor's end")
    assert [path for folder in frames for path in bare(folder)] == []


def test_an_x_server_that_hangs_does_not_stop_the_kiosk(desk: Desk) -> None:
    """While monitors change the lock comes at once; the desktop gets one of them, and all when X answers again."""
    desk.desktop(0)
    until(lambda: area(desk) == len(BOTH), seconds=SEEN_S, what="the area of both")
    desk.signal_x("STOP")
    desk.kiosk.unplug(BOTH[1])
    desk.hand.tell(step("locked"))
    desk.sees(BOTH[0], asks, "the lock", label="held")
    desk.kiosk.plug(BOTH[1])
    until(lambda: area(desk) == 1, seconds=SEEN_S, what="the area of one")
    desk.signal_x("CONT")
    desk.kiosk.unplug(BOTH[1])
    desk.kiosk.plug(BOTH[1])
    until(lambda: area(desk) == len(BOTH), seconds=SEEN_S, what="the area of both again")


def area(desk: Desk) -> object:
    """Return over how many monitors the desktop is to lie."""
    return (desk.hand.heard("area") or {}).get("monitors")


def test_the_office_desktop_lies_over_both_monitors_and_follows_them(tmp_path: Path) -> None:
    """The office PC gets two monitors as large as the bars leave them; one is pulled out, and plugged in again."""
    with World(tmp_path, size=(1280, 720), monitors=2) as world:
        world.office.give_pin()
        client = world.start_agent()
        world.kiosk.start()
        client.wait(step="ready")
        world.sign_in(client)
        client.wait(step="session")
        until(lambda: office_monitors(world) == ["1280x680+0+0", "1280x680+1280+0"], seconds=SEEN_S, what="both")
        watched(world, tmp_path, BOTH, "both")
        world.kiosk.unplug(BOTH[0])
        until(lambda: office_monitors(world) == ["1280x680+0+0"], seconds=SEEN_S, what="the one that is left")
        watched(world, tmp_path, BOTH[1:], "one")
        world.kiosk.plug(BOTH[0])
        until(lambda: len(office_monitors(world)) == len(BOTH), seconds=SEEN_S, what="both again")
        watched(world, tmp_path, BOTH, "again")


def office_monitors(world: World) -> list[str]:
    """Return the monitors of the desktop at the office, as its own programs see them, from left to right."""
    listed = (
        world.city.pcs[0]
        .run(["su", USER, "-c", "DISPLAY=:10 XAUTHORITY=~/.Xauthority xrandr --listmonitors"], check=False)
        .stdout
    )
    found = [re.sub(r"/\d+", "", line.split()[2]) for line in listed.splitlines()[1:]]
    return sorted(found, key=lambda place: int(place.split("+")[1]))


def watched(world: World, folder: Path, names: tuple[str, ...], label: str) -> None:
    """Look until each of these monitors shows something of the office, with bar and watermark."""
    for name in names:
        path = folder / f"{label}-{name}.png"

        def office(name: str = name, path: Path = path) -> bool:
            picture = world.kiosk.picture(path, name)
            black = share(path, (0, BAR_PIXELS, picture.width, picture.height), (0, 0, 0))
            return black < 0.5 and guarded(path)

        until(office, seconds=SEEN_S, what=f"{label}: the office on {name}", process=world.kiosk.process)
