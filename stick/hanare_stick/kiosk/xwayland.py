"""Xwayland's start: with a cookie, since the desktop's user is not the kiosk's, and only once the agent is there.

The compositor starts it by a script of ours as soon as it stands itself, and hands its socket to whoever connects, who
waits. X has the desktop alone, which the agent starts; the first page, and the first key on it, came seconds sooner on
the emulated PC without it.
"""

import os
import shlex
from pathlib import Path
from typing import Final

from hanare_stick.kiosk.labwc import pipe

AUTHORITY: Final = "xauthority"
_GATE: Final = "wanted"
_STARTER: Final = "xwayland"
_SOCKETS: Final = Path("/tmp/.X11-unix")  # noqa: S108 - where X servers put them
_FAMILY_WILD: Final = b"\xff\xff"
_START: Final = 'exec Xwayland "$@" -auth {authority}\n'
_WAIT: Final = "read -r _ <{gate}\n"


class Xwayland:
    """What starts it stands in `starter`; every user of the stick may read the cookie: X has the desktop alone."""

    def __init__(self, folder: Path) -> None:
        self.authority = folder / AUTHORITY
        self.authority.write_bytes(_cookie())
        self.authority.chmod(0o644)
        self.starter = folder / _STARTER
        # Held until the end, so that who begins to read late finds what was written.
        self._gate = pipe(folder / _GATE)
        self._begun = False
        self._write(_WAIT.format(gate=shlex.quote(str(folder / _GATE))))

    def begin(self) -> None:
        """Let it start, and start at once whenever the compositor starts it anew; once is enough."""
        if not self._begun:
            self._begun = True
            self._write()
            os.write(self._gate, b"\n")

    @staticmethod
    def admit_desktop() -> None:
        """Let the desktop's user reach the X socket, which the compositor makes for itself; the cookie guards it."""
        (_SOCKETS / f"X{os.environ['DISPLAY'].removeprefix(':')}").chmod(0o666)

    def _write(self, first: str = "") -> None:
        fresh = self.starter.with_suffix(".new")
        start = _START.format(authority=shlex.quote(str(self.authority)))
        fresh.write_text(f"#!/bin/sh\n{first}{start}", "utf-8")
        fresh.chmod(0o700)
        fresh.rename(self.starter)


def _cookie() -> bytes:
    """Return an Xauthority file with one entry for any host (libXau, struct Xauth)."""
    fields = (b"", b"", b"MIT-MAGIC-COOKIE-1", os.urandom(16))
    return _FAMILY_WILD + b"".join(len(field).to_bytes(2, "big") + field for field in fields)
