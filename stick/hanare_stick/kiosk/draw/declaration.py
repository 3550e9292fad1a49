"""One try to tell X programs of the monitors: a child process (`randr_child`), ended when it takes too long."""

from collections.abc import Callable
from typing import Final

from hanare_stick.kiosk import randr_child
from hanare_stick.kiosk.draw.toolkit import Gio, GLib

MOST_MS: Final = 8000
"""The child looks for five seconds, and a slow PC starts it in two; more is an X server that hangs."""


class Declaration:
    """Runs from the start; `done` is called once with whether the monitors stand, unless it was dropped before."""

    def __init__(self, places: randr_child.Places, done: Callable[[bool], None]) -> None:
        self._done: Callable[[bool], None] | None = done
        self._child = Gio.Subprocess.new(randr_child.command(places), Gio.SubprocessFlags.NONE)
        self._bound = GLib.timeout_add(MOST_MS, self._too_long)
        self._child.wait_async(None, self._ended)

    def drop(self) -> None:
        """End it: these monitors are no longer the ones."""
        self._done = None
        self._child.force_exit()

    def _too_long(self) -> bool:
        self._bound = 0
        self._child.force_exit()
        return False

    def _ended(self, child: Gio.Subprocess, result: Gio.AsyncResult) -> None:
        child.wait_finish(result)
        if self._bound:
            GLib.source_remove(self._bound)
        done, self._done = self._done, None
        if done is not None:
            done(child.get_if_exited() and child.get_exit_status() == 0)
