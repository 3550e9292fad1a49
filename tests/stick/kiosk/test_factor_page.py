"""The choice of a second factor on the real kiosk, by the keyboard alone."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hanare_lab.wait import until
from hanare_stick.control_messages import Office, Reached
from tests.stick.conftest import World
from tests.stick.kiosk.hand import HEARD_S, Hand
from tests.stick.kiosk.look import asks
from tests.stick.kiosk.test_kiosk import seen

pytestmark = pytest.mark.lab


@pytest.fixture
def hand(kiosk_world: World) -> Iterator[Hand]:
    """Give the agent's end of the socket."""
    with closing(Hand(kiosk_world.control)) as made:
        yield made


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_security_key_is_chosen_with_the_first_pin(
    kiosk_world: World, hand: Hand, tmp_path: Path, language: str
) -> None:
    """Where the office takes either, the page for the first PIN offers the key, and the request says so."""
    kiosk = kiosk_world.kiosk
    kiosk.start()
    hand.accept()
    office = Office(
        organisation="離れ市",
        help_desk="0123-45-6789",
        language=language,
        tour_seen=True,
        factor=True,
        security_key=True,
    )
    hand.tell(office, Reached(step="ready", at_ns=0))
    seen(kiosk_world, tmp_path / "sign-in.png", asks, "the sign-in page")
    for _ in range(4):
        kiosk.press("Tab")
    kiosk.press("Return")
    kiosk.type("kikaku01")
    kiosk.picture(tmp_path / "first-empty.png")
    for typed in ("ABCD", "749203", "749203"):
        kiosk.press("Tab")
        kiosk.type(typed)
    kiosk.press("Tab")
    kiosk.type(" ")
    kiosk.picture(tmp_path / "first.png")
    kiosk.press("Tab")
    kiosk.press("Return")
    asked = until(lambda: hand.heard("first-pin"), seconds=HEARD_S, what="the wish", process=kiosk.process)
    assert (asked["user"], asked.get("security_key")) == ("kikaku01", True)
