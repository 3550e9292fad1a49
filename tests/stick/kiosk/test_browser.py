"""T8 on the stick: a tile opens its web application beneath bar and watermark, and nothing leads out of it (F36, F39).

The proxy here lets every name through: what does not open was held back by the browser itself.
"""

import os
import signal
from pathlib import Path
from typing import Final

import pytest

from hanare_core.stick_settings import StickSettings
from hanare_core.web_application import WebApplication
from hanare_lab.wait import until
from hanare_lab.web_site import GREEN, WebSite
from tests.japanese import KEYS, LETTERS
from tests.stick.conftest import AUTHORITIES, World
from tests.stick.kiosk.look import asks, is_black, share, shows_office
from tests.stick.kiosk.test_kiosk import covered, signed_in
from tests.stick.office import PIN
from tests.stick.screen import ControlClient

pytestmark = pytest.mark.lab

CHAT, FILES, OTHER = "chat.example.jp", "files.cdn.example.jp", "www.example.net"
OPEN_S: Final = 60.0
"""Chromium's cold start on two busy cores."""

APPLICATION: Final = WebApplication(
    id="chat", name_ja="チャット", name_en="Chat", url=f"https://{CHAT}/", hosts=(CHAT, "*.cdn.example.jp")
)


class Chat:
    """A session whose chat is permitted."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.folder = folder
        self.site = WebSite(world.city.gateways[0], [CHAT, FILES, OTHER])
        world.home.write(AUTHORITIES, self.site.authority)
        self.client: ControlClient = signed_in(world, folder / "desktop.png")
        world.office.obey(StickSettings(web_applications=(APPLICATION,)))
        until(self._has_tile, seconds=30, what="the tile")

    def choose(self, tile: int) -> None:
        """Open the menu and choose a tile by keyboard; 0 is the office PC."""
        self.world.kiosk.press("Home", modifiers=("ctrl", "alt"))
        self.see("menu", covered)
        self.world.kiosk.press(*["Tab"] * tile, "Return")

    def see(self, name: str, condition: object, seconds: float = 60.0) -> Path:
        """Look at the screen until the condition holds."""
        path = self.folder / f"{name}.png"
        assert callable(condition)
        until(lambda: condition(self.world.kiosk.picture(path).path), seconds=seconds, what=name)
        return path

    def typed(self) -> str:
        """Return what stands in the page's field."""
        return str(self.site.do("document.getElementById('field').value")).strip()  # the site tells nothing as a space

    def _has_tile(self) -> bool:
        self.client.send(kind="status")
        self.client.wait(step="session")
        return any(event.get("tiles") for event in self.client.events)


def shows_chat(path: Path) -> bool:
    """Whether the page's ground is seen."""
    return share(path, (640, 300, 1240, 700), GREEN) > 0.7


def turned_on(chat: Chat) -> bool:
    """Press Ctrl+Space once and say whether letters become kana; before the page has told of its field it does nothing.

    The input method may take its time: a second press that overtakes the first one's effect would turn it off again.
    """
    chat.world.kiosk.press(" ", modifiers=("ctrl",))
    return any(_reads_kana(chat) for _ in range(LETTERS))


def keyed(chat: Chat, key: str, read: str) -> None:
    """Type one key and wait until the field shows what follows from it."""
    chat.world.kiosk.type(key)
    until(lambda: chat.typed() == read, seconds=30, what=read)


def _reads_kana(chat: Chat) -> bool:
    chat.world.kiosk.type("a")
    until(chat.typed, seconds=30, what="the key")
    read = chat.typed()
    chat.world.kiosk.press("BackSpace")
    until(lambda: not chat.typed(), seconds=30, what="an empty field")
    return read == "あ"


@pytest.fixture
def chat(kiosk_world: World, tmp_path: Path) -> Chat:
    """Sign in and open the chat by its tile."""
    chat = Chat(kiosk_world, tmp_path)
    chat.choose(1)
    chat.see("chat", shows_chat, OPEN_S)
    return chat


def test_a_tile_opens_its_application_and_the_menu_leads_back(chat: Chat) -> None:
    """The page stands beneath the bar; keys reach it; the office PC comes back in front, and the page as it was."""
    chat.world.kiosk.type("hanare")
    until(lambda: chat.typed() == "hanare", seconds=30, what="the keys")
    assert chat.site.do("navigator.userAgent").startswith("Mozilla")
    assert chat.site.do("navigator.language") == "ja"
    chat.choose(0)
    chat.see("office", shows_office)
    chat.choose(1)
    chat.see("again", shows_chat)
    assert chat.typed() == "hanare"


def test_japanese_is_typed_into_a_page(chat: Chat) -> None:
    """Ctrl+Space turns the input method on and off: kana, the word that was chosen, then letters as they are."""
    until(lambda: turned_on(chat), seconds=120, what="the input method")
    for key, read in KEYS:
        keyed(chat, key, read)
    chat.world.kiosk.press("Return")
    chat.world.kiosk.press(" ", modifiers=("ctrl",))
    for key, read in (("a", "日本語a"), ("b", "日本語ab")):
        keyed(chat, key, read)
    assert chat.world.programs("mozc_server")
    chat.client.send(kind="end")
    until(lambda: not chat.world.programs("mozc_server"), seconds=30, what="the end of the input method")


