"""A PC that is nothing but a kitting station, started from a stick of the variant `kitting`: keyboard and switch.

labwc runs around the one terminal window and reads its settings again on SIGHUP.
"""

import os
import signal
import subprocess
from pathlib import Path
from typing import Final, NamedTuple

_ENVIRONMENT: Final = "environment"
_COMPOSITOR: Final = "LABWC_PID"
_LAYOUTS: Final = {"jis": ("jp", "jp106"), "us": ("us", "pc105")}

KEYBOARDS: Final = tuple(_LAYOUTS)
"""Japanese offices have JIS keyboards; a passphrase that is typed unseen had better be on the right one."""


class Station(NamedTuple):
    """The PC, by the folder of its compositor's settings."""

    settings: Path

    def choose_keyboard(self, name: str) -> None:
        """Have the compositor take one of KEYBOARDS."""
        layout, model = _LAYOUTS[name]
        lines = {
            "XKB_DEFAULT_LAYOUT": layout,
            "XKB_DEFAULT_MODEL": model,
            # No key changes to a virtual terminal.
            "XKB_DEFAULT_OPTIONS": "srvrkeys:none",
        }
        text = "".join(f"{name}={value}\n" for name, value in lines.items())
        (self.settings / _ENVIRONMENT).write_text(text, "ascii")
        os.kill(int(os.environ[_COMPOSITOR]), signal.SIGHUP)


def hold_the_terminal() -> None:
    """Let no key stop or abort the one program: there is no shell that could go on with it."""
    for name in (signal.SIGTSTP, signal.SIGQUIT):
        signal.signal(name, signal.SIG_IGN)


def switch_off() -> None:
    """Switch the PC off; returns at once."""
    subprocess.run(["systemctl", "poweroff"], check=True)
