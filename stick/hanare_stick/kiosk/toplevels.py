"""Which windows of desktop and browser there are, and which stand in front: those of what the person chose last.

Any other window that comes up and takes the keys (a page's popup, a desktop that is connected again) is put behind them
at once. The compositor tells each window's app_id and state and takes requests
(wlr-foreign-toplevel-management-unstable-v1); which is whose, `window_names` says.
"""

import struct
from pathlib import Path
from typing import Final

from hanare_stick.kiosk.wayland import Connection
from hanare_stick.window_names import belongs

MANAGER: Final = "zwlr_foreign_toplevel_manager_v1"

_TOPLEVEL: Final = 0
_APP_ID: Final = 1
_STATE: Final = 4
_CLOSED: Final = 6
_ACTIVATED: Final = 2
_ACTIVATE: Final = 4
_DESTROY: Final = 7
_ONE_ID: Final = struct.Struct("=I")


class Toplevels:
    """Follows the compositor's list of windows. Raises OSError or KeyError when the compositor has none."""

    def __init__(self, compositor: Path | None = None) -> None:
        self._connection = Connection(compositor)
        self._names: dict[int, str] = {}
        self._chosen = ""
        self._seat = self._connection.bind("wl_seat")
        # The manager tells its first windows at once, so its handler stands before the binding.
        self._connection.bind(MANAGER, handler=self._told)
        self._connection.roundtrip()

    def fileno(self) -> int:
        """Return the descriptor to wait on; then call `dispatch`."""
        return self._connection.fileno()

    def dispatch(self) -> None:
        """Read what came; raise OSError when the compositor is gone."""
        self._connection.dispatch()

    def front(self, application: str) -> None:
        """Bring this application's windows, or (empty) the desktop, to the front, also those still to come."""
        self._chosen = application
        for handle, name in self._names.items():
            if belongs(name, application):
                self._connection.send(handle, _ACTIVATE, [self._seat])

    def shows(self, application: str) -> bool:
        """Say whether this application, or (empty) the desktop, has a window."""
        return any(belongs(name, application) for name in self._names.values())

    def _told(self, opcode: int, body: bytes) -> None:
        if opcode == _TOPLEVEL:
            (handle,) = _ONE_ID.unpack_from(body)
            self._names[handle] = ""
            self._connection.hear(handle, lambda event, content: self._changed(handle, event, content))

    def _changed(self, handle: int, opcode: int, body: bytes) -> None:
        if opcode == _APP_ID:
            (length,) = _ONE_ID.unpack_from(body)
            self._names[handle] = body[4 : 4 + length - 1].decode("utf-8", "replace")
        elif opcode == _STATE and _ACTIVATED in _states(body) and not belongs(self._names[handle], self._chosen):
            self.front(self._chosen)
        elif opcode == _CLOSED:
            del self._names[handle]
            self._connection.send(handle, _DESTROY, [])


def _states(body: bytes) -> tuple[int, ...]:
    """Return the states of a window: an array of words behind its length in bytes."""
    (length,) = _ONE_ID.unpack_from(body)
    return struct.unpack_from(f"={length // _ONE_ID.size}I", body, _ONE_ID.size)
