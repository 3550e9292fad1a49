"""The network's pages on the real kiosk, by the keyboard alone, with a hand at the agent's end of the socket."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hanare_core.problems import Code, Problem
from hanare_lab.wait import until
from hanare_stick.control_messages import Network, Networks, Office, Reached, refused
from tests.stick.conftest import World
from tests.stick.kiosk.hand import HEARD_S, Hand
from tests.stick.kiosk.look import asks, refusal
from tests.stick.kiosk.test_kiosk import covered, seen

pytestmark = pytest.mark.lab

FOUND = Networks(
    radio=True,
    cable=False,
    networks=(
        Network(name="ieno-wifi-5G", kind="psk", bars=4, connected=True),
        Network(name="<b>離れ\u202eの家</b>", kind="psk", bars=3, known=True),
        Network(name="CITY-FREE-WIFI", kind="open", bars=2),
        Network(name="eduroam", kind="8021x", bars=2),
        Network(name="w" * 32, kind="psk", bars=1),
    ),
)


@pytest.fixture
def hand(kiosk_world: World) -> Iterator[Hand]:
    with closing(Hand(kiosk_world.control)) as made:
        yield made


@pytest.mark.parametrize("language", ["ja", "en"])
def test_wifi_is_joined_by_keyboard(kiosk_world: World, hand: Hand, tmp_path: Path, language: str) -> None:
    """Enter opens the list, Enter chooses the best network, the password is typed, and a refusal is read."""
    kiosk = kiosk_world.kiosk
    kiosk.start()
    hand.accept()
    hand.tell(Office(organisation="離れ市", help_desk="0123-45-6789", language=language, tour_seen=True))
    hand.tell(Reached(step="agent-started", at_ns=0))
    hand.tell(refused(Problem(Code.DOOR_UNREACHABLE), at_ns=0, help_desk="0123-45-6789"))

    def opened() -> bool:
        kiosk.press("Return")
        return hand.heard("wifi-scan") is not None

    until(opened, seconds=HEARD_S, what="the search", process=kiosk.process)
    hand.tell(FOUND)
    seen(kiosk_world, tmp_path / "list.png", covered, "the list")

    def chosen() -> bool:
        kiosk.picture(tmp_path / "list.png")
        kiosk.press("Return")
        return asks(kiosk.picture(tmp_path / "form.png").path)

    until(chosen, seconds=HEARD_S, what="the password's page", process=kiosk.process)
    kiosk.type("himitsu-himitsu")
    kiosk.press("Return")
    asked = until(lambda: hand.heard("wifi-join"), seconds=HEARD_S, what="the wish", process=kiosk.process)
    assert (asked["name"], asked["password"]) == ("ieno-wifi-5G", "himitsu-himitsu")
    hand.tell(refused(Problem(Code.WIFI_PASSWORD_WRONG), at_ns=0, help_desk="0123-45-6789"))
    seen(kiosk_world, tmp_path / "refused.png", refusal, "the refusal")
    hand.tell(Reached(step="wifi-joined", at_ns=0, detail="ieno-wifi-5G"))
    kiosk.picture(tmp_path / "joined.png")
