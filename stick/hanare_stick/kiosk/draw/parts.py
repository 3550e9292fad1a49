"""The few widgets that pages are made of."""

from collections.abc import Callable
from typing import Final

from hanare_stick.kiosk.draw.toolkit import Gtk, Pango

_NATURAL_CHARACTERS: Final = 40
"""A text asks for no more than this; it fills what its page gives it."""

TILE_LINES: Final = 3
"""The longest name of an application in the narrowest tile, all but its last characters."""


def column(*children: Gtk.Widget, spacing: int = 12) -> Gtk.Box:
    """Return the widgets one below the other."""
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=spacing)
    for child in children:
        box.append(child)
    return box


def row(*children: Gtk.Widget, spacing: int = 10) -> Gtk.Box:
    """Return the widgets side by side."""
    box = Gtk.Box(spacing=spacing)
    for child in children:
        box.append(child)
    return box


def text(words: str, *classes: str) -> Gtk.Label:
    """Return a label that wraps and is read from the left."""
    label = Gtk.Label(label=words, xalign=0, wrap=True, max_width_chars=_NATURAL_CHARACTERS)
    for name in classes:
        label.add_css_class(name)
    return label


def short(words: str, *classes: str) -> Gtk.Label:
    """Return a label of one line."""
    label = text(words, *classes)
    label.set_wrap(False)
    return label


def cut(words: str, *classes: str) -> Gtk.Label:
    """Return a label of one line that gives way to its neighbours and then ends with "…"."""
    label = short(words, *classes)
    label.set_max_width_chars(-1)
    label.set_ellipsize(Pango.EllipsizeMode.END)
    return label


def tile(words: str, pressed: Callable[[], object]) -> Gtk.Button:
    """Return a button with a name of somebody's choice, in as many lines as a tile has."""
    made = Gtk.Button(child=Gtk.Label(label=words, wrap=True, justify=Gtk.Justification.CENTER))
    label = made.get_child()
    label.set_wrap_mode(Pango.WrapMode.WORD_CHAR)
    label.set_width_chars(0)
    label.set_max_width_chars(0)
    label.set_lines(TILE_LINES)
    label.set_ellipsize(Pango.EllipsizeMode.END)
    made.connect("clicked", lambda _button: pressed())
    return made


def button(words: str, pressed: Callable[[], object], *classes: str) -> Gtk.Button:
    """Return a button."""
    made = Gtk.Button(label=words)
    made.connect("clicked", lambda _button: pressed())
    for name in classes:
        made.add_css_class(name)
    return made


def margin(widget: Gtk.Widget, pixels: int, *sides: str) -> None:
    """Keep so many pixels free on these sides, or on all."""
    for side in sides or ("top", "bottom", "start", "end"):
        getattr(widget, f"set_margin_{side}")(pixels)


def spring() -> Gtk.Box:
    """Return an empty widget that takes the room that is left."""
    return Gtk.Box(hexpand=True, vexpand=False)


def clear(box: Gtk.Box) -> None:
    """Take everything out of a box."""
    while (child := box.get_first_child()) is not None:
        box.remove(child)
