"""GTK and layer-shell, loaded in the one order that works: layer-shell's library before libwayland."""

import ctypes

ctypes.CDLL("libgtk4-layer-shell.so.0")

import gi  # noqa: E402

gi.require_version("Gdk", "4.0")
gi.require_version("Gtk", "4.0")
gi.require_version("Gtk4LayerShell", "1.0")

from gi.repository import Gdk, Gio, GLib, Gtk, Pango  # noqa: E402
from gi.repository import Gtk4LayerShell as LayerShell  # noqa: E402

__all__ = ["GLib", "Gdk", "Gio", "Gtk", "LayerShell", "Pango"]
