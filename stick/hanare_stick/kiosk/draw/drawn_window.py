"""A window that knows whether the compositor has got its picture since it was shown last.

GTK's clock ticks before the compositor has told the window its size, and then paints nothing: only a snapshot with the
end of the same tick is a picture.
"""

from hanare_stick.kiosk.draw.toolkit import Gdk, Gtk, LayerShell


class DrawnWindow(Gtk.ApplicationWindow):  # type: ignore[misc]  # GTK has no types
    """`drawn` from the end of its first picture until it is hidden."""

    def __init__(self, application: Gtk.Application) -> None:
        super().__init__(application=application)
        self.drawn = False
        self._snapped = False
        self.connect("map", self._mapped)
        self.connect("unmap", self._unmapped)

    def lie_over(self, monitor: Gdk.Monitor, namespace: str) -> None:
        """Be a layer over the whole of one monitor, bars and all, that takes no keys."""
        LayerShell.init_for_window(self)
        LayerShell.set_namespace(self, namespace)
        LayerShell.set_monitor(self, monitor)
        LayerShell.set_layer(self, LayerShell.Layer.OVERLAY)
        LayerShell.set_keyboard_mode(self, LayerShell.KeyboardMode.NONE)
        LayerShell.set_exclusive_zone(self, -1)
        for edge in (LayerShell.Edge.TOP, LayerShell.Edge.BOTTOM, LayerShell.Edge.LEFT, LayerShell.Edge.RIGHT):
            LayerShell.set_anchor(self, edge, True)

    def do_snapshot(self, snapshot: Gtk.Snapshot) -> None:
        """Draw, as GTK asks for it."""
        Gtk.ApplicationWindow.do_snapshot(self, snapshot)
        self._snapped = True

    def _mapped(self, _window: Gtk.Window) -> None:
        clock = self.get_frame_clock()

        def painted(_clock: Gdk.FrameClock) -> None:
            if self._snapped:
                clock.disconnect(handler)
                self.drawn = True

        handler = clock.connect("after-paint", painted)

    def _unmapped(self, _window: Gtk.Window) -> None:
        self.drawn = self._snapped = False
