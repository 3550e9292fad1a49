"""What the kiosk is made of but GTK: loaded while the compositor starts, since it wants no display.

GTK opens its display when it is loaded, so it and what is drawn with it come once there is one (`draw`).
"""

import ctypes

# Ahead of libwayland, or layer-shell cannot stand between it and GTK; libgtk comes with it.
ctypes.CDLL("libgtk4-layer-shell.so.0")

import gi  # noqa: E402

gi.require_version("Gdk", "4.0")

from gi.repository import Gdk, Gio, GLib, Pango  # noqa: E402

from hanare_stick.kiosk import acted, asked_again, heard, idle, known, link, opening, outputs, toplevels  # noqa: E402, F401

__all__ = ["GLib", "Gdk", "Gio", "Pango", "gi"]
