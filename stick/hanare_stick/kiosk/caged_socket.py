"""The Wayland socket for desktop and browser: labwc refuses its clients every privileged protocol.

Made by security-context-v1: who connects here can draw windows and hear keys that are meant for them, but cannot lay
anything over the watermark, read the screen, type for others or see other windows. The context lives as long as
the kiosk holds the other end of the close descriptor: when the kiosk dies, no new client gets in.
"""

import os
import socket
from pathlib import Path
from typing import Final

from hanare_stick.kiosk.wayland import Connection

MANAGER: Final = "wp_security_context_manager_v1"
_CREATE_LISTENER: Final = 1
_SET_ENGINE: Final = 1
_SET_APPLICATION: Final = 2
_COMMIT: Final = 4
BACKLOG: Final = 8


class CagedSocket:
    """Open while it exists. Raises OSError or KeyError when the compositor cannot do it: then there is no desktop."""

    def __init__(self, path: Path, compositor: Path | None = None) -> None:
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        path.chmod(0o666)
        listener.listen(BACKLOG)
        hears_close, self._close = os.pipe()
        connection = Connection(compositor)
        manager, context = connection.bind(MANAGER), connection.new()
        connection.send(manager, _CREATE_LISTENER, [context], [listener.fileno(), hears_close])
        connection.send(context, _SET_ENGINE, ["hanare"])
        connection.send(context, _SET_APPLICATION, ["desktop"])
        connection.send(context, _COMMIT, [])
        connection.roundtrip()
        connection.close()
        listener.close()
        os.close(hears_close)

    def close(self) -> None:
        """Let nobody else in."""
        os.close(self._close)
