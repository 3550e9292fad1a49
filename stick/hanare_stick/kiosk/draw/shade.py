"""The shade: the kiosk's own ground all over one monitor, beneath the page where that stands, in words where not."""

from hanare_stick.kiosk.draw import parts
from hanare_stick.kiosk.draw.drawn_window import DrawnWindow
from hanare_stick.kiosk.draw.toolkit import Gdk, Gtk
from hanare_stick.kiosk.state import State
from hanare_stick.kiosk.words import word


class Shade:
    """One opaque layer on one monitor; nothing beneath it can be seen."""

    def __init__(self, application: Gtk.Application, monitor: Gdk.Monitor) -> None:
        self.window = DrawnWindow(application)
        self.window.add_css_class("cover")
        self.window.lie_over(monitor, "hanare-shade")
        self._words = parts.text("", "lead")
        self._words.set_halign(Gtk.Align.CENTER)
        self._words.set_valign(Gtk.Align.CENTER)
        self.window.set_child(self._words)

    def show(self, state: State) -> None:
        """Say in the state's language where the page is."""
        self._words.set_label(word("other-screen", state.language))
