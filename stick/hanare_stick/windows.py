"""The web applications that are open beside the desktop, each in a cage and window of its own.

Limit: `MOST_OPEN` at once; one more takes the place of the one that was opened first.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from hanare_core.web_application import WebApplication
from hanare_stick import browser
from hanare_stick.browser import Window
from hanare_stick.process import Running
from hanare_stick.settings import Browser, Display

MOST_OPEN: Final = 3
"""A browser wants about 300 MB, and a PC of 4 GiB holds the system and the desktop as well."""


class Windows:
    """The open windows of one session, by application."""

    def __init__(self, adopted: Mapping[str, Running] | None = None) -> None:
        self._open = {name: Window(running) for name, running in (adopted or {}).items()}
        self._shown: dict[str, WebApplication] = {}

    def open(self, application: WebApplication, program: Browser, display: Display) -> None:
        """Open the application, unless it is open. Raises OSError or ValueError when it cannot be started."""
        self._sweep()
        if application.id in self._open:
            return
        while len(self._open) >= MOST_OPEN:
            self._end(next(iter(self._open)))
        self._open[application.id] = browser.start(application, program, display)
        self._shown[application.id] = application

    def permit(self, applications: Iterable[WebApplication]) -> None:
        """End every window whose application is not permitted any more, or not as it was opened."""
        permitted = {one.id: one for one in applications}
        for name in [*self._open]:
            wanted = permitted.get(name)
            if wanted is None or self._shown.get(name, wanted) != wanted:
                self._end(name)

    def running(self) -> dict[str, Running]:
        """Return the processes, for the next agent."""
        self._sweep()
        return {name: window.running for name, window in self._open.items()}

    def end(self) -> None:
        """End them all."""
        for name in [*self._open]:
            self._end(name)

    def _sweep(self) -> None:
        """Forget the windows that the person has closed."""
        for name in [name for name, window in self._open.items() if not window.open]:
            self._end(name)

    def _end(self, name: str) -> None:
        self._open.pop(name).end()
        self._shown.pop(name, None)
