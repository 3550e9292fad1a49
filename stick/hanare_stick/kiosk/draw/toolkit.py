"""GTK and layer-shell: loaded while there is no compositor yet, and given their display once there is one.

Only the kiosk loads them.
"""

import ctypes
import importlib
import os
import sys
from types import ModuleType
from typing import Final

_COROUTINES: Final = "asyncio"


class _NoCoroutines(ModuleType):
    """What PyGObject finds in the place of asyncio, which takes a tenth of our start; we await nothing."""

    InvalidStateError = RuntimeError

    @staticmethod
    def _get_running_loop() -> None:
        return None


sys.modules.setdefault(_COROUTINES, _NoCoroutines(_COROUTINES))
# Ahead of libwayland, or layer-shell cannot stand between it and GTK; libgtk comes with it.
ctypes.CDLL("libgtk4-layer-shell.so.0")
# GTK looks for a display as it is loaded, and must not find the one that may have started: the guardian holds no
# connection that it makes itself.
os.environ["WAYLAND_DISPLAY"] = "none-yet"
os.environ.pop("DISPLAY", None)

import gi  # noqa: E402

for _name, _version in (("Gdk", "4.0"), ("Gtk", "4.0"), ("Gtk4LayerShell", "1.0")):
    gi.require_version(_name, _version)

from gi.repository import Gdk, Gio, GLib, Gtk, Pango  # noqa: E402
from gi.repository import Gtk4LayerShell as LayerShell  # noqa: E402

__all__ = ["GLib", "Gdk", "Gio", "Gtk", "LayerShell", "Pango", "open_display"]


def open_display() -> None:
    """Open the display that the environment names, GTK's own from then on. Raises ConnectionError."""
    if Gdk.Display.get_default() is not None or Gdk.Display.open(None) is None:
        raise ConnectionError("GTK does not find the compositor that was started for it")
    # What PyGObject asks before it makes a window: it looked for a display when it was loaded.
    importlib.import_module("gi.overrides.Gtk").initialized = True  # type: ignore[attr-defined]  # GTK has no types
