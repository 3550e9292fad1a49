"""The console in a real browser, behind a real nginx, with the real hub: both languages, live changes, the buttons.

HANARE_SCREENSHOTS=DIRECTORY keeps a picture of each page.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from hanare_server.access.models import Session
from hanare_server.clock import now_ms
from tests.server import front
from tests.server.front import Gunicorn
from tests.server.town import PASSWORD, Town

CHROMIUM = Path("/usr/bin/chromium")
LANGUAGES = ["ja", "en"]
LOCALES = {"ja": "ja-JP", "en": "en-GB"}
SIGN_IN = {"ja": "サインイン", "en": "Sign in"}
SUSPEND = {"ja": "端末を利用停止", "en": "Suspend stick"}
RESUME = {"ja": "停止解除", "en": "Resume"}
RECEIPT = {"ja": "停止済み・最後のパケット", "en": "stopped, last packet"}
LIVE = {"ja": "リアルタイム", "en": "Live"}
AUDIT = {"ja": "監査ログ", "en": "Audit log"}

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="apt-get install chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run Debian's Chromium without a screen."""
    # Playwright keeps an event loop in this thread; our own queries beside it block nobody.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def address(town: Town, tmp_path: Path) -> Iterator[str]:
    """Run web process and nginx; give the console's address."""
    with Gunicorn(tmp_path).running(), front.nginx(tmp_path, town.hub_channel) as address:
        yield address


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_administrator_stops_a_stick_live(town: Town, browser: Browser, address: str, language: str) -> None:
    """The page shows the session that begins, stops the stick with a receipt, and resumes it, without a reload."""
    page, faults = _open(browser, language)
    page.goto(address)
    _picture(page, f"sign-in-{language}")
    page.fill("#id_username", f"admin-{town.id}")
    page.fill("#id_password", PASSWORD)
    page.click(f"button:has-text('{SIGN_IN[language]}')")
    expect(page.locator(".channel")).to_have_text(re.compile(LIVE[language]), timeout=20_000)
    stick = town.ready()
    answer = stick.sign_in("tanaka")
    row = page.locator("tbody tr", has_text="tanaka")
    expect(row).to_be_visible(timeout=3_000)
    (gateway,) = town.gateways.values()
    gateway.report(answer.paths[0].lease, now_ms())
    expect(row.locator(".line.good")).to_contain_text("↓", timeout=5_000)
    _picture(page, f"live-{language}")
    row.locator(f"button:has-text('{SUSPEND[language]}')").click()
    expect(page.locator(".receipt")).to_contain_text(RECEIPT[language], timeout=5_000)
    assert town.session(answer.session).state == Session.State.ENDED
    _picture(page, f"stopped-{language}")
    page.click(f"button:has-text('{RESUME[language]}')")
    expect(page.locator(f"button:has-text('{RESUME[language]}')")).to_have_count(0)
    assert stick.hello().nonce
    page.click(f"nav >> text={AUDIT[language]}")
    expect(page.locator("h1")).to_have_text(AUDIT[language])
    _picture(page, f"audit-{language}")
    assert faults == []
    page.context.close()


def _open(browser: Browser, language: str) -> tuple[Page, list[str]]:
    """Return a page of that language, and the list of what the browser will find wrong: CSP, scripts, missing files."""
    context = browser.new_context(locale=LOCALES[language], viewport={"width": 1280, "height": 800})
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("response", lambda answer: faults.append(answer.url) if answer.status >= 400 else None)
    return page, faults


def _picture(page: Page, name: str) -> None:
    folder = os.environ.get("HANARE_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
