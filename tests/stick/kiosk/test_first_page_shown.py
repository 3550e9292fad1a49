"""The first page on the real kiosk, before any agent has spoken: one signs in at once, and nothing typed is lost."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from hanare_core import site, wire
from hanare_lab.wait import until
from hanare_stick.control_messages import Office, Reached
from hanare_stick.kiosk import known
from hanare_stick.remembered import FILE, Remembered
from tests.stick.conftest import World
from tests.stick.kiosk.hand import HEARD_S, Hand
from tests.stick.kiosk.look import GO, asks, share
from tests.stick.kiosk.test_kiosk import covered, seen
from tests.stick.test_device import SITE

pytestmark = pytest.mark.lab

BUTTON: Final = (200, 100, 1100, 650)
"""Where a page's button that leads on stands."""


@pytest.fixture
def hand(kiosk_world: World) -> Iterator[Hand]:
    """Give the agent's end of the socket."""
    with closing(Hand(kiosk_world.control)) as made:
        yield made


def remembers(world: World, *, language: str, tour_seen: bool) -> None:
    """Lay the stick's own files where its image does."""
    kept = Remembered(user="kikaku01", language=language, tour_seen=tour_seen)
    for name, content in ((site.SITE_FILE, SITE), (FILE, kept)):
        world.kiosk.machine.write(f"{known.FOLDER}/{name}", wire.encode(content).decode())


@pytest.mark.parametrize("language", ["ja", "en"])
def test_one_signs_in_before_the_agent_is_there(kiosk_world: World, hand: Hand, tmp_path: Path, language: str) -> None:
    """Name (remembered) and PIN wait on the page, and are sent once, when the office is reached."""
    kiosk = kiosk_world.kiosk
    remembers(kiosk_world, language=language, tour_seen=True)
    kiosk.start()
    seen(kiosk_world, tmp_path / "first.png", asks, "the sign-in page")
    kiosk.type("749203")
    kiosk.press("Return")
    seen(kiosk_world, tmp_path / "waits.png", lambda path: covered(path) and not asks(path), "what is waited for")
    hand.accept()
    office = Office(organisation="離れ市", help_desk=SITE.help_desk, user="kikaku01", language=language, tour_seen=True)
    hand.tell(office, Reached(step="agent-started", at_ns=0), Reached(step="door-up", at_ns=0, detail="udp4"))
    assert hand.heard("sign-in") is None
    hand.tell(Reached(step="ready", at_ns=0))
    sent = until(lambda: hand.heard("sign-in"), seconds=HEARD_S, what="the sign-in", process=kiosk.process)
    assert (sent["user"], sent["pin"]) == ("kikaku01", "749203")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_tour_needs_no_agent(kiosk_world: World, hand: Hand, tmp_path: Path, language: str) -> None:
    """A fresh stick's three steps lead to the sign-in, where one is typing when the office's facts come; it stays."""
    kiosk = kiosk_world.kiosk
    remembers(kiosk_world, language=language, tour_seen=False)
    kiosk.start()
    seen(kiosk_world, tmp_path / "tour.png", lambda path: covered(path) and share(path, BUTTON, GO) > 0, "the tour")
    for _ in range(3):
        kiosk.press("Return")
    seen(kiosk_world, tmp_path / "sign-in.png", asks, "the sign-in page")
    kiosk.type("7492")
    hand.accept()
    office = Office(organisation="離れ市", help_desk=SITE.help_desk, user="kikaku01", language=language)
    hand.tell(office, Reached(step="agent-started", at_ns=0), Reached(step="ready", at_ns=0))
    told = until(lambda: hand.heard("remember"), seconds=HEARD_S, what="the tour's end", process=kiosk.process)
    assert told["tour_seen"] is True
    kiosk.type("03")
    kiosk.press("Return")
    sent = until(lambda: hand.heard("sign-in"), seconds=HEARD_S, what="the sign-in", process=kiosk.process)
    assert (sent["user"], sent["pin"]) == ("kikaku01", "749203")
