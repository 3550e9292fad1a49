"""A screen in memory (Xvfb) on a machine, and pictures of it.

Reached only through its path socket and only with its cookie: no TCP, no abstract socket.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hanare_lab.machine import Machine
from hanare_lab.root import CHECKOUT_INSIDE
from hanare_lab.wait import listens, until

READY_SECONDS: Final = 60.0
MANY_COLOURS: Final = 64  # a blank, a plain background or a text console has fewer


@dataclass(frozen=True)
class Picture:
    """A picture of a screen: where the PNG is, its size, and how many colours it holds."""

    path: Path
    width: int
    height: int
    colours: int

    @property
    def shows_something(self) -> bool:
        """Whether this is more than an empty screen."""
        return self.colours >= MANY_COLOURS


class Screen:
    """Display ``number`` on a machine with a root of its own; ``user`` (uid, gid) owns it and holds its cookie."""

    def __init__(
        self,
        machine: Machine,
        *,
        number: int = 1,
        size: tuple[int, int] = (1920, 1080),
        user: tuple[int, int] = (0, 0),
    ) -> None:
        self.machine = machine
        self._display = f":{number}"
        self._cookie = f"/run/xauthority-{number}"
        machine.write(self._cookie, _xauthority(number, machine.name), mode=0o600, owner=user)
        options = ["-screen", "0", f"{size[0]}x{size[1]}x24", "-auth", self._cookie, "-noreset"]
        closed = ["-nolisten", "tcp", "-nolisten", "local"]
        self.process = machine.start(f"screen{number}", ["Xvfb", self._display, *options, *closed], user=user)
        socket = machine.root / f"tmp/.X11-unix/X{number}"
        until(listens(socket), seconds=READY_SECONDS, what="Xvfb", process=self.process)

    @property
    def env(self) -> Mapping[str, str]:
        """What a program needs in its environment to draw on this screen."""
        return {"DISPLAY": self._display, "XAUTHORITY": self._cookie}

    def picture(self, path: Path) -> Picture:
        """Write a PNG of what the screen shows now."""
        inside = f"/run/picture{self._display[1:]}.png"
        env = {**self.env, "PYTHONPATH": f"{CHECKOUT_INSIDE}/lab"}
        facts = json.loads(self.machine.run(["python3", "-m", "hanare_lab.grab", inside], env=env).stdout)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((self.machine.root / inside.lstrip("/")).read_bytes())
        return Picture(path, facts["width"], facts["height"], facts["colours"])

    def close(self) -> None:
        """Take the screen away; the programs on it lose their connection."""
        self.process.close()


def _xauthority(number: int, host: str) -> bytes:
    """Return an Xauthority file with one entry (Xau library, struct Xauth): family, address, display, name, data."""
    local = (256).to_bytes(2, "big")  # FamilyLocal
    fields = (host.encode(), str(number).encode(), b"MIT-MAGIC-COOKIE-1", secrets.token_bytes(16))
    return local + b"".join(len(field).to_bytes(2, "big") + field for field in fields)
