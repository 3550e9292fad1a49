"""A disk that is a file, for an emulated PC: a partition table and what stands in the partitions."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from hanare_image import gpt
from hanare_image.gpt import Partition

_CHUNK: Final = 4 * 1024 * 1024


def write(
    target: Path, partitions: Sequence[Partition], contents: Mapping[str, bytes | Path], *, boot_code: bytes = b""
) -> None:
    """Write a sparse file, as small as the partitions allow; contents: a partition's name → bytes, or their file."""
    places = {partition.name: partition.start for partition in partitions}
    size = gpt.least_disk(partitions)
    table = gpt.table(partitions, size, uuid.uuid4(), boot_code)
    with target.open("wb") as file:
        file.truncate(size)
        os.pwrite(file.fileno(), table.primary, 0)
        os.pwrite(file.fileno(), table.backup, table.backup_at)
        for name, content in contents.items():
            if isinstance(content, Path):
                _copy(content, file.fileno(), places[name])
            else:
                os.pwrite(file.fileno(), content, places[name])


def _copy(source: Path, descriptor: int, at: int) -> None:
    with source.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if chunk.strip(b"\0"):
                os.pwrite(descriptor, chunk, at)
            at += len(chunk)
