"""No monitor at all: the only one is pulled out and comes back, or none is there when the kiosk starts."""

from contextlib import closing
from pathlib import Path

import pytest

from hanare_lab.kiosk import monitor
from hanare_lab.wait import until
from hanare_stick.control_messages import Note
from tests.stick.kiosk.desk import SEEN_S, Desk, bare, kept, shows_desktop, step
from tests.stick.kiosk.look import GO, asks, share
from tests.stick.office import PIN

pytestmark = pytest.mark.lab

ONLY = monitor(1)


def shows_note(path: Path) -> bool:
    """Whether a message stands beneath the bar, in the middle."""
    return share(path, (800, 55, 1100, 75), GO) > 0.9


def test_the_only_monitor_goes_while_locked_and_comes_back(tmp_path: Path) -> None:
    """The lock stands again, by frames that are never bare, and the PIN opens it; so it is with desktop and message."""
    with closing(Desk(tmp_path, names=(ONLY,))) as desk:
        desk.desktop(0)
        desk.sees(ONLY, shows_desktop, "the desktop", label="desktop")
        kiosk = desk.kiosk.kiosk_pid()
        frames = desk.kiosk.watch(ONLY)
        desk.hand.tell(step("locked"))
        desk.sees(ONLY, asks, "the lock", label="locked")
        desk.kiosk.unplug(ONLY)
        desk.kiosk.plug(ONLY)
        desk.sees(ONLY, asks, "the lock", label="locked-again")
        desk.kiosk.type(PIN)
        desk.kiosk.press("Return")
        asked = until(lambda: desk.hand.heard("unlock"), seconds=SEEN_S, what="the unlock")
        assert asked["pin"] == PIN
        desk.hand.tell(step("session"))
        desk.sees(ONLY, shows_desktop, "the desktop", label="opened")
        desk.hand.tell(Note(note="n-1", ja="17時に停電があります。", en=""))
        until(lambda: shows_note(desk.look(ONLY)), seconds=SEEN_S, what="the message")
        desk.kiosk.unplug(ONLY)
        desk.kiosk.plug(ONLY)
        desk.sees(ONLY, shows_note, "the message", label="message-again")
        assert desk.kiosk.kiosk_pid() == kiosk
        assert kept(frames)
        assert list(bare(frames)) == []


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_kiosk_that_starts_without_a_monitor_waits_for_one(tmp_path: Path, language: str) -> None:
    """The page stands on the first monitor that is plugged in, as large as that one wants it."""
    with closing(Desk(tmp_path, language, names=())) as desk:
        desk.sign_in_page()
        desk.kiosk.plug(ONLY)
        desk.sees(ONLY, asks, "the sign-in page", label="late")
