"""Tells X programs which part of each monitor is theirs: RandR 1.5 monitors of Xwayland, set by libXrandr.

FreeRDP lays an office desktop over the monitors that RandR names. Xwayland names whole ones, and the bars would hide
a strip of each; what is declared here takes their place until it is declared anew. Limits: a connection of its own
each time, as Xlib ends the process whose X server dies; a monitor that goes meanwhile is left out.
"""

import ctypes
from collections.abc import Sequence
from contextlib import closing
from typing import Any, Final, NamedTuple

_NAME: Final = "hanare-{}"


class Place(NamedTuple):
    """A part of the space that all monitors share, in pixels."""

    left: int
    top: int
    width: int
    height: int


class _Monitor(ctypes.Structure):
    """XRRMonitorInfo of X11/extensions/Xrandr.h."""

    _fields_ = (
        ("name", ctypes.c_ulong),
        *((field, ctypes.c_int) for field in ("primary", "automatic", "outputs_number", "left", "top")),
        *((field, ctypes.c_int) for field in ("width", "height", "width_mm", "height_mm")),
        ("outputs", ctypes.POINTER(ctypes.c_ulong)),
    )


_ErrorHandler = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_go_on: Final = _ErrorHandler(lambda _display, _event: 0)


def declare(free: Sequence[tuple[Place, Place]]) -> bool:
    """Declare for each monitor (the whole of it, what is free), the first one first.

    False when Xwayland does not know these monitors yet; OSError when there is no X screen.
    """
    with closing(_Screen()) as screen:
        screen.forget()
        outputs = {Place(one.left, one.top, one.width, one.height): one.outputs[0] for one in screen.monitors()}
        if outputs.keys() != {whole for whole, _ in free}:
            return False
        for number, (whole, part) in enumerate(free):
            screen.set(number, outputs[whole], part)
        return True


class _Screen:
    """One connection to the X screen."""

    def __init__(self) -> None:
        self._library = _library()
        self._display = self._library.XOpenDisplay(None)
        if not self._display:
            raise OSError("no X screen")
        self._root = self._library.XDefaultRootWindow(self._display)

    def monitors(self) -> list[_Monitor]:
        """Return what stands now."""
        number = ctypes.c_int(0)
        found = self._library.XRRGetMonitors(self._display, self._root, 1, ctypes.byref(number))
        return [found[index] for index in range(number.value)]

    def forget(self) -> None:
        """Take away what was declared: Xwayland's own monitors come back."""
        for one in self.monitors():
            if not one.automatic:
                self._library.XRRDeleteMonitor(self._display, self._root, one.name)

    def set(self, number: int, output: int, part: Place) -> None:
        """Declare this part in the place of an output's monitor."""
        name = self._library.XInternAtom(self._display, _NAME.format(number).encode(), 0)
        one = ctypes.c_ulong(output)
        wanted = _Monitor(name, int(number == 0), 0, 1, *part, 0, 0, ctypes.pointer(one))
        self._library.XRRSetMonitor(self._display, self._root, ctypes.byref(wanted))

    def close(self) -> None:
        """Hang up, when the server has taken everything."""
        self._library.XSync(self._display, 0)
        self._library.XCloseDisplay(self._display)


def _library() -> Any:
    """Return libXrandr, by which the functions of libX11 are found as well."""
    library = ctypes.CDLL("libXrandr.so.2")
    pointer, number, window = ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong
    library.XOpenDisplay.restype = pointer
    library.XOpenDisplay.argtypes = (ctypes.c_char_p,)
    library.XCloseDisplay.argtypes = (pointer,)
    library.XSync.argtypes = (pointer, ctypes.c_int)
    library.XDefaultRootWindow.restype = window
    library.XDefaultRootWindow.argtypes = (pointer,)
    library.XInternAtom.restype = number
    library.XInternAtom.argtypes = (pointer, ctypes.c_char_p, ctypes.c_int)
    library.XRRGetMonitors.restype = ctypes.POINTER(_Monitor)
    library.XRRGetMonitors.argtypes = (pointer, window, ctypes.c_int, ctypes.POINTER(ctypes.c_int))
    library.XRRSetMonitor.argtypes = (pointer, window, ctypes.POINTER(_Monitor))
    library.XRRDeleteMonitor.argtypes = (pointer, window, number)
    library.XSetErrorHandler.restype = pointer
    library.XSetErrorHandler(_go_on)
    return library
