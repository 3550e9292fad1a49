"""Captive portals from the first look to the door: noticed, offered to the person, signed in to, closed.

The window stands only between two tries of the door, and its programs are gone before the next one begins: no key of
ours is used while a stranger's page is on the screen. It is closed when the portal lets the stick out (PASSED_LOOKS
looks in a row that meet none), by the person, with the screen, or after OPEN_S.
"""

import asyncio
import contextlib
from typing import Final, Protocol

from hanare_core.problems import Code, Problem
from hanare_core.site import Site
from hanare_stick import portal_window
from hanare_stick.portal import portal
from hanare_stick.portal_window import PortalWindow
from hanare_stick.settings import Settings

LOOK_S: Final = 2.0
PASSED_LOOKS: Final = 2
"""One look may be lost on a busy radio."""

OPEN_S: Final = 900.0
"""Long enough for a form, a mail with a code, and a payment."""


class Screen(Protocol):
    """Who hears of it."""

    @property
    def has_screen(self) -> bool:
        """Whether a screen stands."""

    def note(self, step: str, detail: str) -> None:
        """Tell that something happened."""

    def refuse(self, problem: Problem) -> None:
        """Tell a refusal."""


class Captive:
    """One stick's answer to networks that want a sign-in of their own."""

    def __init__(self, settings: Settings, site: Site, screen: Screen) -> None:
        self._browser = settings.browser
        self._wayland = settings.display.wayland
        self._site = site
        self._screen = screen
        self._page: str | None = None
        self._wanted = asyncio.Event()
        self._enough = asyncio.Event()

    async def look(self, problem: Problem, *, covers: bool) -> None:
        """Say why the door does not open: a portal where one answers, else the problem itself.

        covers: whether a session's windows are under the cover, which then stays.
        """
        self._page = await portal(self._site)
        if self._page is None:
            self._screen.refuse(problem)
            return
        self._screen.refuse(Problem(Code.CAPTIVE_PORTAL, detail={"url": self._page}))
        if covers or not self._can_show:
            self._page = None
        else:
            self._screen.note("portal", self._page)

    def ask(self) -> None:
        """Want the window; raise Problem(OUT_OF_ORDER) when no portal was found or no screen stands."""
        if self._page is None or not self._screen.has_screen:
            raise Problem(Code.OUT_OF_ORDER)
        self._enough.clear()
        self._wanted.set()

    def close(self) -> None:
        """Close the window, or want none any more."""
        self._wanted.clear()
        self._enough.set()

    async def pause(self, seconds: float) -> None:
        """Wait so long before the next try of the door; with the window, if it is wanted, until that is closed."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wanted.wait()
        if self._wanted.is_set():
            self._wanted.clear()
            await self._shown()

    @property
    def _can_show(self) -> bool:
        browser = self._browser
        return bool(self._wayland) and browser is not None and browser.installed and browser.portal is not None

    async def _shown(self) -> None:
        """Show the window until it is closed; nothing of it runs when this returns."""
        page, browser = self._page, self._browser
        if page is None or browser is None or browser.portal is None:
            self._screen.note("portal-closed", "")
            return
        try:
            # In this thread: what must not outlive the agent ends with the thread that started it (prctl(2)).
            window = portal_window.show(page, browser, browser.portal, self._wayland)
        except OSError:
            self._screen.note("portal-closed", "")
            return
        try:
            self._screen.note("portal-open", page)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(OPEN_S):
                    await self._watched(window)
        finally:
            window.close()
        self._screen.note("portal-closed", "")

    async def _watched(self, window: PortalWindow) -> None:
        """Return when the portal has let the stick out, or the window is closed."""
        passed = 0
        while window.alive and passed < PASSED_LOOKS:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._enough.wait()
                return
            passed = 0 if await portal(self._site) else passed + 1
