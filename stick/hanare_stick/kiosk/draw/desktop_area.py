"""Where the office desktop is to stand: beneath the bars of all monitors, told to X programs and to the agent."""

from collections.abc import Callable
from typing import Final

from hanare_stick.control_messages import Area
from hanare_stick.kiosk import randr
from hanare_stick.kiosk.draw.monitors import Monitors
from hanare_stick.kiosk.draw.toolkit import GLib
from hanare_stick.kiosk.randr import Place

MOST_PIXELS: Final = 8192
"""Of a side (MS-RDPBCGR 2.2.1.3.2); monitors that are wider together get the desktop on the first alone."""

MOST_MONITORS: Final = 16
LOOK_MS: Final = 50
LOOKS: Final = 100
"""Five seconds until Xwayland knows a monitor that the compositor has; then the desktop stands on the first alone."""


class DesktopArea:
    """Tells the area whenever it is another one."""

    def __init__(self, monitors: Monitors, tell: Callable[[Area], None]) -> None:
        self._monitors = monitors
        self._tell = tell
        self._turn = 0
        self._declared = False

    def follow(self) -> None:
        """Tell the area of the monitors that are there now; of none nothing is told."""
        self._turn += 1
        self._try(self._turn, LOOKS)

    def _try(self, turn: int, looks: int) -> bool:
        places = self._monitors.places
        if turn != self._turn or not places:
            return False
        whole = _around([free for _, free in places])
        fits = len(places) <= MOST_MONITORS and max(whole.width, whole.height) <= MOST_PIXELS
        alone = len(places) == 1 and not self._declared  # no X server is started for it
        if alone or not fits or not looks:
            self._say(places[0][1], 1)
        elif _declared(sorted(places)):  # FreeRDP's first monitor is the one with the task bar, at 0,0
            self._declared = True
            self._say(whole, len(places))
        else:
            GLib.timeout_add(LOOK_MS, self._try, turn, looks - 1)
        return False

    def _say(self, place: Place, monitors: int) -> None:
        area = Area(
            width=place.width,
            height=place.height,
            left=place.left,
            top=place.top,
            scale=self._monitors.scale,
            monitors=monitors,
        )
        self._tell(area)


def _declared(places: list[tuple[Place, Place]]) -> bool:
    try:
        return randr.declare(places)
    except OSError:
        return False


def _around(parts: list[Place]) -> Place:
    left, top = min(part.left for part in parts), min(part.top for part in parts)
    right = max(part.left + part.width for part in parts)
    bottom = max(part.top + part.height for part in parts)
    return Place(left, top, right - left, bottom - top)
