"""A keyboard for a screen without hardware: ``python -m hanare_lab.typist SOCKET NODE``.

It is plugged in as long as the process runs, like a PC's own. Each connection to its unix socket sends one JSON line,
``{"text": "abc"}`` or ``{"keys": ["Home"], "hold": ["ctrl", "alt"]}``, and hears a line when all was typed.

Speaks virtual-keyboard-unstable-v1 with the real positions of a US keyboard, because a remote desktop is sent
positions (evdev codes, linux/input-event-codes.h), not characters. One process is one keyboard. NODE is a pipe that
stands where the kernel would show it (/dev/input): what is typed is told there too, as a kernel tells it.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import socket
import struct
import sys
import time
from pathlib import Path
from typing import Any, Final

from hanare_stick.kiosk.wayland import Connection

MANAGER: Final = "zwp_virtual_keyboard_manager_v1"
APART_S: Final = 0.01
_EVENT: Final = struct.Struct("@llHHi")
_EV_KEY: Final = 1
_CREATE, _KEYMAP, _KEY, _MODIFIERS = 0, 0, 1, 2
_XKB_V1: Final = 1
_ROWS: Final = {
    2: "1234567890-=",
    16: "qwertyuiop[]",
    30: "asdfghjkl;'`",
    43: "\\zxcvbnm,./",
    57: " ",
}
_SHIFTED: Final = dict(zip('!@#$%^&*()_+{}:"~|<>?', "1234567890-=[];'`\\,./", strict=True))
_NAMED: Final = {
    "Escape": 1,
    "BackSpace": 14,
    "Tab": 15,
    "Return": 28,
    "Home": 102,
    "Up": 103,
    "Left": 105,
    "Right": 106,
    "End": 107,
    "Down": 108,
    "Delete": 111,
    "Print": 99,
    "Caps_Lock": 58,
    "Mute": 113,
    "VolumeDown": 114,
    "VolumeUp": 115,
    "BrightnessDown": 224,
    "BrightnessUp": 225,
    **{f"F{number}": code for number, code in zip(range(1, 13), (*range(59, 69), 87, 88), strict=True)},
}
_HELD: Final = {"shift": (42, 1), "ctrl": (29, 4), "alt": (56, 8), "logo": (125, 64)}
"""Evdev code and the modifier's bit in the core keymap (xkeyboard-config)."""
_CAPS: Final = 2
"""A virtual keyboard says itself which modifiers are locked."""


def main() -> None:
    """Type what each connection asks for, one after another, until killed."""
    place = Path(sys.argv[1])
    keyboard = Keyboard(Path(sys.argv[2]))
    with socket.socket(socket.AF_UNIX) as listener:
        fresh = place.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        listener.bind(str(fresh))
        listener.listen()
        fresh.rename(place)
        while True:
            connection, _ = listener.accept()
            with connection, connection.makefile("rw") as stream:
                keyboard.type(json.loads(stream.readline()))
                stream.write("typed\n")


class Keyboard:
    """One virtual keyboard."""

    def __init__(self, node: Path) -> None:
        # Open for both, so that it waits for no reader.
        self._node = os.open(node, os.O_RDWR | os.O_NONBLOCK)
        self._connection = Connection()
        manager, seat = self._connection.bind(MANAGER), self._connection.bind("wl_seat")
        self._id = self._connection.new()
        self._connection.send(manager, _CREATE, [seat, self._id])
        keymap = _us_keymap()
        descriptor = os.memfd_create("keymap")
        os.write(descriptor, keymap)
        self._connection.send(self._id, _KEYMAP, [_XKB_V1, len(keymap)], [descriptor])
        self._connection.roundtrip()
        os.close(descriptor)
        self._locked = 0

    def type(self, wanted: dict[str, Any]) -> None:
        """Type named keys with modifiers held, or a text."""
        for name in wanted.get("keys", ()):
            self.press(_NAMED.get(name) or _position(name)[0], wanted.get("hold", []))
        for character in wanted.get("text", ""):
            code, shifted = _position(character)
            self.press(code, ["shift"] if shifted else [])

    def press(self, code: int, held: list[str]) -> None:
        """Press and release one key while modifiers are held."""
        for name in held:
            self._key(_HELD[name][0], 1)
        self._modify(sum(_HELD[name][1] for name in held))
        self._key(code, 1)
        self._key(code, 0)
        if code == _NAMED["Caps_Lock"]:
            self._locked ^= _CAPS
        for name in reversed(held):
            self._key(_HELD[name][0], 0)
        self._modify(0)
        self._connection.roundtrip()
        time.sleep(APART_S)

    def _key(self, code: int, state: int) -> None:
        with contextlib.suppress(BlockingIOError):  # nobody reads it, and what nobody reads a kernel forgets
            os.write(self._node, _EVENT.pack(0, 0, _EV_KEY, code, state))
        self._connection.send(self._id, _KEY, [int(time.monotonic() * 1000) & 0xFFFFFFFF, code, state])

    def _modify(self, bits: int) -> None:
        self._connection.send(self._id, _MODIFIERS, [bits, 0, self._locked, 0])


def _position(character: str) -> tuple[int, bool]:
    """Return the evdev code of a character on a US keyboard, and whether Shift is held."""
    plain = _SHIFTED.get(character, character.lower())
    for first, row in _ROWS.items():
        if plain in row:
            return first + row.index(plain), plain != character
    raise ValueError(f"no key for {character!r}")


def _us_keymap() -> bytes:
    library = ctypes.CDLL("libxkbcommon.so.0")
    for name in ("xkb_context_new", "xkb_keymap_new_from_names", "xkb_keymap_get_as_string"):
        getattr(library, name).restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.xkb_context_new(0))
    names = (ctypes.c_char_p * 5)(b"evdev", b"pc105", b"us", b"", b"")
    keymap = ctypes.c_void_p(library.xkb_keymap_new_from_names(context, names, 0))
    text = ctypes.c_char_p(library.xkb_keymap_get_as_string(keymap, _XKB_V1)).value or b""
    return text + b"\0"


if __name__ == "__main__":
    main()
