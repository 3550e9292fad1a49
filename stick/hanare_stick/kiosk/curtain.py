"""The curtain: black on every monitor, on one that lights up behind it from its first frame on.

Made of ext-session-lock-v1 without a surface of its own: beneath it the kiosk lays its layers on a new monitor, onto
which the compositor may already have moved a window. When the kiosk dies behind it, the black stays. labwc draws the
black of a first lock only after 100 ms, also where a monitor is lit meanwhile, and that of a lock in an abandoned one's
place at once: so the first is abandoned.
"""

from pathlib import Path
from typing import Final

from hanare_stick.kiosk.wayland import Connection

MANAGER: Final = "ext_session_lock_manager_v1"
TRIES: Final = 100
"""Until the compositor has noticed that the first lock's client is gone: each is one question and answer."""

_LOCK: Final = 1
_UNLOCK: Final = 2
_LOCKED: Final = 0


class Curtain:
    """Open at first."""

    def __init__(self, compositor: Path | None = None) -> None:
        self._compositor = compositor
        self._connection: Connection | None = None
        self._lock = 0

    @property
    def closed(self) -> bool:
        """Whether it hangs."""
        return self._connection is not None

    def close(self) -> None:
        """Hang it; it hangs when this returns. Raises OSError or KeyError when the compositor refuses."""
        first = Connection(self._compositor)
        if not _locked(first, first.bind(MANAGER)):
            raise ConnectionAbortedError("the compositor hangs no curtain")
        first.close()
        self._connection = Connection(self._compositor)
        manager = self._connection.bind(MANAGER)
        for _ in range(TRIES):
            self._lock = _locked(self._connection, manager)
            if self._lock:
                return
        raise ConnectionAbortedError("the compositor hangs no second curtain")

    def open(self) -> None:
        """Take it away."""
        if self._connection is not None:
            self._connection.send(self._lock, _UNLOCK, [])
            self._connection.roundtrip()
            self._connection.close()
            self._connection = None


def _locked(connection: Connection, manager: int) -> int:
    """Return the lock if the compositor grants one, else 0."""
    told: list[int] = []
    lock = connection.new(lambda opcode, _body: told.append(opcode))
    connection.send(manager, _LOCK, [lock])
    connection.roundtrip()
    return lock if told == [_LOCKED] else 0
