"""The keyboard's own keys that the compositor gives to the kiosk, whatever window has the others: names by a pipe.

The compositor runs a command for each (`compositor`), which writes the name as one line; the pipe is the kiosk's own.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from hanare_stick.control_messages import LevelKind
from hanare_stick.kiosk import acts
from hanare_stick.kiosk.acts import Act
from hanare_stick.kiosk.state import Page

PIPE: Final = "keys"
READ_BYTES: Final = 4096

KEYS: Final[Mapping[str, tuple[str, Act]]] = {
    "menu": ("C-A-Home", acts.Go(Page.MENU)),
    "louder": ("XF86AudioRaiseVolume", acts.Adjust(LevelKind.VOLUME)),
    "softer": ("XF86AudioLowerVolume", acts.Adjust(LevelKind.VOLUME, up=False)),
    "mute": ("XF86AudioMute", acts.Adjust(LevelKind.MUTE)),
    "brighter": ("XF86MonBrightnessUp", acts.Adjust(LevelKind.BRIGHTNESS)),
    "darker": ("XF86MonBrightnessDown", acts.Adjust(LevelKind.BRIGHTNESS, up=False)),
}
"""Name in the pipe: the key as labwc writes it, and what it does."""


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
        return [KEYS[name][1] for name in names if name in KEYS]
