"""GTK and layer-shell. GTK opens its display when it is loaded: only the kiosk, in the compositor, loads them."""

from hanare_stick.kiosk.warm import Gdk, Gio, GLib, Pango, gi  # before GTK: layer-shell's library

gi.require_version("Gtk", "4.0")
gi.require_version("Gtk4LayerShell", "1.0")

from gi.repository import Gtk  # noqa: E402
from gi.repository import Gtk4LayerShell as LayerShell  # noqa: E402

__all__ = ["GLib", "Gdk", "Gio", "Gtk", "LayerShell", "Pango"]
