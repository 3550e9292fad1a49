"""A window for the first monitor: hidden as long as there is none, as the compositor takes such a layer away."""

from collections.abc import Callable

from hanare_stick.kiosk.draw.toolkit import Gdk, Gtk, LayerShell


class FirstWindow(Gtk.ApplicationWindow):  # type: ignore[misc]  # GTK has no types
    """`want` says whether it is to be seen, `stand_on` where."""

    def __init__(self, application: Gtk.Application) -> None:
        super().__init__(application=application)
        LayerShell.init_for_window(self)
        self._wanted = self._placed = False
        self._monitor: Gdk.Monitor | None = None

    def want(self, *, wanted: bool) -> None:
        """Show or hide it, now or as soon as there is a monitor."""
        self._wanted = wanted
        self._appear()

    def stand_on(self, monitor: Gdk.Monitor | None) -> None:
        """Move to this monitor; None: there is none."""
        self._placed = monitor is not None
        if monitor is not None and monitor is not self._monitor:
            LayerShell.set_monitor(self, monitor)
            self._monitor = monitor  # one that is gone as well: layer-shell keeps its address, and not the monitor
        self._appear()

    def when_seen(self, tell: Callable[[], None]) -> None:
        """Call this once its first picture is on the screen; at once while there is no monitor."""
        frames = 0

        def next_frame(*_: object) -> bool:
            # The compositor asks for a second one when it has shown the first (wl_surface.frame).
            nonlocal frames
            frames += 1
            if frames > 1:
                tell()
            return frames <= 1

        if self._placed:
            self.add_tick_callback(next_frame)
        else:
            tell()

    def _appear(self) -> None:
        visible = self._wanted and self._placed
        if visible != self.get_visible():
            self.set_visible(visible)
