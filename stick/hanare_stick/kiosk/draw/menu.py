"""The session's menu: tiles of the functions where there are several, then what one can do about the session.

However many tiles there are, what ends the session stands below them: the tiles grow denser, then they are scrolled.
"""

from collections.abc import Callable
from typing import Final

from hanare_stick.kiosk import acts, opening
from hanare_stick.kiosk.acts import Act, Do
from hanare_stick.kiosk.draw import parts
from hanare_stick.kiosk.draw.busy import Busy
from hanare_stick.kiosk.draw.scrolled import RING_PIXELS, scrolled
from hanare_stick.kiosk.draw.toolkit import Gtk
from hanare_stick.kiosk.state import Page, State
from hanare_stick.kiosk.words import word

COLUMNS: Final = 4
MANY_COLUMNS: Final = 5
MANY: Final = 13
"""Tiles, the office PC's among them, that have the room to be tall; more stand closer."""

_CHOICES: Final = (
    ("menu-lock", acts.Lock()),
    ("menu-change-pin", acts.Go(Page.CHANGE_PIN)),
    ("menu-end", acts.Go(Page.CONFIRM_END)),
    ("menu-power-off", acts.PowerOff()),
)


class Menu:
    """Drawn once; the first button, which leads back to the office PC, has the focus."""

    def __init__(self, state: State, do: Do) -> None:
        self._state = state
        self._do = do
        say = state.language
        tiles = state.session.tiles if state.session is not None else ()
        self._tiles = {one.id: parts.tile(opening.label(one, say), self._opener(one.id)) for one in tiles}
        self._busy = Busy(parts.cut("", "doing"))
        first = self._tiled() if tiles else self._plain()
        self.widget.connect("map", lambda _box: first.grab_focus())

    def follow(self, state: State) -> None:
        """Say what is being done, or which application is awaited."""
        doing = word(state.busy, state.language) if state.busy else ""
        if state.opening:
            doing = word("opening", state.language, name=opening.name(state, state.opening, state.language))
        self._busy.say(doing)
        for application, tile in self._tiles.items():
            (tile.add_css_class if application == state.opening else tile.remove_css_class)("chosen")

    def _tiled(self) -> Gtk.Button:
        """Lay the menu out over the whole screen, and return its first button."""
        first = self._button("menu-tile-pc", acts.Open())
        first.add_css_class("go")
        tiles = [first, *self._tiles.values()]
        many = len(tiles) > MANY
        for tile in () if many else tiles:
            tile.add_css_class("tall")
        room = scrolled(_grid(tiles, MANY_COLUMNS if many else COLUMNS))
        room.set_vexpand(True)
        keys = parts.text(word("menu-keys", self._state.language), "lead")
        head = parts.row(parts.short(word("menu-title", self._state.language), "title"), keys, spacing=24)
        keys.set_valign(Gtk.Align.END)
        choices = _grid([self._button(key, act) for key, act in _CHOICES], COLUMNS)
        doing = self._busy.widget
        for part in (head, doing, choices):
            parts.margin(part, RING_PIXELS, "start", "end")
        self.widget: Gtk.Widget = parts.column(head, room, doing, choices)
        self.widget.set_vexpand(True)
        return first

    def _plain(self) -> Gtk.Button:
        """Lay the menu out as a column of buttons, and return the first."""
        say = self._state.language
        title, keys = parts.text(word("menu-title", say), "title"), parts.text(word("menu-keys", say), "tour")
        first = self._button("menu-resume", acts.Resume())
        buttons = [first, *(self._button(key, act) for key, act in _CHOICES)]
        for each in buttons:
            each.set_halign(Gtk.Align.START)
        self.widget = parts.column(title, keys, *buttons, self._busy.widget, spacing=20)
        first.add_css_class("go")
        return first

    def _button(self, key: str, act: Act) -> Gtk.Button:
        return parts.button(word(key, self._state.language), lambda: self._do(act))

    def _opener(self, application: str) -> Callable[[], None]:
        return lambda: self._do(acts.Open(application))


def _grid(buttons: list[Gtk.Button], columns: int) -> Gtk.Grid:
    grid = Gtk.Grid(column_spacing=14, row_spacing=14, column_homogeneous=True)
    empty = [Gtk.Box() for _ in range(-len(buttons) % columns)]
    for number, widget in enumerate([*buttons, *empty]):
        widget.set_hexpand(True)
        grid.attach(widget, number % columns, number // columns, 1, 1)
    return grid
