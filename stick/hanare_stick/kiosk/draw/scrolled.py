"""Room that ends: what does not fit is scrolled to, so that nothing pushes anything else off the screen."""

from typing import Final

from hanare_stick.kiosk.draw import parts
from hanare_stick.kiosk.draw.toolkit import Gdk, Gtk

RING_PIXELS: Final = 4
"""The ring around what has the focus (`style`) lies outside it, and a scrolled window cuts off what is outside."""

_STEPS: Final = {Gdk.KEY_Down: 1, Gdk.KEY_Up: -1}


def scrolled(child: Gtk.Widget, most: int = -1, *, ring: int = RING_PIXELS) -> Gtk.ScrolledWindow:
    """Return the widget in as much room as there is, or at most so many pixels; the focus is kept in sight.

    ring: the pixels that its own edges leave free.
    """
    parts.margin(child, ring)
    window = Gtk.ScrolledWindow(child=child, propagate_natural_height=True, overlay_scrolling=False)
    window.set_policy(Gtk.PolicyType.NEVER, Gtk.PolicyType.AUTOMATIC)
    window.set_max_content_height(most)
    return window


def read(label: Gtk.Label, most: int) -> Gtk.ScrolledWindow:
    """Return a text in at most so many pixels; a longer one takes the focus, and the arrow keys move it."""
    window = scrolled(label, most, ring=0)
    window.set_focusable(False)
    room = window.get_vadjustment()
    room.connect("changed", lambda _room: window.set_focusable(room.get_upper() > room.get_page_size()))
    keys = Gtk.EventControllerKey()
    keys.connect("key-pressed", lambda _keys, key, _code, _held: _move(room, key))
    window.add_controller(keys)
    return window


def _move(room: Gtk.Adjustment, key: int) -> bool:
    """Move by the arrow keys; any other key is not ours."""
    if key not in _STEPS:
        return False
    room.set_value(room.get_value() + _STEPS[key] * room.get_step_increment())
    return True
