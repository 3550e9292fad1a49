"""One monitor's own layers: bar, watermark, and the shade that hides everything while a page stands."""

from hanare_stick.kiosk.acts import Do
from hanare_stick.kiosk.draw.bar import Bar
from hanare_stick.kiosk.draw.shade import Shade
from hanare_stick.kiosk.draw.toolkit import Gdk, Gtk
from hanare_stick.kiosk.draw.watermark import Watermark
from hanare_stick.kiosk.state import BARE, Page, State


class Layers:
    """They live as long as the monitor; when one is taken away before that, the kiosk ends."""

    def __init__(self, application: Gtk.Application, monitor: Gdk.Monitor, do: Do, bar_height: int) -> None:
        self._bar = Bar(application, monitor, do, bar_height)
        self._mark = Watermark(application, monitor)
        self._shade = Shade(application, monitor)
        self._windows = (self._bar.window, self._mark.window, self._shade.window)
        for window in self._windows:
            window.connect("close-request", lambda _window: application.quit())

    def show(self, state: State, now: float, *, shading: bool) -> None:
        """Draw the state; bar and watermark stand as long as a session is open, the shade where it is wanted."""
        session = state.session
        self._bar.show(state, now)
        self._mark.show(state)
        self._shade.show(state)
        self._bar.window.set_visible(session is not None or state.page is Page.PORTAL)
        self._mark.window.set_visible(session is not None and session.watermark)
        self._shade.window.set_visible(shading and state.page not in BARE)

    @property
    def dressed(self) -> bool:
        """Whether each layer that is to stand has been drawn."""
        return all(window.drawn for window in self._windows if window.get_visible())

    def destroy(self) -> None:
        """Take them away: the monitor is gone."""
        for window in self._windows:
            window.destroy()
