"""How long nobody has touched keyboard and mouse, whatever window has them: the compositor's ext-idle-notify-v1."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from hanare_stick.kiosk.wayland import Connection

NOTIFIER: Final = "ext_idle_notifier_v1"
_GET_NOTIFICATION: Final = 1
_DESTROY: Final = 0
_IDLED: Final = 0


class Idleness:
    """Calls `idled(seconds)` when nobody moved for each of the times that `watch` set."""

    def __init__(self, idled: Callable[[int], None], compositor: Path | None = None) -> None:
        self._connection = Connection(compositor)
        self._notifier = self._connection.bind(NOTIFIER)
        self._seat = self._connection.bind("wl_seat")
        self._idled = idled
        self._watched: dict[int, int] = {}

    def fileno(self) -> int:
        """Return the descriptor to wait on; then call `dispatch`."""
        return self._connection.fileno()

    def watch(self, *seconds: int) -> None:
        """Watch these times and no others from now on."""
        for gone in set(self._watched) - set(seconds):
            self._connection.send(self._watched.pop(gone), _DESTROY, [])
        for fresh in set(seconds) - set(self._watched):
            self._watched[fresh] = self._notification(fresh)

    def dispatch(self) -> None:
        """Read what came; raise OSError when the compositor is gone."""
        self._connection.dispatch()

    def _notification(self, seconds: int) -> int:
        def hear(opcode: int, _body: bytes) -> None:
            if opcode == _IDLED and seconds in self._watched:
                self._idled(seconds)

        identifier = self._connection.new(hear)
        self._connection.send(self._notifier, _GET_NOTIFICATION, [identifier, seconds * 1000, self._seat])
        return identifier
