"""A signed-in page of a real browser before the real server, and what it finds wrong with each page.

HANARE_SCREENSHOTS=DIRECTORY keeps a picture of each page.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright

from hanare_server.console.models import Administrator
from tests.server.accounts import browser as signed_in

CHROMIUM: Final = Path("/usr/bin/chromium")
LOOKED_AT_ONCE: Final = pytest.mark.skipif(
    not CHROMIUM.exists() or os.environ.get("HANARE_TEST_DATABASE") == "postgresql",
    reason="needs Chromium; how a page looks does not depend on the database, so it is looked at with SQLite",
)
"""Mark of tests that only look at pages: axe takes seconds a page. What people do in a browser runs with both."""

PATIENT_MS: Final = 60_000
"""Wide bound of everything that a browser waits for: how fast a page comes is no matter of these tests."""

LOCALES: Final = {"ja": "ja-JP", "en": "en-GB"}

STILL: Final[dict[str, Any]] = {"viewport": {"width": 1280, "height": 720}, "reduced_motion": "reduce"}
"""A window that asks for no movement, as people may (WCAG 2.3.3): no button is seen half-way between colours."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Debian's Chromium without a screen."""
    # Playwright keeps an event loop in this thread; our own queries beside it block nobody.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=PATIENT_MS)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"], timeout=PATIENT_MS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def window(browser: Browser, language: str) -> BrowserContext:
    """Open a window of 1280×720 in a language, for somebody who has time."""
    context = browser.new_context(**STILL, locale=LOCALES[language])
    context.set_default_timeout(PATIENT_MS)
    return context


class Visitor:
    """One administrator, or a stranger, at a screen of 1280×720; `faults` are what the browser found wrong."""

    def __init__(self, browser: Browser, address: str, account: Administrator | None, language: str) -> None:
        context = window(browser, language)
        cookies = signed_in(account).cookies if account is not None else {}
        context.add_cookies([{"name": name, "value": one.value, "url": address} for name, one in cookies.items()])
        self.page: Page = context.new_page()
        self.faults: list[str] = []
        self._address, self._language = address, language
        self.page.on("console", lambda message: self.faults.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))

    def look(self, path: str, name: str) -> None:
        """Open a page, have axe judge it, and keep its picture."""
        answer = self.page.goto(self._address + path)
        if answer is None or answer.status >= 400:
            self.faults.append(f"{path}: {answer.status if answer else 'no answer'}")
        self.judge(name)

    def follow(self, selector: str) -> None:
        """Press the first such button or link, and wait for the page that it leads to."""
        with self.page.expect_navigation():
            self.page.locator(selector).first.click()

    def judge(self, name: str) -> None:
        """Have axe judge what is shown now, see that nothing sticks out at the side, and keep the picture."""
        found = Axe().run(self.page)
        self.faults += [f"{name}: {one['id']} {one['nodes'][0]['html'][:120]}" for one in found.response["violations"]]
        if self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            self.faults.append(f"{name}: wider than the screen")
        self.keep(name)

    def keep(self, name: str) -> None:
        """Keep a picture, where pictures are wanted."""
        folder = os.environ.get("HANARE_SCREENSHOTS")
        if folder:
            self.page.screenshot(path=Path(folder) / f"{name}-{self._language}.png", full_page=True)

    def show(self, answer: Any, name: str) -> None:
        """Show what Django's test client was answered, and judge it: for pages that hang on settings."""

        def give(route: Route) -> None:
            path = urlsplit(route.request.url).path
            if path.startswith(settings.STATIC_URL):
                route.fulfill(path=settings.STATICFILES_DIRS[0] / path.removeprefix(settings.STATIC_URL))
            else:
                route.fulfill(headers=dict(answer.headers), body=answer.content)

        self.page.unroute_all()
        self.page.route("**/*", give)
        self.page.goto(f"{self._address}/shown")
        self.judge(name)

    def close(self) -> None:
        """Close the browser's window."""
        self.page.context.close()
