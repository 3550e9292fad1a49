"""What stands on every monitor, also on one that is plugged in later; the first has the page and the desktop.

Monitors come and go without a change on those that stay: what lies over the desktop there is never taken away. How
large things are drawn is measured where no bar stands: at the start, or when the only monitor is back.
"""

from collections.abc import Callable, Iterable

from hanare_stick.kiosk import density
from hanare_stick.kiosk.acts import Do
from hanare_stick.kiosk.draw import style
from hanare_stick.kiosk.draw.layers import Layers
from hanare_stick.kiosk.draw.toolkit import Gdk, Gtk
from hanare_stick.kiosk.randr import Place
from hanare_stick.kiosk.state import BARE, State


class Monitors:
    """All monitors of the PC that have told their size; `changed` is called when their number or a size does."""

    def __init__(self, application: Gtk.Application, display: Gdk.Display, do: Do, changed: Callable[[], None]) -> None:
        self._application = application
        self._do = do
        self._display = display
        self._changed = changed
        self._layers: dict[Gdk.Monitor, Layers] = {}
        self._bar_height = style.BAR_PIXELS
        self._shown: tuple[State, float] | None = None
        self._was_bare = False
        self._list = display.get_monitors()
        self._list.connect("items-changed", lambda _list, start, _gone, come: self._follow(range(start, start + come)))
        self._hear(self._there())
        self._make()

    @property
    def first(self) -> Gdk.Monitor | None:
        """The monitor that has the page and the desktop; None while there is none."""
        return next(iter(self._layers), None)

    @property
    def places(self) -> list[tuple[Place, Place]]:
        """Each monitor, and what is left of it beneath the bar; the first one first."""
        return [self._place(monitor) for monitor in self._layers]

    @property
    def scale(self) -> int:
        """How large things are drawn on the first monitor, in per cent."""
        first = self.first
        return _scale(first) if first is not None else density.STEPS[0]

    def show(self, state: State, now: float) -> None:
        """Draw the state."""
        self._shown = (state, now)
        self._was_bare = self._was_bare or state.page in BARE
        for monitor, layers in self._layers.items():
            # Until then nothing can lie beneath the page, and the first page comes sooner without.
            layers.show(state, now, shading=self._was_bare or monitor is not self.first)

    def dressed(self, number: int) -> bool:
        """Whether all of so many monitors have their layers, at the compositor as well."""
        self._display.sync()  # one that was pulled out a moment ago is no longer counted, what was drawn has arrived
        return len(self._layers) == number and all(layers.dressed for layers in self._layers.values())

    def _there(self) -> list[Gdk.Monitor]:
        return [self._list.get_item(number) for number in range(self._list.get_n_items())]

    def _hear(self, monitors: Iterable[Gdk.Monitor]) -> None:
        for monitor in monitors:
            monitor.connect("notify::geometry", lambda *_: self._resized())

    def _make(self) -> None:
        """Give every monitor that has none its layers, once it has told its size."""
        for monitor in self._there():
            if monitor not in self._layers and monitor.get_geometry().width:
                if not self._layers:
                    self._measure(monitor)
                self._layers[monitor] = Layers(self._application, monitor, self._do, self._bar_height)

    def _measure(self, monitor: Gdk.Monitor) -> None:
        scale = _scale(monitor)
        self._bar_height = style.bar_pixels(scale)
        style.apply(self._display, monitor.get_geometry().height, scale)

    def _follow(self, come: Iterable[int]) -> None:
        for gone in self._layers.keys() - set(self._there()):
            self._layers.pop(gone).destroy()
        self._hear(self._list.get_item(number) for number in come)
        self._resized()

    def _resized(self) -> None:
        self._make()
        if self._shown is not None:
            self.show(*self._shown)
        self._changed()

    def _place(self, monitor: Gdk.Monitor) -> tuple[Place, Place]:
        whole, bar = monitor.get_geometry(), self._bar_height
        beneath = Place(whole.x, whole.y + bar, whole.width, whole.height - bar)
        return Place(whole.x, whole.y, whole.width, whole.height), beneath


def _scale(monitor: Gdk.Monitor) -> int:
    return density.scale(monitor.get_geometry().width, monitor.get_width_mm())
