"""The web applications that are open beside the desktop, each in a cage and window of its own, and the input method.

Limit: `MOST_OPEN` at once; one more takes the place of the one that was opened first.
"""

import contextlib
from collections.abc import Iterable, Mapping
from typing import Final

from hanare_core.web_application import WebApplication
from hanare_stick import browser, input_method
from hanare_stick.caged import Caged
from hanare_stick.process import Running
from hanare_stick.settings import Browser, Display

MOST_OPEN: Final = 3
"""A browser wants about 300 MB, and a PC of 4 GiB holds the system and the desktop as well."""


class Windows:
    """The open windows of one session, by application."""

    def __init__(self, adopted: Mapping[str, Running] | None = None, typing: Running | None = None) -> None:
        self._open = {name: Caged(running) for name, running in (adopted or {}).items()}
        self._input_method = Caged(typing) if typing is not None else None
        self._shown: dict[str, WebApplication] = {}

    def open(self, application: WebApplication, program: Browser, display: Display) -> None:
        """Open the application, unless it is open. Raises OSError or ValueError when it cannot be started."""
        self._sweep()
        if application.id in self._open:
            return
        while len(self._open) >= MOST_OPEN:
            self._end(next(iter(self._open)))
        self._start_input_method(program, display)
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

    def process(self, application: str) -> Running | None:
        """Return the process that shows the application; None when none does any more."""
        window = self._open.get(application)
        return window.running if window is not None else None

    def input_method(self) -> Running | None:
        """Return its process, for the next agent."""
        return self._input_method.running if self._input_method is not None else None

    def end(self) -> None:
        """End them all."""
        for name in [*self._open]:
            self._end(name)
        self._end_input_method()

    def _start_input_method(self, program: Browser, display: Display) -> None:
        """Have one that lives before a window opens; it stays for the next window. Without it keys are as they are."""
        if self._input_method is not None and self._input_method.alive:
            return
        self._end_input_method()
        wanted = program.input_method
        if wanted is not None and wanted.installed:
            with contextlib.suppress(OSError):
                self._input_method = input_method.start(wanted, display)

    def _end_input_method(self) -> None:
        if self._input_method is not None:
            self._input_method.end()
            self._input_method = None

    def _sweep(self) -> None:
        """Forget the windows that the person has closed."""
        for name in [name for name, window in self._open.items() if not window.alive]:
            self._end(name)

    def _end(self, name: str) -> None:
        self._open.pop(name).end()
        self._shown.pop(name, None)
