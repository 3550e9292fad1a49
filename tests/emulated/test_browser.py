"""T8 in the built image: a permitted web application opens beneath bar and watermark, and takes Japanese.

The image is one of its own (lab/variants/test-browser.toml), because the browser is half of it. The gateway's proxy is
the lab's, which lets every name through; the real one is tests/stories/test_web_applications.py's.
"""

from pathlib import Path
from typing import Final

import pytest

from hanare_lab import look
from hanare_lab.emulated_session import LOOK_SECONDS
from hanare_lab.firmware import Firmware
from hanare_lab.root import CHECKOUT
from hanare_lab.wait import until
from hanare_lab.web_site import GREEN, WebSite
from tests.emulated.conftest import Home, at_home
from tests.japanese import KEYS, LETTERS

pytestmark = [pytest.mark.lab, pytest.mark.emulated, pytest.mark.soak, pytest.mark.timeout(3000)]

BROWSER_IMAGE: Final = CHECKOUT / "var/image/test-browser"
HOST: Final = "chat.example.jp"
APPLICATION: Final = {
    "id": "chat",
    "name_ja": "チャット",
    "name_en": "Chat",
    "url": f"https://{HOST}/",
    "hosts": [HOST],
}
STARTED_SECONDS: Final = 1500
OPEN_SECONDS: Final = 900
"""Chromium's cold start in an emulated PC takes minutes."""

TYPED_SECONDS: Final = 120
AUTHORITY: Final = "/run/authority.pem"
_TRUST: Final = rf"""sed -i 's#^\[browser\]#[browser]\nauthorities = "{AUTHORITY}"#' /etc/hanare/stick.toml"""
"""The lab's pages have certificates of the lab's own authority."""


def test_japanese_is_typed_into_a_page_of_the_built_image(tmp_path: Path) -> None:
    """The tile opens the page; Ctrl+Space, にほんご and the space bar make 日本語 of what is typed."""
    if not (BROWSER_IMAGE / "image.json").exists():
        pytest.skip("make image VARIANT=lab/variants/test-browser.toml builds the image with the browser")
    with at_home(tmp_path, Firmware.UEFI, {}, keep="browser", image=BROWSER_IMAGE) as home:
        home.hall.change_profile(web_applications=[APPLICATION])
        site = WebSite(home.hall.gateway.machine, [HOST])
        trust(home, site)
        home.session.wait_for_sign_in()
        home.session.sign_in(home.hall.workers[0])
        home.session.open_tile(1, shows_page, OPEN_SECONDS)
        assert look.guarded(home.session.pc.picture("page").path)
        until(lambda: turned_on(home, site), seconds=TYPED_SECONDS * 5, what="the input method")
        for key, read in KEYS:
            home.session.pc.qmp.type(key)
            until(lambda read=read: field(site) == read, seconds=TYPED_SECONDS, what=read)  # type: ignore[misc]
        home.session.pc.picture("japanese")


def trust(home: Home, site: WebSite) -> None:
    """Have the browser of this one PC trust the lab's authority."""
    serial = home.session.pc.serial
    assert serial is not None
    serial.wait_ready(STARTED_SECONDS)
    home.run(f"cat >{AUTHORITY} <<'END'\n{site.authority.decode()}END\n{_TRUST} && systemctl restart hanare-agent")
    assert AUTHORITY in home.run("cat /etc/hanare/stick.toml")


def shows_page(picture: Path) -> bool:
    """Whether the page's ground is seen."""
    return look.share(picture, (0.5, 0.5, 0.95, 0.95), GREEN) > 0.7


def field(site: WebSite) -> str:
    """Return what stands in the page's field."""
    return site.do("document.getElementById('field').value", seconds=TYPED_SECONDS).strip()


def turned_on(home: Home, site: WebSite) -> bool:
    """Press Ctrl+Space once and say whether letters become kana: a second press would turn it off again.

    Before the page has told of its field it does nothing.
    """
    home.session.pc.qmp.press("ctrl", "spc")
    return any(reads_kana(home, site) for _ in range(LETTERS))


def reads_kana(home: Home, site: WebSite) -> bool:
    """Type a letter, say whether it is kana, and take it away."""
    home.session.pc.qmp.type("a")
    until(lambda: field(site), seconds=TYPED_SECONDS, what="the key", every=LOOK_SECONDS)
    read = field(site)
    home.session.pc.qmp.press("backspace")
    until(lambda: not field(site), seconds=TYPED_SECONDS, what="an empty field", every=LOOK_SECONDS)
    return read == "あ"
