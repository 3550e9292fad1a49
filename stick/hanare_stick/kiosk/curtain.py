"""The curtain: black on every monitor, on one that lights up behind it from its first frame on.

Made of ext-session-lock-v1 without a surface of its own: beneath it the kiosk lays its layers on a new monitor, onto
which the compositor may already have moved a window. When the kiosk dies behind it, the black stays. Limit: labwc
draws it on monitors that were lit before only after 100 ms; those have their layers.
"""

from pathlib import Path
from typing import Final

from hanare_stick.kiosk.wayland import Connection

MANAGER: Final = "ext_session_lock_manager_v1"
_LOCK: Final = 1
_UNLOCK: Final = 2
_LOCKED: Final = 0


class Curtain:
    """Open at first. Raises OSError or KeyError when the compositor has none."""

    def __init__(self, compositor: Path | None = None) -> None:
        self._connection = Connection(compositor)
        self._manager = self._connection.bind(MANAGER)
        self._lock = 0

    @property
    def closed(self) -> bool:
        """Whether it hangs."""
        return bool(self._lock)

    def close(self) -> None:
        """Hang it; it hangs when this returns. Raises OSError when the compositor refuses."""
        if self._lock:
            return
        told: list[int] = []
        self._lock = self._connection.new(lambda opcode, _body: told.append(opcode))
        self._connection.send(self._manager, _LOCK, [self._lock])
        self._connection.roundtrip()
        if told != [_LOCKED]:
            raise ConnectionAbortedError("the compositor hangs no curtain")

    def open(self) -> None:
        """Take it away."""
        if self._lock:
            self._connection.send(self._lock, _UNLOCK, [])
            self._connection.roundtrip()
            self._lock = 0
