"""What is seen between a tile's press and its window, with the real browser: that it opens, or that it did not."""

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from hanare_lab.wait import until
from tests.stick.conftest import World
from tests.stick.kiosk.look import NOTICE, WHITE, share
from tests.stick.kiosk.test_browser import OPEN_S, Chat, shows_chat
from tests.stick.kiosk.test_kiosk import covered

pytestmark = pytest.mark.lab

TILES: Final = (30, 110, 1250, 300)
ABOVE: Final = (300, 72, 1000, 130)


def opening(path: Path) -> bool:
    """Whether the menu stands with a tile that is marked as pressed."""
    return covered(path) and share(path, TILES, WHITE) > 0.05


def failed(path: Path) -> bool:
    """Whether a notice stands above the menu, and no tile is marked."""
    return share(path, ABOVE, NOTICE) > 0.5 and not opening(path)


@pytest.fixture
def chat(kiosk_world: World, tmp_path: Path) -> Chat:
    """Sign in; the chat is not opened yet."""
    return Chat(kiosk_world, tmp_path)


def test_the_menu_says_that_it_opens_until_the_page_is_there(chat: Chat) -> None:
    """From the press on the menu stands with the marked tile; more presses start nothing; then the window is there."""
    chat.choose(1)
    chat.see("opening", opening)
    chat.world.kiosk.press("Return", "Return")

    def opened() -> bool:
        path = chat.world.kiosk.picture(chat.folder / "between.png").path
        assert opening(path) or not covered(path)
        return shows_chat(path)

    until(opened, seconds=OPEN_S, what="the chat")
    chat.client.send(kind="end")
    chat.client.wait(step="ready")
    started = [event for event in chat.client.events if event.get("step") == "function"]
    assert [event["detail"] for event in started] == ["chat"]


def test_a_browser_that_ends_before_its_window_is_told(chat: Chat) -> None:
    """The menu says that it did not open, without anybody's waiting; the same key opens it after all."""
    chat.choose(1)
    for browser in until(lambda: chat.world.programs("chromium"), seconds=OPEN_S, what="the browser"):
        with suppress(ProcessLookupError):
            os.kill(int(browser), signal.SIGKILL)
    chat.client.wait(step="function-ended")
    chat.see("failed", failed)
    chat.world.kiosk.press("Return")
    chat.see("chat", shows_chat, OPEN_S)
