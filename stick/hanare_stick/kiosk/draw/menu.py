"""The session's menu: tiles of the functions where there are several, then what one can do about the session."""

from typing import Final

from hanare_stick.kiosk import acts
from hanare_stick.kiosk.acts import Act, Do
from hanare_stick.kiosk.draw import parts
from hanare_stick.kiosk.draw.toolkit import Gtk
from hanare_stick.kiosk.shown import shown
from hanare_stick.kiosk.state import Page, State
from hanare_stick.kiosk.words import word

COLUMNS: Final = 3
"""Twelve applications and the office PC are five rows, on the smallest screen as well."""

_CHOICES: Final = (
    ("menu-lock", acts.Lock()),
    ("menu-change-pin", acts.Go(Page.CHANGE_PIN)),
    ("menu-end", acts.Go(Page.CONFIRM_END)),
    ("menu-power-off", acts.PowerOff()),
)


class Menu:
    """Drawn once; the first button, which leads back to the office PC, has the focus."""

    def __init__(self, state: State, do: Do) -> None:
        say = state.language
        tiles = state.session.tiles if state.session is not None else ()
        first = _button("menu-tile-pc" if tiles else "menu-resume", state, do, acts.Open() if tiles else acts.Resume())
        first.add_css_class("go")
        choices = [_button(key, state, do, act) for key, act in _CHOICES]
        self._busy = parts.text("", "lead")
        self.widget: Gtk.Widget = parts.column(
            parts.text(word("menu-title", say), "title"), parts.text(word("menu-keys", say), "tour"), spacing=20
        )
        if tiles:
            names = [(tile.id, shown(tile.ja if say == "ja" else tile.en)) for tile in tiles]
            openers = [parts.button(name, lambda one=one: do(acts.Open(one))) for one, name in names]  # type: ignore[misc]
            self.widget.append(_grid([first, *openers]))
            self.widget.append(_grid(choices))
        else:
            for each in (first, *choices):
                each.set_halign(Gtk.Align.START)
                self.widget.append(each)
        self.widget.append(self._busy)
        self.widget.connect("map", lambda _box: first.grab_focus())

    def follow(self, state: State) -> None:
        """Say what is being done."""
        self._busy.set_label(word(state.busy, state.language) if state.busy else "")


def _button(key: str, state: State, do: Do, act: Act) -> Gtk.Button:
    return parts.button(word(key, state.language), lambda: do(act))


def _grid(buttons: list[Gtk.Button]) -> Gtk.Grid:
    grid = Gtk.Grid(column_spacing=14, row_spacing=14, column_homogeneous=True)
    empty = [Gtk.Box() for _ in range(-len(buttons) % COLUMNS)]
    for number, widget in enumerate([*buttons, *empty]):
        widget.set_hexpand(True)
        grid.attach(widget, number % COLUMNS, number // COLUMNS, 1, 1)
    return grid
