"""The status bar above the desktop: who, where, line, battery, stick, time left, and the three things one can do.

Above a network's own sign-in page it warns instead. It takes no keys: those are the desktop's. Ctrl+Alt+Home opens the
menu by keyboard, or closes that page.
"""

from hanare_stick import medium
from hanare_stick.control_messages import LevelKind, Opened
from hanare_stick.kiosk import acts, battery
from hanare_stick.kiosk.acts import Do
from hanare_stick.kiosk.draw import parts
from hanare_stick.kiosk.draw.drawn_window import DrawnWindow
from hanare_stick.kiosk.draw.toolkit import Gdk, Gtk, LayerShell
from hanare_stick.kiosk.line import quality
from hanare_stick.kiosk.state import Page, State
from hanare_stick.kiosk.words import duration, word


class Bar:
    """One bar on one monitor."""

    def __init__(self, application: Gtk.Application, monitor: Gdk.Monitor, do: Do, height: int) -> None:
        self._do = do
        self.window = DrawnWindow(application)
        self.window.add_css_class("bar")
        self.window.set_default_size(-1, height)
        LayerShell.init_for_window(self.window)
        LayerShell.set_namespace(self.window, "hanare-bar")
        LayerShell.set_monitor(self.window, monitor)
        LayerShell.set_layer(self.window, LayerShell.Layer.TOP)
        LayerShell.set_keyboard_mode(self.window, LayerShell.KeyboardMode.NONE)
        LayerShell.set_exclusive_zone(self.window, height)
        for edge in (LayerShell.Edge.TOP, LayerShell.Edge.LEFT, LayerShell.Edge.RIGHT):
            LayerShell.set_anchor(self.window, edge, True)
        self._row = parts.row(spacing=10)
        self._row.set_margin_start(14)
        self._row.set_margin_end(8)
        self.window.set_child(self._row)

    def show(self, state: State, now: float) -> None:
        """Draw the state."""
        parts.clear(self._row)
        warns = state.page is Page.PORTAL
        self.window.set_css_classes(["bar", "stranger"] if warns else ["bar"])
        if warns:
            self._warn(state)
        elif state.session is not None:
            self._tell(state, state.session, now)

    def _warn(self, state: State) -> None:
        """Say whose page is beneath, and what never to type there."""
        warning = parts.short(word("portal-warning", state.language), "warning")
        close = parts.button(word("portal-close", state.language), lambda: self._do(acts.ClosePortal()))
        close.set_focusable(False)
        for widget in (warning, parts.spring(), close):
            self._row.append(widget)

    def _tell(self, state: State, session: Opened, now: float) -> None:
        say = state.language
        left = duration(state.ends_at - now, say)
        line = quality(state.line)
        # Who and where give way where the bar is short: the buttons at its end never do.
        shown = [parts.cut(session.user), parts.cut(session.office_pc, "lead"), parts.spring()]
        shown.append(parts.text(word(f"line-{line}", say), *(["lost"] if line == "lost" else ["lead"])))
        shown += self._levels(state)
        charge = battery.read()
        if charge is not None:
            shown.append(
                parts.text(word("battery-charging" if charge.charging else "battery", say, percent=charge.percent))
            )
        if word_of_stick := _word_of_stick():
            shown.append(parts.text(word(word_of_stick, say)))
        shown.append(parts.text(word("bar-left", say, time=left)))
        for widget in (*shown, *self._buttons(state)):
            if isinstance(widget, Gtk.Label):
                widget.set_wrap(False)
            self._row.append(widget)

    def _levels(self, state: State) -> list[Gtk.Widget]:
        """Return volume and brightness with a button to either side, where this PC has them."""
        levels = state.levels
        widgets: list[Gtk.Widget] = []
        if levels.volume is not None:
            key = "volume-off" if levels.muted else "volume"
            widgets.append(self._dial(LevelKind.VOLUME, word(key, state.language, percent=levels.volume)))
        if levels.brightness is not None:
            shining = word("brightness", state.language, percent=levels.brightness)
            widgets.append(self._dial(LevelKind.BRIGHTNESS, shining))
        return widgets

    def _dial(self, level: LevelKind, words: str) -> Gtk.Widget:
        less = parts.button("−", lambda: self._do(acts.Adjust(level, up=False)), "step")
        more = parts.button("+", lambda: self._do(acts.Adjust(level)), "step")
        for each in (less, more):
            each.set_focusable(False)
        return parts.row(less, parts.short(words), more, spacing=6)

    def _buttons(self, state: State) -> list[Gtk.Button]:
        do, say = self._do, state.language
        buttons = [
            parts.button(word("bar-menu", say), lambda: do(acts.Go(Page.MENU))),
            parts.button(word("bar-lock", say), lambda: do(acts.Lock())),
            parts.button(word("bar-end", say), lambda: do(acts.Go(Page.CONFIRM_END))),
        ]
        for each in buttons:
            each.set_focusable(False)
        return buttons


def _word_of_stick() -> str:
    """Return the word that says whether the stick may be pulled out; none when it is out, or when nobody knows."""
    now = medium.read()
    if now is medium.Medium.DAMAGED:
        return "bar-stick-damaged"
    if medium.must_stay(now):
        return "bar-stick-stays"
    return "bar-stick-free" if now is medium.Medium.SAFE else ""
