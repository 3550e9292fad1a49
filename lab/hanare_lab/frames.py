"""Keeps every frame of one monitor's part: ``python -m hanare_lab.frames MONITOR FOLDER``, until it is killed.

The monitor (its output's name) may come, go and come again. A frame that equals the one before it is not kept twice;
each is a PNG named by its number. Limit: a frame that is drawn while the one before is being copied may be missed;
the part is small, so that copying takes less than the compositor needs for its next frame.
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
from pathlib import Path
from typing import Final

from PIL import Image

from hanare_stick.kiosk.wayland import Connection

PART: Final = (600, 60, 320, 240)
"""Left, top, width and height: right of the middle, beneath the bar, two strokes of the watermark high."""

WATCHING: Final = "watching"
"""The file that appears in the folder when every later frame is kept."""

MANAGER: Final = "zwlr_screencopy_manager_v1"
_CAPTURE_REGION: Final = 1
_COPY, _DESTROY = 0, 1
_BUFFER, _READY, _FAILED = 0, 2, 3
_CREATE_POOL, _CREATE_BUFFER = 0, 0
_OUTPUT_VERSION: Final = 4
_OUTPUT_NAME: Final = 4
_GLOBAL, _GLOBAL_REMOVE = 0, 1
_BIND: Final = 0
_BYTES: Final = 4


class Frames(Connection):
    """The connection of one watcher."""

    def __init__(self, monitor: str, folder: Path) -> None:
        self._monitor = monitor
        self._folder = folder
        self._number = 0
        self._last = b""
        self._output: int | None = None
        self._names: dict[int, int] = {}
        self._manager = 0
        super().__init__()
        self._shm = self.bind("wl_shm")
        self._memory = self._pool()
        self._manager = self.bind(MANAGER)
        self.roundtrip()
        (folder / WATCHING).touch()

    def watch(self) -> None:
        """Watch until the compositor is gone."""
        while True:
            self.dispatch()

    def _offered(self, opcode: int, body: bytes) -> None:
        super()._offered(opcode, body)
        (name,) = struct.unpack_from("=I", body)
        if opcode == _GLOBAL_REMOVE and self._names.get(name) == self._output:
            self._output = None
        elif opcode == _GLOBAL and b"wl_output\0" in body:
            output = self.new()
            self._names[name] = output
            self.hear(output, lambda event, content: self._named(output, event, content))
            self.send(self._registry, _BIND, [name, "wl_output", _OUTPUT_VERSION, output])

    def _named(self, output: int, event: int, content: bytes) -> None:
        if event == _OUTPUT_NAME and content[4:].split(b"\0")[0].decode() == self._monitor:
            self._output = output
            self._capture()

    def _pool(self) -> mmap.mmap:
        size = PART[2] * PART[3] * _BYTES
        descriptor = os.memfd_create("frames")
        os.ftruncate(descriptor, size)
        pool = self.new()
        self.send(self._shm, _CREATE_POOL, [pool, size], [descriptor])
        self._kept: tuple[int, int] = (pool, 0)
        return mmap.mmap(descriptor, size)

    def _capture(self) -> None:
        if self._output is None or not self._manager:
            return
        frame = self.new()
        self.hear(frame, lambda event, content: self._heard(frame, event, content))
        self.send(self._manager, _CAPTURE_REGION, [frame, 0, self._output, *PART])

    def _heard(self, frame: int, event: int, content: bytes) -> None:
        if event == _BUFFER:
            self.send(frame, _COPY, [self._target(*struct.unpack_from("=4I", content))])
        elif event in {_READY, _FAILED}:
            self.send(frame, _DESTROY, [])
            if event == _READY:
                self._keep()
            self._capture()

    def _target(self, pixel_format: int, width: int, height: int, stride: int) -> int:
        pool, buffer = self._kept
        if not buffer:
            buffer = self.new()
            self.send(pool, _CREATE_BUFFER, [buffer, 0, width, height, stride, pixel_format])
            self._kept = pool, buffer
        return buffer

    def _keep(self) -> None:
        now = self._memory[:]
        if now == self._last:
            return
        self._last = now
        self._number += 1
        image = Image.frombytes("RGB", PART[2:], now, "raw", "BGRX")
        part = self._folder / f"{self._number:05}.part"
        image.save(part, "PNG", compress_level=1)
        part.rename(part.with_suffix(".png"))


if __name__ == "__main__":
    Frames(sys.argv[1], Path(sys.argv[2])).watch()
