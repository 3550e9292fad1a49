"""The compositor's process, started beside the kiosk's own: each takes as long to load as the other.

labwc lives as long as the guardian: its session (`--session`) is a program that tells what it is told by labwc, and
then waits for the guardian's end. With labwc goes every window: there is no desktop without its watermark.
"""

import os
import select
import shlex
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NoReturn

CARD: Final = Path("/dev/hanare/screen")
"""A link that udev makes once a graphics card is ready (70-hanare-screen.rules)."""

DRIVERS: Final = Path("/run/hanare-boot/graphics")
"""A file that is there once the drivers of all cards are loaded: a laptop's second card may have the only monitor."""

DRIVERS_S: Final = 3.0
"""A driver that hangs keeps nobody from a screen that works."""

LOOK_S: Final = 0.05
READ_BYTES: Final = 4096

_STARTED: Final = "started"
_GUARDED: Final = "guarded"
_SESSION: Final = "session"
_TOLD: Final = ("LABWC_PID", "WAYLAND_DISPLAY", "DISPLAY")
_SCRIPT: Final = """\
#!/bin/sh
exec <{guarded}
printf '%s\\n' {variables} >{started}
exec cat
"""


class Labwc:
    """A labwc of this process's own, whose settings stand in `settings`. Raises OSError."""

    def __init__(self, folder: Path, settings: Path, environment: Mapping[str, str]) -> None:
        self._started = pipe(folder / _STARTED)
        # Held by this process alone, and never written to: it ends when we end.
        self._guarded = pipe(folder / _GUARDED)
        session = _write_session(folder)
        command = ["labwc", "--config-dir", str(settings), "--session", shlex.quote(str(session))]
        guardian = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            _become(command, environment, guardian)

    def wait(self, *others: int) -> dict[str, str]:
        """Return what labwc tells the programs in it, once it has started.

        Raises OSError when it has ended, or one of the other children that there is a screen for.
        """
        ended = [os.pidfd_open(child) for child in (self.pid, *others)]
        try:
            told = b""
            while told.count(b"\n") < len(_TOLD):
                ready, _, _ = select.select([self._started, *ended], [], [])
                if self._started not in ready:
                    raise ChildProcessError("the compositor did not start, or the kiosk in it")
                told += os.read(self._started, READ_BYTES)
        finally:
            for descriptor in ended:
                os.close(descriptor)
        return dict(zip(_TOLD, told.decode().splitlines(), strict=True))

    def leave(self) -> None:
        """In a child of the guardian: labwc's life does not hang on this process."""
        os.close(self._guarded)
        os.close(self._started)


def pipe(place: Path) -> int:
    """Make a named pipe and return it open for both ends: nobody waits for a writer. Raises OSError."""
    place.unlink(missing_ok=True)
    os.mkfifo(place, 0o600)
    return os.open(place, os.O_RDWR)


def _write_session(folder: Path) -> Path:
    script = folder / _SESSION
    variables = " ".join(f'"${name}"' for name in _TOLD)
    started, guarded = (shlex.quote(str(folder / name)) for name in (_STARTED, _GUARDED))
    script.write_text(_SCRIPT.format(variables=variables, started=started, guarded=guarded), "utf-8")
    script.chmod(0o700)
    return script


def _become(command: list[str], environment: Mapping[str, str], guardian: int) -> NoReturn:
    """Become labwc once there is a graphics card, for which labwc itself would wait ten seconds only."""
    try:
        if "WLR_BACKENDS" not in environment:
            _wait_for_card(guardian)
        os.execvpe(command[0], command, environment)  # noqa: S606 - no shell is wanted
    finally:
        os._exit(1)


def _wait_for_card(guardian: int) -> None:
    patience = DRIVERS_S
    while not (CARD.exists() and (patience <= 0 or DRIVERS.exists())):
        if os.getppid() != guardian:
            os._exit(1)
        if CARD.exists():
            patience -= LOOK_S
        time.sleep(LOOK_S)
