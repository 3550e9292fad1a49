"""Every page of the kiosk in both languages on the two smallest usual screens, with the most that can stand on it.

Each covered page shows whom to call, before a sign-in and after it; a page that is too tall would push that off the
screen. The pictures stay in the test's folder, for people to look at.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from hanare_core.problems import Code
from hanare_core.sentences import sentence
from hanare_lab.wait import until
from hanare_stick.control_messages import Levels, Line, Note, Opened, Tile
from tests.stick.kiosk.hand import HEARD_S
from tests.stick.kiosk.look import BAR_PIXELS
from tests.stick.kiosk.stage import HELP, Stage, refused, step
from tests.stick.kiosk.test_network_page import FOUND

pytestmark = pytest.mark.lab

TILES: Final = tuple(
    Tile(id=f"app-{number}", ja=f"資産管理システム{number}", en=f"Asset register {number}") for number in range(12)
)
SESSION: Final = Opened(user="企画政策課 離れ太郎", office_pc="KIKAKU-PC-0123", ends_in_ms=27_000_000, watermark=False)
NOTE: Final = Note(
    note="n-1",
    ja="本日18時から職場の電源工事のため、業務用PCの電源が切れます。17時半までに文書を保存し、利用を終了してください。",
    en="The office's power is off from 18:00 today. Save your documents and end your session by half past five.",
)
ASKS: Final = Note(
    note="n-2",
    ja="管理者が、この端末の診断情報（版、回線の状態、動作の記録）の送信をお願いしています。文書・画面・パスワードは含まれません。送信してよろしいですか。",
    en="The administrator asks for this stick's diagnostics (versions, the line, what its program has logged). "
    "No documents, screens or passwords are in it. May it be sent?",
    diagnostics=True,
)

BUTTONS_PIXELS: Final = 110
"""As wide as the last buttons are in either language."""
BATTERY: Final = """
mount -t tmpfs -o mode=755 none /sys/class/power_supply
cd /sys/class/power_supply
mkdir BAT0
echo Battery >BAT0/type; echo 100 >BAT0/capacity; echo Charging >BAT0/status
"""


def longest(language: str) -> Code:
    """Return the problem whose sentence is the longest."""
    return max(Code, key=lambda code: len("".join(sentence(code, language, help_desk=HELP))))


@pytest.fixture(params=[(1280, 720), pytest.param((1366, 768), marks=pytest.mark.soak)], ids=["1280", "1366"])
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    """Give a screen."""
    width, height = request.param
    return width, height


@pytest.fixture(params=["ja", "en"])
def language(request: pytest.FixtureRequest) -> str:
    """Give a language."""
    return str(request.param)


@pytest.fixture
def stage(tmp_path: Path, size: tuple[int, int], language: str) -> Iterator[Stage]:
    """Give a kiosk that waits to be told."""
    with closing(Stage(tmp_path, size, language)) as made:
        yield made


def test_every_page_before_a_session_fits(stage: Stage, language: str) -> None:
    """Starting, network, Wi-Fi, portal, tour, sign-in, first PIN, authenticator, damaged: with the longest words."""
    stage.tell(stage.office(tour_seen=False), step("agent-started"))
    stage.shot("starting")
    stage.tell(refused(longest(language)))
    stage.shot("starting-refused")
    stage.kiosk.press("Return")
    stage.shot("network-searching")
    stage.tell(FOUND)
    stage.shot("network")
    stage.kiosk.press("Return")
    stage.shot("wifi")
    stage.tell(refused(Code.WIFI_ACCOUNT_REFUSED))
    stage.shot("wifi-refused")
    stage.tell(step("agent-started"), refused(Code.CAPTIVE_PORTAL), step("portal"))
    stage.shot("portal-offered")
    stage.tell(step("portal-open"))
    stage.shot("portal", covered=False)
    stage.tell(step("portal-closed"), step("agent-started"), stage.office(tour_seen=False), step("ready"))
    stage.shot("tour-1")
    for number in (2, 3):
        stage.kiosk.press("Return")
        stage.shot(f"tour-{number}")
    stage.kiosk.press("Return")
    stage.shot("sign-in")
    assert not stage.warns()
    stage.kiosk.press("Caps_Lock")
    until(stage.warns, seconds=HEARD_S, what="the word about Caps Lock", process=stage.kiosk.process)
    stage.kiosk.press("Caps_Lock")
    until(lambda: not stage.warns(), seconds=HEARD_S, what="its end", process=stage.kiosk.process)
    stage.tell(ASKS)
    stage.shot("sign-in-asked")
    stage.tell(refused(longest(language)))
    stage.shot("sign-in-refused")
    stage.kiosk.press("Tab", "Tab", "Tab", "Return")
    stage.shot("first-pin")
    stage.tell(refused(Code.PIN_WEAK))
    stage.shot("first-pin-refused")
    stage.tell(step("first-pin-set", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
    stage.shot("enrol")
    stage.tell(refused(Code.STICK_DAMAGED))
    stage.shot("unusable")


@pytest.mark.parametrize("state", ["safe", "copying"])
def test_the_fullest_bar_keeps_its_buttons(stage: Stage, state: str) -> None:
    """A laptop that charges, a lost line, a word about the stick: names give way, the buttons stay."""
    told = (stage.office(), step("ready"), SESSION, step("session"), Levels(volume=100, brightness=100))
    stage.tell(*told)
    box = (stage.size[0] - BUTTONS_PIXELS, 0, stage.size[0], BAR_PIXELS)
    before = stage.shot("bar", covered=False).crop(box)
    stage.machine.run(["sh", "-ec", BATTERY])
    stage.machine.write("/run/hanare-keep/state", state)
    stage.tell(Line(silent_s=60))
    assert stage.shot("bar-full", covered=False).crop(box).tobytes() == before.tobytes()


def test_every_page_of_a_session_fits(stage: Stage, language: str) -> None:
    """Office password, bar and messages, menu with and without tiles, PIN, end, lock: with the longest words."""
    stage.tell(stage.office(), step("ready"), SESSION, step("office-account-wanted"))
    stage.shot("office")
    stage.tell(refused(longest(language)))
    stage.shot("office-refused")
    stage.tell(step("session"), Levels(volume=40, brightness=80))
    stage.shot("desktop", covered=False)
    stage.tell(NOTE)
    stage.shot("message", covered=False)
    stage.kiosk.press("Home", modifiers=("ctrl", "alt"))
    stage.shot("menu")
    stage.kiosk.press("Tab", "Tab", "Return")
    stage.shot("change-pin")
    stage.tell(refused(longest(language)))
    stage.shot("change-pin-refused")
    stage.tell(step("pin-changed"))
    stage.shot("menu-again")
    stage.kiosk.press("Tab", "Tab", "Tab", "Return")
    stage.shot("confirm-end")
    stage.tell(step("locked"))
    stage.shot("lock")
    stage.tell(refused(longest(language)))
    stage.shot("lock-refused")
    stage.tell(step("agent-started"), step("ready"), replace(SESSION, tiles=TILES))
    stage.tell(step("office-account-wanted"), step("session"))
    stage.shot("desktop-again", covered=False)
    stage.kiosk.press("Home", modifiers=("ctrl", "alt"))
    stage.shot("menu-tiles")
