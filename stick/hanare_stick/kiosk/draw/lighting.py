"""Lights a monitor that is plugged in later, behind the curtain, which opens when every monitor has its layers.

What fails ends the kiosk, and with it the compositor: black, as when a layer is taken away.
"""

import time
from collections.abc import Callable
from typing import Final

from hanare_stick.kiosk.curtain import Curtain
from hanare_stick.kiosk.draw.monitors import Monitors
from hanare_stick.kiosk.draw.toolkit import GLib, Gtk
from hanare_stick.kiosk.outputs import Outputs

LOOK_MS: Final = 20
DRESSED_S: Final = 10.0
"""A slow PC draws its layers within a second; a monitor that never gets them must not stay half lit."""


class Lighting:
    """One kiosk has one; `opened` is called when the curtain is open again.

    Raises OSError or KeyError when the compositor cannot do it.
    """

    def __init__(self, application: Gtk.Application, monitors: Monitors, opened: Callable[[], None]) -> None:
        self._application = application
        self._monitors = monitors
        self._opened = opened
        self._outputs = Outputs()
        self._curtain = Curtain()
        self._deadline = 0.0
        GLib.io_add_watch(self._outputs.fileno(), GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN, self._spoke)

    def _spoke(self, *_: object) -> bool:
        try:
            self._outputs.dispatch()
            while self._outputs.waiting:
                self._behind_curtain()
        except (OSError, KeyError):
            self._application.quit()
            return False
        return True

    def _behind_curtain(self) -> None:
        if not self._curtain.closed:
            self._curtain.close()
            GLib.timeout_add(LOOK_MS, self._look)
        self._deadline = time.monotonic() + DRESSED_S
        self._outputs.light()

    def _look(self) -> bool:
        if self._monitors.dressed(self._outputs.lit):
            self._curtain.open()
            self._opened()
            return False
        if time.monotonic() > self._deadline:
            self._application.quit()
        return True
