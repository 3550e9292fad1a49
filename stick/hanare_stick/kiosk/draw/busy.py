"""What is being done, beside a mark that moves on now and then.

Gtk.Spinner moves with every frame of the screen: without a driver for graphics (pixman, cairo) it took a seventh of a
processor, in an emulated PC a whole one, from what it waits for.
"""

from itertools import cycle
from typing import Final

from hanare_stick.kiosk.draw import parts
from hanare_stick.kiosk.draw.toolkit import GLib, Gtk

MOVES_MS: Final = 400
"""Seen to move, and no more than that."""

_MARKS: Final = ("●○○", "○●○", "○○●", "○●○")
"""Signs of JIS X 0208: any Japanese font has them."""


class Busy:
    """`label` is where the words stand."""

    def __init__(self, label: Gtk.Label) -> None:
        self._words = label
        self._mark = parts.short("", "moving")
        self._marks = cycle(_MARKS)
        self._moves = False
        self.widget = parts.row(self._mark, label)
        self.widget.connect("map", lambda _row: self._begin())

    def say(self, words: str) -> None:
        """Say it; nothing: nothing is being done."""
        self._words.set_label(words)
        if words:
            self._begin()
        else:
            self._mark.set_label("")

    def _begin(self) -> None:
        if not self._moves and self._words.get_label():
            self._moves = True
            self._mark.set_label(next(self._marks))
            GLib.timeout_add(MOVES_MS, self._move)

    def _move(self) -> bool:
        self._moves = bool(self._words.get_label()) and self.widget.get_mapped()
        if self._moves:
            self._mark.set_label(next(self._marks))
        return self._moves
