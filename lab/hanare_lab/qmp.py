"""QEMU's machine protocol (QMP): commands to an emulated PC, its keyboard and its screen.

One command at a time; events that come in between are kept for `wait_event`.
"""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import Any, Final

from hanare_lab.errors import LabError

ANSWER_SECONDS: Final = 60.0
"""An emulated PC on two busy cores may take seconds for a picture."""

KEY_SECONDS: Final = 0.1
"""Between two keys: faster ones were lost, at 0.07 s none was."""

_SHIFTED: Final = dict(zip("!\"#$%&'()=~`{+*}<>?_|", "123456789-^@[;:],./\\¥", strict=True))
"""A Japanese keyboard (JIS X 6002), which the stick has until its user says otherwise."""

_NAMES: Final = {
    " ": "spc", "-": "minus", "^": "equal", "@": "bracket_left", "[": "bracket_right", "]": "backslash",
    ";": "semicolon", ":": "apostrophe", ",": "comma", ".": "dot", "/": "slash", "\\": "ro", "¥": "yen",
    "\n": "ret", "\t": "tab",
}  # fmt: skip
"""Character → QEMU's name of the key in its place, by a US keyboard."""


class Qmp:
    """The connection to one emulated PC."""

    def __init__(self, path: Path) -> None:
        self.events: list[dict[str, Any]] = []
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(ANSWER_SECONDS)
        self._socket.connect(str(path))
        self._stream = self._socket.makefile("rw", encoding="utf-8")
        self._next()
        self.ask("qmp_capabilities")

    def ask(self, command: str, **arguments: object) -> Any:
        """Run one command and return what it returns; LabError if QEMU refuses."""
        self._stream.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self._stream.flush()
        while True:
            message = self._next()
            if "error" in message:
                raise LabError(f"QEMU refused {command}: {message['error'].get('desc')}")
            if "return" in message:
                return message["return"]
            self.events.append(message)

    def wait_event(self, name: str, seconds: float) -> dict[str, Any]:
        """Return the next event of that name; LabError if none comes in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.ask("query-status")
            for event in self.events:
                if event.get("event") == name:
                    return event
            time.sleep(KEY_SECONDS)
        raise LabError(f"the emulated PC gave no {name} within {seconds} s")

    def press(self, *keys: str) -> None:
        """Press keys together, by QEMU's key codes: `press("ctrl", "alt", "f2")`."""
        self.ask("send-key", keys=[{"type": "qcode", "data": key} for key in keys])
        time.sleep(KEY_SECONDS)

    def hold(self, seconds: float, *keys: str) -> None:
        """Hold keys down together for so long."""
        wanted = [{"type": "qcode", "data": key} for key in keys]
        self.ask("send-key", keys=wanted, **{"hold-time": round(seconds * 1000)})
        time.sleep(seconds + KEY_SECONDS)

    def type(self, text: str) -> None:
        """Type on a Japanese keyboard; a newline is Enter, a tab the Tab key."""
        for character in text:
            self.press(*keys_of(character))

    def close(self) -> None:
        """Leave the PC to itself."""
        self._stream.close()
        self._socket.close()

    def _next(self) -> dict[str, Any]:
        line = self._stream.readline()
        if not line:
            raise LabError("the emulated PC is gone")
        message: dict[str, Any] = json.loads(line)
        return message


def keys_of(character: str) -> list[str]:
    """Return the keys that are pressed together for a character."""
    plain = _SHIFTED.get(character, character.lower())
    name = _NAMES.get(plain, plain)
    return ["shift", name] if plain != character else [name]
