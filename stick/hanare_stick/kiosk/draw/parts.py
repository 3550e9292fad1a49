"""The few widgets that pages are made of."""

from collections.abc import Callable
from typing import Final

from hanare_stick.kiosk.draw.toolkit import Gtk

_NATURAL_CHARACTERS: Final = 40
"""A text asks for no more than this; it fills what its page gives it."""


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


def button(words: str, pressed: Callable[[], object], *classes: str) -> Gtk.Button:
    """Return a button."""
    made = Gtk.Button(label=words)
    made.connect("clicked", lambda _button: pressed())
    for name in classes:
        made.add_css_class(name)
    return made


def spring() -> Gtk.Box:
    """Return an empty widget that takes the room that is left."""
    return Gtk.Box(hexpand=True, vexpand=False)


def clear(box: Gtk.Box) -> None:
    """Take everything out of a box."""
    while (child := box.get_first_child()) is not None:
        box.remove(child)
