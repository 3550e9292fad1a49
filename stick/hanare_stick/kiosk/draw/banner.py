"""A small window over the desktop for what must be read while working: messages, and the end of the hours."""

from hanare_stick.kiosk import acts
from hanare_stick.kiosk.acts import Do
from hanare_stick.kiosk.draw import parts
from hanare_stick.kiosk.draw.first_window import FirstWindow
from hanare_stick.kiosk.draw.toolkit import Gtk, LayerShell
from hanare_stick.kiosk.state import UNCOVERED, State
from hanare_stick.kiosk.words import word


class Banner:
    """Stands below the bar while there is something to read on the desktop's page."""

    def __init__(self, application: Gtk.Application, do: Do) -> None:
        self._do = do
        self._drawn: tuple[str, str] | None = None
        self.window = FirstWindow(application)
        self.window.add_css_class("banner")
        LayerShell.set_namespace(self.window, "hanare-banner")
        LayerShell.set_layer(self.window, LayerShell.Layer.TOP)
        LayerShell.set_keyboard_mode(self.window, LayerShell.KeyboardMode.NONE)
        LayerShell.set_anchor(self.window, LayerShell.Edge.TOP, True)
        LayerShell.set_margin(self.window, LayerShell.Edge.TOP, 12)

    def show(self, state: State) -> None:
        """Draw the oldest thing to read, or hide."""
        reading = _reading(state) if state.page in UNCOVERED else None
        if reading != self._drawn:
            self._drawn = reading
            if reading is not None:
                self.window.set_child(self._content(*reading, state))
            self.window.want(wanted=reading is not None)

    def _content(self, title: str, words: str, state: State) -> Gtk.Widget:
        body = parts.text(words)
        body.set_max_width_chars(44)
        asks = state.notice is None and bool(state.readable) and state.readable[0].diagnostics
        content = parts.column(parts.text(title, "said"), body, answers(state, self._do, asks=asks), spacing=8)
        parts.margin(content, 14)
        return content


def answers(state: State, do: Do, *, asks: bool) -> Gtk.Widget:
    """Return the buttons below a message: that it was read, or, where it asks for diagnostics, yes and no."""
    row = Gtk.Box(orientation=Gtk.Orientation.HORIZONTAL, spacing=8, halign=Gtk.Align.START)
    if asks:
        row.append(parts.button(word("agree", state.language), lambda: do(acts.Agree()), "small"))
    label = word("decline" if asks else "understood", state.language)
    row.append(parts.button(label, lambda: do(acts.Dismiss()), "small"))
    return row


def _reading(state: State) -> tuple[str, str] | None:
    if state.notice is not None:
        return state.notice.said(state.language)
    for note in state.readable[:1]:
        return word("note-title", state.language), note.said(state.language)
    return None
