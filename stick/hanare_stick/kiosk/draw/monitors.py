"""What stands on every monitor, also on one that is plugged in later; the first has the page and the desktop.

Monitors come and go without a change on those that stay: what lies over the desktop there is never taken away.
"""

from collections.abc import Callable
from typing import Final

from hanare_stick.kiosk import density
from hanare_stick.kiosk.acts import Do
from hanare_stick.kiosk.draw import style
from hanare_stick.kiosk.draw.layers import Layers
from hanare_stick.kiosk.draw.toolkit import Gdk, Gtk
from hanare_stick.kiosk.randr import Place
from hanare_stick.kiosk.state import State

FALLBACK: Final = (1280, 720)
"""Where no monitor tells its size yet."""


class Monitors:
    """All monitors of the PC; `changed` is called when their number or a size does."""

    def __init__(self, application: Gtk.Application, display: Gdk.Display, do: Do, changed: Callable[[], None]) -> None:
        self._application = application
        self._do = do
        self._display = display
        self._changed = changed
        self._layers: dict[Gdk.Monitor, Layers] = {}
        self._shown: tuple[State, float] | None = None
        self._list = display.get_monitors()
        self._list.connect("items-changed", lambda *_: self._follow())
        self._make()

    @property
    def first(self) -> Gdk.Monitor | None:
        """The monitor that has the page and the desktop; None while there is none."""
        return self._list.get_item(0)

    @property
    def height(self) -> int:
        """Height of the first monitor, in pixels."""
        return self._size()[1]

    @property
    def places(self) -> list[tuple[Place, Place]]:
        """Each monitor, and what is left of it beneath the bar; the first one first."""
        return [self._place(self._list.get_item(number)) for number in range(self._list.get_n_items())]

    @property
    def scale(self) -> int:
        """How large things are drawn on the first monitor, in per cent."""
        first = self.first
        return density.scale(self._size()[0], first.get_width_mm()) if first is not None else density.STEPS[0]

    def show(self, state: State, now: float) -> None:
        """Draw the state."""
        self._shown = (state, now)
        for layers in self._layers.values():
            layers.show(state, now)

    def dressed(self, number: int) -> bool:
        """Whether all of so many monitors have their layers, at the compositor as well."""
        self._display.sync()  # one that was pulled out a moment ago is no longer counted, what was drawn has arrived
        return len(self._layers) == number and all(layers.dressed for layers in self._layers.values())

    def _make(self) -> None:
        """Give every monitor that has none its layers."""
        for monitor in (self._list.get_item(number) for number in range(self._list.get_n_items())):
            if monitor not in self._layers:
                self._layers[monitor] = Layers(self._application, monitor, self._do, style.bar_pixels(self.scale))
                monitor.connect("notify::geometry", lambda *_: self._changed())

    def _follow(self) -> None:
        there = {self._list.get_item(number) for number in range(self._list.get_n_items())}
        for gone in self._layers.keys() - there:
            self._layers.pop(gone).destroy()
        self._make()
        if self._shown is not None:
            self.show(*self._shown)
        self._changed()

    def _place(self, monitor: Gdk.Monitor) -> tuple[Place, Place]:
        whole, bar = monitor.get_geometry(), style.bar_pixels(self.scale)
        size = whole.width or FALLBACK[0], whole.height or FALLBACK[1]
        return Place(whole.x, whole.y, *size), Place(whole.x, whole.y + bar, size[0], size[1] - bar)

    def _size(self) -> tuple[int, int]:
        first = self.first
        if first is None:
            return FALLBACK
        place = first.get_geometry()
        return place.width or FALLBACK[0], place.height or FALLBACK[1]
