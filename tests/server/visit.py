"""A person at the console with a real browser: Debian's Chromium, one language, 1280×720, and an eye on every fault.

What the browser finds wrong (the policy broken, a script failing, a file missing) and what axe finds (WCAG 2.2 AA)
fails the test at the end. HANARE_SCREENSHOTS=DIRECTORY keeps a picture of each page.
"""

import os
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator

from hanare_server.console.models import Administrator
from tests.server.accounts import TYPING_MS, fresh_code
from tests.server.accounts import browser as signed_in
from tests.server.browsing import LOCALES, window
from tests.server.town import PASSWORD, TOTP_SECRET, Town

CHROMIUM: Final = Path("/usr/bin/chromium")
_ONE: Final = ["en" if os.environ.get("HANARE_TEST_DATABASE") == "postgresql" else "ja"]
LANGUAGES: Final = list(LOCALES) if os.environ.get("HANARE_SCREENSHOTS") else _ONE
"""One with each database: a browser takes seconds a page, and how a page speaks does not depend on where rows are.
Both where pictures are wanted."""

CODES: Final = 4
"""So many steps of a second factor may end while it is typed."""

_RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_KEY: Final = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}

_AT_REST = """
() => !document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling") && document.getAnimations().every(
  (one) => one.playState !== "running" || one.effect.getComputedTiming().iterations === Infinity
)
"""
"""Nothing is being drawn anew, and nothing moves that was asked not to: nobody reads a colour half-way."""


class Visit:
    """One browser window."""

    def __init__(self, browser: Browser, address: str, language: str) -> None:
        self.address, self.language = address, language
        self.context = window(browser, language)
        self.page = self.context.new_page()
        self.faults: list[str] = []
        self.allowed: set[int] = set()
        """Statuses of refusals that the story means to get."""
        self._page_faults()
        self._authenticators: Any = None

    def sign_in(self, town: Town) -> None:
        """Sign the town's first administrator in."""
        self.send_password(town)
        self.picture("second-factor")
        self.send_code()
        assert self.page.url == f"{self.address}/console/"

    def enter(self, account: Administrator) -> None:
        """Come in as an account that has signed in already: how one signs in is another story."""
        cookies = signed_in(account).cookies
        found = [{"name": name, "value": one.value, "url": self.address} for name, one in cookies.items()]
        self.context.add_cookies(found)

    def send_password(self, town: Town) -> None:
        """Type name and password."""
        self.page.goto(f"{self.address}/console/sign-in")
        self.picture("sign-in")
        self.page.fill("#id_login", f"admin-{town.id}")
        self.page.fill("#id_password", PASSWORD)
        self.follow("main form button")

    def send_code(self, secret: str = TOTP_SECRET) -> None:
        """Type the second factor until it is taken: a step may end between typing and asking."""
        asked = self.page.url
        for _ in range(CODES):
            self.page.fill("#id_code", fresh_code(secret, held_ms=TYPING_MS))
            self.follow("main form:has(#id_code) button")
            if self.page.url != asked:
                return
        raise AssertionError(self.page.inner_text("main"))

    def follow(self, button: str | Locator) -> None:
        """Press the first such button or link, and wait for the page that it leads to."""
        found = self.page.locator(button) if isinstance(button, str) else button
        with self.page.expect_navigation():
            found.first.click()

    def go(self, path: str) -> None:
        """Open one of the console's pages."""
        self.page.goto(f"{self.address}{path}")

    def security_key(self) -> str:
        """Plug a new security key in, which agrees to everything; return its name for `forget`."""
        self._authenticators = self._authenticators or self.context.new_cdp_session(self.page)
        self._authenticators.send("WebAuthn.enable")
        made = self._authenticators.send("WebAuthn.addVirtualAuthenticator", {"options": _KEY})
        return str(made["authenticatorId"])

    def forget(self, key: str) -> None:
        """Pull a security key out."""
        self._authenticators.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": key})

    def picture(self, name: str) -> None:
        """Look at the page when its colours have come to rest: axe reads it, a picture is kept where one is wanted."""
        self.page.wait_for_function(_AT_REST)
        found = Axe().run(self.page, options={"runOnly": _RULES}).response["violations"]
        self.faults += [f"{name}: {fault['id']} {fault['nodes'][0]['html'][:200]}" for fault in found]
        folder = os.environ.get("HANARE_SCREENSHOTS")
        if folder:
            self.page.screenshot(path=Path(folder) / f"{name}-{self.language}.png", full_page=True)

    def close(self) -> None:
        """Close the window; nothing may have been wrong."""
        self.context.close()
        assert self.faults == [], "\n".join(self.faults)

    def _page_faults(self) -> None:
        self.page.on("console", lambda message: self._note(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self._note(str(error)))
        self.page.on("response", lambda answer: self._answered(answer.status, answer.url))

    def _answered(self, status: int, address: str) -> None:
        if status >= HTTPStatus.BAD_REQUEST and status not in self.allowed:
            self._note(f"{status} {address}")

    def _note(self, fault: str) -> None:
        # The browser's own word for a refusal's status; `_answered` has judged it.
        if not fault.startswith("Failed to load resource"):
            self.faults.append(fault)
