"""What the kiosk's own keys do (`bindings`), whose names the compositor writes into a pipe of the kiosk's."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from hanare_stick.control_messages import LevelKind
from hanare_stick.kiosk import acts
from hanare_stick.kiosk.acts import Act
from hanare_stick.kiosk.bindings import PIPE
from hanare_stick.kiosk.state import Page

READ_BYTES: Final = 4096

ACTS: Final[Mapping[str, Act]] = {
    "menu": acts.Go(Page.MENU),
    "louder": acts.Adjust(LevelKind.VOLUME),
    "softer": acts.Adjust(LevelKind.VOLUME, up=False),
    "mute": acts.Adjust(LevelKind.MUTE),
    "brighter": acts.Adjust(LevelKind.BRIGHTNESS),
    "darker": acts.Adjust(LevelKind.BRIGHTNESS, up=False),
}
"""By the name of the binding."""


class Keys:
    """The pipe's reading end. Raises OSError."""

    def __init__(self, folder: Path) -> None:
        place = folder / PIPE
        place.unlink(missing_ok=True)
        os.mkfifo(place, 0o600)
        # Open for both, so that it never ends and no writer ever waits.
        self._pipe = os.open(place, os.O_RDWR | os.O_NONBLOCK)

    def fileno(self) -> int:
        """Return the descriptor to wait on; then call `pressed`."""
        return self._pipe

    def pressed(self) -> list[Act]:
        """Return what the keys that were pressed since do; a name that is none does nothing."""
        try:
            names = os.read(self._pipe, READ_BYTES).decode("ascii", "replace").split()
        except BlockingIOError:
            return []
        return [ACTS[name] for name in names if name in ACTS]
