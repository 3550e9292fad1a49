"""A hand at the agent's end of the kiosk's socket: tells it anything, hears what it asks."""

import contextlib
import json
import socket
from pathlib import Path
from typing import Final

from hanare_core import wire
from hanare_stick.control_messages import AnyEvent

HEARD_S: Final = 60.0
POLL_S: Final = 0.5


class Hand:
    """The agent's end of the socket."""

    def __init__(self, place: Path) -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.parent.chmod(0o755)
        self._open = contextlib.ExitStack()
        self._listener = self._open.enter_context(socket.socket(socket.AF_UNIX))
        self._listener.bind(str(place))
        place.chmod(0o666)
        self._listener.listen()
        self._listener.settimeout(HEARD_S)
        self._text = b""

    def accept(self) -> None:
        self._kiosk = self._open.enter_context(self._listener.accept()[0])
        self._kiosk.settimeout(POLL_S)

    def tell(self, *events: AnyEvent) -> None:
        for event in events:
            self._kiosk.sendall(wire.encode(event) + b"\n")

    def heard(self, kind: str) -> dict[str, object] | None:
        """Return the last request of this kind that came until now."""
        with contextlib.suppress(TimeoutError):
            self._text += self._kiosk.recv(65536)
        requests = [json.loads(line) for line in self._text.split(b"\n")[:-1]]
        return next((one for one in reversed(requests) if one["type"] == kind), None)

    def close(self) -> None:
        self._open.close()
