"""Bar and watermark on every monitor, made anew when monitors come or go."""

from collections.abc import Callable
from typing import Final

from hanare_stick.kiosk import density
from hanare_stick.kiosk.acts import Do
from hanare_stick.kiosk.draw import style
from hanare_stick.kiosk.draw.bar import Bar
from hanare_stick.kiosk.draw.toolkit import Gdk, Gtk
from hanare_stick.kiosk.draw.watermark import Watermark
from hanare_stick.kiosk.state import Page, State

FALLBACK: Final = (1280, 720)
"""Where no monitor tells its size yet."""


class Monitors:
    """All monitors of the PC; `changed` is called when their number or size does."""

    def __init__(self, application: Gtk.Application, display: Gdk.Display, do: Do, changed: Callable[[], None]) -> None:
        self._application = application
        self._do = do
        self._changed = changed
        self._list = display.get_monitors()
        self._list.connect("items-changed", lambda *_: self._remake())
        self._bars: list[Bar] = []
        self._marks: list[Watermark] = []
        self._shown: tuple[State, float] | None = None
        self._make()

    @property
    def height(self) -> int:
        """Height of the first monitor, in pixels."""
        return self._size()[1]

    @property
    def area(self) -> tuple[int, int]:
        """What is left of the first monitor beneath the bar."""
        width, height = self._size()
        return width, height - style.bar_pixels(self.scale)

    @property
    def scale(self) -> int:
        """How large things are drawn on the first monitor, in per cent."""
        first = self._list.get_item(0)
        return density.scale(self._size()[0], first.get_width_mm()) if first is not None else density.STEPS[0]

    def show(self, state: State, now: float) -> None:
        """Draw the state; bar and watermark stand as long as a session is open."""
        self._shown = (state, now)
        open_session = state.session is not None
        for bar in self._bars:
            bar.show(state, now)
            bar.window.set_visible(open_session or state.page is Page.PORTAL)
        for mark in self._marks:
            mark.show(state)
            mark.window.set_visible(open_session and state.session is not None and state.session.watermark)

    def _make(self) -> None:
        monitors = [self._list.get_item(number) for number in range(self._list.get_n_items())]
        self._bars = [Bar(self._application, monitor, self._do, style.bar_pixels(self.scale)) for monitor in monitors]
        self._marks = [Watermark(self._application, monitor) for monitor in monitors]
        for window in (*(bar.window for bar in self._bars), *(mark.window for mark in self._marks)):
            window.connect("close-request", lambda _window: self._application.quit())

    def _remake(self) -> None:
        for window in (*(bar.window for bar in self._bars), *(mark.window for mark in self._marks)):
            window.destroy()
        self._make()
        if self._shown is not None:
            self.show(*self._shown)
        self._changed()

    def _size(self) -> tuple[int, int]:
        first = self._list.get_item(0)
        if first is None:
            return FALLBACK
        place = first.get_geometry()
        return place.width or FALLBACK[0], place.height or FALLBACK[1]
