"""Lays an image onto one stick and proves that it is there.

Order: refuse what is too small · empty the head, so that a half-written stick never looks like one · stamps (is the
room real?) · boot, root and identity partitions, with a mark of how far it came after every SYNC_BYTES · backup table ·
read everything back and compare · the table itself, last. A writer that was killed goes on from its mark; what stands
before the mark is compared with all the rest. The unused part of slots and disk stays as it is, stamps apart.
"""

import hashlib
import secrets
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from hanare_image import gpt, layout, mark, release, stamps
from hanare_image.media import CHUNK, Medium
from hanare_image.release import Release
from hanare_image.texts import refused

SYNC_BYTES: Final = 16 * 1024 * 1024
"""Written between two flushes: bars tell the truth, and so much is repeated after a break."""

_SECRET_BYTES: Final = 32
_MIB: Final = 1 << 20

Progress = Callable[[str, int, int], None]
"""Called with the phase ("write", "check"; "failed" by who sees it fail), bytes done, bytes in all."""


class Speed(NamedTuple):
    """How fast a stick was, bytes a second; a resumed write counts what it wrote."""

    write: float
    read: float
    resumed: bool


class _Piece(NamedTuple):
    at: int
    path: Path
    size: int

    def chunks(self) -> Iterator[bytes]:
        """Yield its bytes; the image's own fault is told as such, not as the stick's."""
        try:
            with self.path.open("rb") as file:
                while chunk := file.read(CHUNK):
                    yield chunk
        except OSError as error:
            raise refused("image-unread", path=self.path, reason=error.strerror) from error


class Writer:
    """One write of one image onto one stick."""

    def __init__(self, medium: Medium, folder: Path, built: Release, progress: Progress) -> None:
        self._medium = medium
        self._built = built
        self._progress = progress
        self._partitions = layout.partitions(built)
        starts = {partition.name: partition.start for partition in self._partitions}
        parts = [(layout.BOOT, release.ESP), (built.root_partition, release.ROOT), (layout.IDENTITY, release.IDENTITY)]
        self._pieces = [_Piece(starts[name], folder / file, (folder / file).stat().st_size) for name, file in parts]
        self._total = sum(piece.size for piece in self._pieces)
        self._image = hashlib.sha256((folder / release.MANIFEST).read_bytes()).digest()
        self._secret = secrets.token_bytes(_SECRET_BYTES)
        used = [(0, gpt.ALIGNMENT), *((piece.at, piece.at + piece.size) for piece in self._pieces)]
        self._stamps = stamps.places(medium.size, used)
        bios = folder / release.BIOS
        code = bios.read_bytes() if bios.exists() else b""
        self._table = gpt.table(self._partitions, medium.size, uuid.uuid4(), code[: gpt.BOOT_CODE_BYTES])
        self._ends = [
            (starts[layout.BIOS], code[gpt.BOOT_CODE_BYTES :]),
            (self._table.backup_at, self._table.backup),
        ]

    def write(self) -> Speed:
        """Write and read back; raise KittingError for a bad stick, OSError for what the system says."""
        needed = layout.least_bytes(self._built)
        if self._medium.size < needed:
            raise refused("small", has=self._medium.size // _MIB, needed=-(-needed // _MIB))
        done = mark.decode(self._medium.read(mark.AT, mark.BYTES), self._image)
        self._begin(keep=done is not None)
        started = time.monotonic()
        self._write_pieces(done or 0)
        written = time.monotonic()
        self._write_ends()
        read_from = time.monotonic()
        self._check()
        read = time.monotonic()
        self._finish()
        return Speed(
            write=(self._total - (done or 0)) / max(written - started, 1e-6),
            read=self._total / max(read - read_from, 1e-6),
            resumed=done is not None,
        )

    def _begin(self, *, keep: bool) -> None:
        if not keep:
            self._medium.write(0, bytes(gpt.ALIGNMENT))
            self._medium.settle()
        stamps.write(self._medium, self._stamps, self._secret)
        self._medium.settle()
        self._check_stamps()
        if not keep:
            self._keep_mark(0)

    def _write_pieces(self, skip: int) -> None:
        passed, unsettled = 0, 0
        for at, chunk in self._chunks():
            passed += len(chunk)
            if passed <= skip:
                continue
            self._medium.write(at, chunk)
            unsettled += len(chunk)
            if unsettled >= SYNC_BYTES or passed == self._total:
                self._medium.settle()
                self._keep_mark(passed)
                unsettled = 0
            self._progress("write", passed, self._total)

    def _chunks(self) -> Iterator[tuple[int, bytes]]:
        for piece in self._pieces:
            at = piece.at
            for chunk in piece.chunks():
                yield at, chunk
                at += len(chunk)

    def _keep_mark(self, done: int) -> None:
        self._medium.write(mark.AT, mark.encode(self._image, done))
        self._medium.settle()

    def _write_ends(self) -> None:
        """Write what belongs to no piece: the rest of the BIOS code, and the table at the disk's end."""
        for at, data in self._ends:
            self._medium.write(at, data)
        self._medium.settle()

    def _check(self) -> None:
        """Compare what the stick holds with the image, chunk by chunk."""
        done = 0
        for at, chunk in self._chunks():
            self._same(at, chunk)
            done += len(chunk)
            self._progress("check", done, self._total)
        for at, data in self._ends:
            self._same(at, data)
        self._check_stamps()

    def _finish(self) -> None:
        """Write the table over the empty head and the mark: from here on this is a stick."""
        head = self._table.primary.ljust(gpt.ALIGNMENT, b"\0")
        self._medium.write(0, head)
        self._medium.settle()
        self._same(0, head)

    def _same(self, at: int, wanted: bytes) -> None:
        if self._medium.read(at, len(wanted)) != wanted:
            raise refused("lying", at=at // _MIB)

    def _check_stamps(self) -> None:
        for place in stamps.wrong(self._medium, self._stamps, self._secret):
            raise refused("false-size", at=place // _MIB, size=self._medium.size // _MIB)
