"""The menu with the most that can stand on it, and more: what one needs in distress stays where it is, by keyboard too.

The longest words of a help desk, the longest message, twelve tiles (as many as a profile has) and thirty.
"""

from contextlib import closing
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace
from PIL import Image

from hanare_stick.control_messages import Note, Opened, Tile
from tests.stick.kiosk.look import GO, share
from tests.stick.kiosk.stage import Stage, step

pytestmark = pytest.mark.lab

HELP: Final = ("0123-45-6789（内線 1234）情報政策課 平日 8:30～17:15、夜間と休日は 090-0000-0000 " * 4)[:200]
"""As long as an organisation may write it."""
NOTE: Final = Note(note="n-1", ja="本日18時から電源工事のため、業務用PCの電源が切れます。" * 17, en="")
"""Nearly as long as a message may be, in one language."""
SESSION: Final = Opened(user="企画政策課 離れ太郎", office_pc="KIKAKU-PC-0123", ends_in_ms=27_000_000, watermark=False)
CHOICES: Final = 4
"""Lock, another PIN, end, end and switch off."""

BELOW_PIXELS: Final = 170
"""The four choices, whom to call in four lines, and what switches off."""
ABOVE_PIXELS: Final = 100
"""The languages, and the message's title with its button."""
RING_SHARE: Final = 0.0005
"""A tile's ring among all tiles."""


def tiles(count: int) -> tuple[Tile, ...]:
    """Return tiles of which every fifth has the longest name."""
    names = [
        ("統合型資産管理システム（固定資産台帳・本番環境）" * 2)[:40],
        "資産管理",
        "庶務事務",
        "グループウェア",
        "電子決裁",
    ]
    english = ["Integrated asset register (production) 1", "Assets", "General affairs", "Groupware", "Decisions"]
    return tuple(Tile(id=f"app-{number}", ja=names[number % 5], en=english[number % 5]) for number in range(count))


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("size", [(1280, 720), (1366, 768)], ids=["1280", "1366"])
def test_a_crowded_menu_pushes_nothing_off_the_screen(tmp_path: Path, size: tuple[int, int], language: str) -> None:
    """With twelve and thirty tiles number, message and choices are as with one; the focused tile is in sight."""
    with closing(Stage(tmp_path, size, language, HELP)) as stage:
        stage.tell(stage.office(), step("ready"))
        stage.shot("sign-in")
        stage.tell(replace(SESSION, tiles=tiles(1)), step("office-account-wanted"), step("session"), NOTE)
        stage.shot("desktop", covered=False)
        stage.kiosk.press("Home", modifiers=("ctrl", "alt"))
        one = _needed(stage.shot("menu-1"))
        for count in (12, 30):
            _to_desktop(stage, count)
            stage.kiosk.press("Home", modifiers=("ctrl", "alt"))
            assert _needed(stage.shot(f"menu-{count}")) == one
        stage.kiosk.press("Tab", modifiers=("shift",))
        stage.kiosk.press(*["Down"] * 9)
        assert _needed(stage.shot("message-end")) == one
        stage.kiosk.press(*["Tab"] * 31)
        last = stage.shot("menu-last-tile")
        assert _needed(last) == one
        assert _ring(tmp_path, last) > RING_SHARE
        stage.kiosk.press(*["Tab"] * (CHOICES - 1), "Return")
        stage.shot("confirm-end")


def _to_desktop(stage: Stage, count: int) -> None:
    """Choose the office PC by the menu's first tile; the next menu has so many tiles."""
    stage.kiosk.press("Return")
    stage.tell(replace(SESSION, tiles=tiles(count)))
    stage.shot(f"desktop-{count}", covered=False)


def _needed(menu: Image.Image) -> tuple[bytes, bytes]:
    """Return what must stand at its place whatever the tiles are: what is above and what is below them."""
    width, height = menu.size
    above, below = menu.crop((0, 0, width, ABOVE_PIXELS)), menu.crop((0, height - BELOW_PIXELS, width, height))
    return above.tobytes(), below.tobytes()


def _ring(folder: Path, menu: Image.Image) -> float:
    path = folder / "tiles.png"
    menu.crop((0, ABOVE_PIXELS, menu.width, menu.height - BELOW_PIXELS)).save(path)
    return share(path, (0, 0, menu.width, menu.height - ABOVE_PIXELS - BELOW_PIXELS), GO)
