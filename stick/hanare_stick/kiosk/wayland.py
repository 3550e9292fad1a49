"""A Wayland client of the smallest kind, for the protocols that GTK does not speak.

The wire format is that of the Wayland protocol (wayland.freedesktop.org, "Wire Format"): messages of 32-bit words in
the machine's byte order, {object, size << 16 | opcode, arguments}; file descriptors travel as SCM_RIGHTS. Limits: no
object is ever reused, and events that nobody asked for are skipped.
"""

import os
import socket
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

_DISPLAY: Final = 1
_GET_REGISTRY: Final = 1
_SYNC: Final = 0
_BIND: Final = 0
_HEADER: Final = struct.Struct("=II")
_WORD: Final = struct.Struct("=I")
_FIRST_OWN_ID: Final = 2

Argument = int | str
Handler = Callable[[int, bytes], None]
"""Hears an event's opcode and its raw arguments."""


class Global(NamedTuple):
    """What the compositor offers: a name to bind by, and a version."""

    name: int
    version: int


class Connection:
    """One connection to the compositor. Raises OSError when there is none."""

    def __init__(self, path: Path | None = None) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path or default_path()))
        self._buffer = b""
        self._next = _FIRST_OWN_ID
        self._handlers: dict[int, Handler] = {}
        self.globals: dict[str, Global] = {}
        self._registry = self.new(self._offered)
        self.send(_DISPLAY, _GET_REGISTRY, [self._registry])
        self.roundtrip()

    def fileno(self) -> int:
        """Return the descriptor to wait on; then call `dispatch`."""
        return self._socket.fileno()

    def new(self, handler: Handler | None = None) -> int:
        """Return the id of a new object whose events the handler hears."""
        identifier, self._next = self._next, self._next + 1
        if handler is not None:
            self._handlers[identifier] = handler
        return identifier

    def hear(self, identifier: int, handler: Handler) -> None:
        """Have the handler hear the events of an object that the compositor has made."""
        self._handlers[identifier] = handler

    def bind(self, interface: str, version: int = 1, *, handler: Handler | None = None) -> int:
        """Return the id of a global object; KeyError when the compositor does not offer it."""
        identifier = self.new(handler)
        self.send(self._registry, _BIND, [self.globals[interface].name, interface, version, identifier])
        return identifier

    def send(self, target: int, opcode: int, arguments: Sequence[Argument], descriptors: Sequence[int] = ()) -> None:
        """Send one request."""
        body = b"".join(_encoded(argument) for argument in arguments)
        message = _HEADER.pack(target, (_HEADER.size + len(body)) << 16 | opcode) + body
        socket.send_fds(self._socket, [message], list(descriptors))

    def roundtrip(self) -> None:
        """Wait until the compositor has taken all that was sent."""
        done: list[int] = []
        callback = self.new(lambda _opcode, _body: done.append(1))
        self.send(_DISPLAY, _SYNC, [callback])
        while not done:
            self.dispatch()

    def dispatch(self) -> None:
        """Read what came and call the handlers; raise OSError when the compositor has hung up or objects."""
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionResetError("the compositor is gone")
        self._buffer += data
        while len(self._buffer) >= _HEADER.size:
            target, word = _HEADER.unpack_from(self._buffer)
            size, opcode = word >> 16, word & 0xFFFF
            if len(self._buffer) < size:
                return
            body, self._buffer = self._buffer[_HEADER.size : size], self._buffer[size:]
            self._event(target, opcode, body)

    def close(self) -> None:
        """Hang up; all its objects go."""
        self._socket.close()

    def _event(self, target: int, opcode: int, body: bytes) -> None:
        if target == _DISPLAY and opcode == 0:
            raise ConnectionAbortedError("the compositor refused a request")
        handler = self._handlers.get(target)
        if handler is not None:
            handler(opcode, body)

    def _offered(self, opcode: int, body: bytes) -> None:
        if opcode != 0:  # global_remove
            return
        name, length = struct.unpack_from("=II", body)
        interface = body[8 : 8 + length - 1].decode("ascii")
        (version,) = _WORD.unpack_from(body, 8 + _padded(length))
        self.globals[interface] = Global(name, version)


def default_path() -> Path:
    """Return where the compositor listens."""
    return Path(os.environ["XDG_RUNTIME_DIR"]) / os.environ.get("WAYLAND_DISPLAY", "wayland-0")


def _encoded(argument: Argument) -> bytes:
    if isinstance(argument, int):
        return _WORD.pack(argument)
    text = argument.encode() + b"\0"
    return _WORD.pack(len(text)) + text.ljust(_padded(len(text)), b"\0")


def _padded(length: int) -> int:
    return (length + 3) & ~3
