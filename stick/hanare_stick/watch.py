"""One open session from its tunnel to its end: account, desktop, lock, return after a cover or an outage, hard end.

The desktop is shown only when an account is known, nobody has locked, and (on a real screen) the kiosk stands over it
with bar and watermark. When the kiosk leaves, the desktop is ended at once and the session is locked; the tunnel stays.
A desktop that was killed or crashed (F27, F37) comes back behind the lock, a few times in a session.
Limits: an account that the office PC refuses is forgotten and asked for again, as often as the office PC allows.
"""

import asyncio
from typing import Final, NamedTuple, NoReturn, Protocol

from hanare_core.problems import Code, Problem
from hanare_stick import desktop_end
from hanare_stick.clock import Clock
from hanare_stick.control_messages import Area, OfficeAccount
from hanare_stick.desktop import Shown
from hanare_stick.levels import Dials
from hanare_stick.session import Session
from hanare_stick.settings import Browser, Display

ACCOUNT_WAIT_S: Final = 600.0
"""For typing the office PC's password; longer than the kiosk's own idle lock, shorter than the office's idle end."""

RETURN_S: Final = 60.0
"""An outage of a home line, as long as one does not end a session (F44)."""

RETURNS: Final = 3
"""An office PC whose port answers and whose desktop does not come is told to the worker in the end."""

CRASHES: Final = 3
"""Of a session's desktops; more are no accident of memory, and a hostile office PC is not served again and again."""


class Screen(Protocol):
    """The side of the agent that a screen hears."""

    def reach(self, step: str, detail: str = "") -> None:
        """Tell a step."""

    def note(self, step: str, detail: str) -> None:
        """Tell something that happened beside the steps."""

    def refuse(self, problem: Problem) -> None:
        """Tell a refusal."""


class Place(NamedTuple):
    """Where what the office sends is shown and heard, and with which browser."""

    display: Display
    browser: Browser | None
    dials: Dials


class Watch:
    """Watches one session; `run` raises the Problem that ends it."""

    def __init__(self, session: Session, screen: Screen, place: Place, clock: Clock) -> None:
        self.session = session
        self._screen = screen
        self._display = place.display
        self._browser = place.browser
        self._dials = place.dials
        self._clock = clock
        self._account: OfficeAccount | None = None
        self._area: Area | None = None
        self._returns = 0
        self._crashes = 0
        self._locks = 0
        self._changed = asyncio.Event()
        self._closings: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> NoReturn:
        """Show the desktop whenever it may be shown; raise the session's end."""
        self._dials.listen(live=not self.session.facts.locked)
        try:
            async with asyncio.timeout(max(0, self.session.facts.ends_ms - self._clock.now_ms()) / 1000):
                while True:
                    await self._one_desktop()
        except TimeoutError:
            raise Problem(Code.HARD_END) from None
        finally:
            for closing in self._closings.values():
                closing.cancel()

    def account(self, account: OfficeAccount) -> None:
        """Take the account for the office PC; raise Problem(OUT_OF_ORDER) when none is asked for."""
        if self._account is not None:
            raise Problem(Code.OUT_OF_ORDER)
        self._account = account
        self._changed.set()

    def area(self, area: Area) -> None:
        """Note that a screen stands; a desktop that stood in another area comes back in this one."""
        if self._area not in {None, area}:
            self.session.hide()
        self._area = area
        self._changed.set()

    def screen_left(self) -> None:
        """Cover: there is no desktop without bar and watermark."""
        self._area = None
        self.lock()
        self.session.hide()
        self.session.hide_windows()

    def open(self, application: str) -> None:
        """Bring a function to the front: a web application by its id, or (empty) the office PC.

        Raises Problem(OUT_OF_ORDER) while the screen is covered or none stands, NOT_PERMITTED, or FUNCTION_FAILED.
        """
        if self.session.facts.locked or self._area is None:
            raise Problem(Code.OUT_OF_ORDER)
        if application:
            self._open(application)
        self._screen.note("function", application)

    @property
    def locks(self) -> int:
        """How often `lock` was called: a proof of the PIN opens nothing that was locked after it began."""
        return self._locks

    def lock(self) -> None:
        """Note that the screen is covered: nobody there is heard at the office any more."""
        self._locks += 1
        self._dials.listen(live=False)
        if not self.session.facts.locked:
            self.session.lock(locked=True)
            self._screen.reach("locked", self.session.id)

    def unlock(self) -> None:
        """Uncover: the PIN was proven."""
        self.session.lock(locked=False)
        self._dials.listen(live=True)
        self._changed.set()
        self._screen.reach("session", self.session.id)

    def _open(self, application: str) -> None:
        permitted = {one.id: one for one in self.session.facts.settings.web_applications}
        if application not in permitted or self._browser is None or not self._browser.installed:
            raise Problem(Code.NOT_PERMITTED)
        try:
            self.session.open(permitted[application], self._browser, self._display)
        except (OSError, ValueError):
            raise Problem(Code.FUNCTION_FAILED) from None
        if application not in self._closings:
            self._closings[application] = asyncio.create_task(self._closed(application))

    async def _closed(self, application: str) -> None:
        """Tell that an application has ended, by itself or by the person: one that never showed itself has failed."""
        await self.session.closed(application)
        del self._closings[application]
        self._screen.note("function-ended", application)

    async def _one_desktop(self) -> None:
        """Show one desktop until it ends, and decide what its end means."""
        if not self.session.has_desktop:
            shown = await self._allowed()
            self.session.show(shown, self._display)
            self._screen.reach("desktop-started", self.session.id)
        self._screen.reach("session", self.session.id)
        problem = await self.session.ended()
        if not self.session.has_desktop:  # hidden: it comes back when it may
            return
        self.session.hide()
        if problem.code in desktop_end.ACCOUNT_CODES:
            self._account = None
            self._screen.refuse(problem)
        elif problem.code is Code.DESKTOP_CRASHED:
            self._crashed(problem)
        elif not await self._comes_back(problem):
            raise problem

    def _crashed(self, problem: Problem) -> None:
        """Lock, so that whoever stands there now cannot go on, and say why."""
        if self._crashes == CRASHES:
            raise Problem(Code.DESKTOP_ENDED, detail=problem.detail)
        self._crashes += 1
        self.lock()
        self._screen.refuse(problem)

    async def _comes_back(self, problem: Problem) -> bool:
        """Say whether the office PC answers again: FreeRDP gives up a first connection that an outage swallows."""
        if problem.code is not Code.DESKTOP_UNREACHABLE or self._account is None or self._returns == RETURNS:
            return False
        self._returns += 1
        return await self.session.answers(RETURN_S)

    async def _allowed(self) -> Shown:
        """Wait until a desktop may be shown, and return it."""
        while True:
            covered = self.session.facts.locked or (bool(self._display.wayland) and self._area is None)
            if self._account is not None and not covered:
                return self._shown(self._account)
            if not covered:
                self._screen.reach("office-account-wanted", self.session.id)
            await self._change(None if covered else ACCOUNT_WAIT_S)

    def _shown(self, account: OfficeAccount) -> Shown:
        facts = self.session.facts
        sound, microphone = facts.settings.sound, facts.settings.microphone
        return Shown(facts.office_pc, account, self._area, sound=sound, microphone=microphone)

    async def _change(self, seconds: float | None) -> None:
        self._changed.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            raise Problem(Code.IDLE) from None
