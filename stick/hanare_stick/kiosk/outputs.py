"""Monitors that are plugged in later: the compositor leaves them dark, and the kiosk lights them when it is ready.

Spoken by wlr-output-management-unstable-v1. A new monitor stands to the right of all others, in the mode that it
prefers. Limit: one whose modes the PC cannot show stays dark until it is plugged in again.
"""

import struct
from pathlib import Path
from typing import Final

import msgspec

from hanare_stick.kiosk.wayland import Connection

MANAGER: Final = "zwlr_output_manager_v1"
_HEAD, _DONE = 0, 1
_CREATE_CONFIGURATION: Final = 0
_MODE, _ENABLED, _CURRENT_MODE, _POSITION, _FINISHED = 3, 4, 5, 6, 9
_SIZE: Final = 0
_ENABLE_HEAD, _APPLY, _DESTROY = 0, 2, 4
_SET_POSITION: Final = 2
_SUCCEEDED, _FAILED = 0, 1
_WORD: Final = struct.Struct("=I")
_PAIR: Final = struct.Struct("=ii")


class _Head(msgspec.Struct):
    enabled: bool = False
    refused: bool = False
    mode: int = 0
    left: int = 0


class Outputs:
    """Follows what is plugged in. Raises OSError or KeyError when the compositor cannot tell."""

    def __init__(self, compositor: Path | None = None) -> None:
        self._connection = Connection(compositor)
        self._heads: dict[int, _Head] = {}
        self._widths: dict[int, int] = {}
        self._serial = 0
        # The manager tells its heads at once, so its handler stands before the binding.
        self._manager = self._connection.bind(MANAGER, handler=self._told)
        self._connection.roundtrip()

    def fileno(self) -> int:
        """Return the descriptor to wait on; then call `dispatch`."""
        return self._connection.fileno()

    def dispatch(self) -> None:
        """Read what came; raise OSError when the compositor is gone."""
        self._connection.dispatch()

    @property
    def lit(self) -> int:
        """How many monitors show something."""
        return sum(head.enabled for head in self._heads.values())

    @property
    def waiting(self) -> bool:
        """Whether a monitor is dark that may be lit."""
        return bool(self._dark())

    def light(self) -> None:
        """Light what waits; return when the compositor has done so."""
        for number in self._dark():
            if number in self._heads:  # pulled out again meanwhile
                self._light(number)

    def _dark(self) -> list[int]:
        return [number for number, head in self._heads.items() if not head.enabled and not head.refused]

    def _light(self, number: int) -> None:
        answers: list[int] = []
        configuration = self._connection.new(lambda opcode, _body: answers.append(opcode))
        wanted = self._connection.new()
        self._connection.send(self._manager, _CREATE_CONFIGURATION, [configuration, self._serial])
        self._connection.send(configuration, _ENABLE_HEAD, [wanted, number])
        self._connection.send(wanted, _SET_POSITION, [self._right_edge(), 0])
        self._connection.send(configuration, _APPLY, [])
        while not answers:
            self._connection.dispatch()
        self._connection.send(configuration, _DESTROY, [])
        self._connection.roundtrip()
        if answers[0] == _FAILED and number in self._heads:
            self._heads[number].refused = True

    def _right_edge(self) -> int:
        edges = (head.left + self._widths.get(head.mode, 0) for head in self._heads.values() if head.enabled)
        return max(edges, default=0)

    def _told(self, opcode: int, body: bytes) -> None:
        (word,) = _WORD.unpack_from(body)
        if opcode == _DONE:
            self._serial = word
        elif opcode == _HEAD:
            self._heads[word] = _Head()
            self._connection.hear(word, lambda event, content: self._changed(word, event, content))

    def _changed(self, number: int, event: int, content: bytes) -> None:
        head = self._heads.get(number)
        if head is None:
            return
        if event == _FINISHED:
            del self._heads[number]
        elif event == _MODE:
            (mode,) = _WORD.unpack(content)
            self._connection.hear(mode, lambda about, size: self._sized(mode, about, size))
        elif event == _ENABLED:
            head.enabled = _WORD.unpack(content) != (0,)
        elif event == _CURRENT_MODE:
            (head.mode,) = _WORD.unpack(content)
        elif event == _POSITION:
            head.left, _ = _PAIR.unpack(content)

    def _sized(self, mode: int, about: int, size: bytes) -> None:
        if about == _SIZE:
            self._widths[mode] = _PAIR.unpack(size)[0]
