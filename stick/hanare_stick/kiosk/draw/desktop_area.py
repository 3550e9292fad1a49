"""Where the office desktop is to stand: beneath the bars of all monitors, told to X programs and to the agent."""

from collections.abc import Callable
from typing import Final

from hanare_stick.control_messages import Area
from hanare_stick.kiosk.draw.declaration import Declaration
from hanare_stick.kiosk.draw.monitors import Monitors
from hanare_stick.kiosk.randr import Place

MOST_PIXELS: Final = 8192
"""Of a side (MS-RDPBCGR 2.2.1.3.2); monitors that are wider together get the desktop on the first alone."""

MOST_MONITORS: Final = 16


class DesktopArea:
    """Tells the area whenever it is another one."""

    def __init__(self, monitors: Monitors, tell: Callable[[Area], None]) -> None:
        self._monitors = monitors
        self._tell = tell
        self._declaration: Declaration | None = None
        self._declared = False

    def follow(self) -> None:
        """Tell the area of the monitors that are there now; of none nothing is told."""
        if self._declaration is not None:
            self._declaration.drop()
            self._declaration = None
        places = self._monitors.places
        if not places:
            return
        whole = _around([free for _, free in places])
        fits = len(places) <= MOST_MONITORS and max(whole.width, whole.height) <= MOST_PIXELS
        alone = len(places) == 1 and not self._declared  # no X server is started for it
        if alone or not fits:
            self._say(places[0][1], 1)
        else:
            # FreeRDP's first monitor is the one with the task bar, at 0,0
            self._declaration = Declaration(sorted(places), lambda stand: self._tried(places, whole, stand=stand))

    def _tried(self, places: list[tuple[Place, Place]], whole: Place, *, stand: bool) -> None:
        """Tell the whole area, or that of the first monitor where X programs could not be told of all of them."""
        self._declared = self._declared or stand
        if stand:
            self._say(whole, len(places))
        else:
            self._say(places[0][1], 1)

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


def _around(parts: list[Place]) -> Place:
    left, top = min(part.left for part in parts), min(part.top for part in parts)
    right = max(part.left + part.width for part in parts)
    bottom = max(part.top + part.height for part in parts)
    return Place(left, top, right - left, bottom - top)