def test_nothing_but_the_permitted_hosts_is_even_asked_for(chat: Chat) -> None:
    """The page's own host and those below the suffix load; no other name, address, port or scheme is let out."""
    load = "fetch('{}', {{mode: 'no-cors'}}).then(() => 'loaded')"
    assert chat.site.do(load.format(f"https://{FILES}/x")) == "loaded"
    frame = "new Promise(done => {{const f = document.createElement('iframe'); f.src = '{}'; document.body.append(f);"
    frame += " f.onload = () => done('shown'); setTimeout(() => done('nothing'), 1500)}})"
    for place in (
        f"https://{OTHER}/",
        "https://cdn.example.jp/",
        "https://xcdn.example.jp/",
        f"http://{CHAT}/",
        f"https://{CHAT}:8443/",
        "https://203.0.113.7/",
        "file:///etc/fonts",
    ):
        chat.site.do(load.format(place))
        chat.site.do(frame.format(place))
    assert set(chat.site.asked) == {f"{CHAT}:443", f"{FILES}:443"}


def test_devices_downloads_and_printing_are_shut(chat: Chat) -> None:
    """No camera, microphone, screen, place, file or USB device is given to a page; nothing is saved."""
    media = "navigator.mediaDevices.getUserMedia({{{}: true}}).then(() => 'given')"
    assert chat.site.do(media.format("audio")).startswith("error")
    assert chat.site.do(media.format("video")).startswith("error")
    place = (
        "new Promise(done => navigator.geolocation.getCurrentPosition(() => done('given'), e => done('no ' + e.code)))"
    )
    assert chat.site.do(place) == "no 1"
    assert chat.site.do("navigator.usb.requestDevice({filters: []}).then(() => 'given')").startswith("error")
    assert chat.site.do("Notification.permission") == "denied"
    chat.site.do("const a = document.createElement('a'); a.href = '/file'; a.click(); 'clicked'")
    chat.site.do("print(); 'printed'")
    chat.see("after", shows_chat)
    assert _found(chat, "a.bin*") == ""


def test_no_key_of_the_browser_leads_out(chat: Chat) -> None:
    """Source, files, printing, history, windows, tasks, help: no key opens anything, the last one but a refusal."""
    for key in "osputhjn":
        chat.world.kiosk.press(key, modifiers=("ctrl",))
    chat.world.kiosk.press("n", modifiers=("ctrl", "shift"))
    chat.world.kiosk.press("Escape", modifiers=("shift",))
    chat.world.kiosk.press("F1", "F12")
    chat.world.kiosk.press("i", modifiers=("ctrl", "shift"))
    # "Developer tools are not allowed" dims the page: it has come when everything before it would have.
    chat.see("refused", lambda path: not shows_chat(path))
    chat.world.kiosk.press("Return")
    chat.see("after-keys", shows_chat)
    chat.world.kiosk.type("hanare")
    until(lambda: chat.typed() == "hanare", seconds=30, what="the keys")
    assert set(chat.site.asked) == {f"{CHAT}:443"}
    chat.choose(0)
    chat.see("office", shows_office)


def test_a_popup_does_not_come_before_what_was_chosen(chat: Chat) -> None:
    """A page that opens a window while the office PC is in front stays behind it; the chat's tile shows both."""
    chat.site.do(
        "const field = document.getElementById('field'); field.onkeydown = () => setTimeout(() => {"
        " window.popup = open('/popup', 'popup', 'popup,width=500,height=400') }, 4000)"
    )
    chat.world.kiosk.type("x")
    chat.choose(0)
    chat.see("office", shows_office)
    popped = "window.popup && window.popup.document.readyState + document.hasFocus()"
    until(lambda: chat.site.do(popped) == "completefalse", seconds=20, what="the popup")
    for look in range(5):
        assert shows_office(chat.world.kiosk.picture(chat.folder / f"office-{look}.png").path)
    chat.choose(1)
    chat.see("popup", shows_chat)


def test_a_lock_covers_the_application_and_a_dead_kiosk_ends_it(chat: Chat) -> None:
    """A locked screen hides the page; without the kiosk there is no browser, and its profile is gone."""
    chat.world.kiosk.press("Home", modifiers=("ctrl", "alt"))
    chat.see("menu", covered)
    chat.client.send(kind="lock")
    chat.client.wait(step="locked")
    chat.see("lock", asks)
    os.kill(chat.world.kiosk.kiosk_pid(), signal.SIGKILL)
    until(lambda: not chat.world.programs("chromium"), seconds=30, what="the end of the browser")
    assert not is_black(chat.folder / "lock.png")
    chat.world.kiosk.start()
    chat.see("lock-again", asks)
    chat.world.kiosk.type(PIN)
    chat.world.kiosk.press("Return")
    chat.see("office", shows_office)
    assert not chat.world.programs("chromium")


def test_a_permission_that_is_taken_back_ends_the_application(chat: Chat) -> None:
    """When the profile no longer has the application its window goes at once; the desktop stays."""
    desktop = chat.world.programs("xfreerdp3")
    chat.world.office.obey(StickSettings())
    until(lambda: not chat.world.programs("chromium"), seconds=30, what="the end of the browser")
    chat.see("office", shows_office)
    chat.client.send(kind="function", application="chat")
    chat.client.wait(code="not-permitted")
    assert chat.world.programs("xfreerdp3") == desktop


def _found(chat: Chat, name: str) -> str:
    """Return where such files are, in any cage of the browser."""
    places = " ".join(f"/proc/{pid}/root/run /proc/{pid}/root/tmp" for pid in chat.world.programs("chromium"))
    return chat.world.home.run(["sh", "-c", f"find {places} -name '{name}' 2>/dev/null"], check=False).stdout
