"""A stick that is a file, for an emulated PC: a release laid out as on a real stick, and an identity in it."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import Final

from hanare_image import gpt, identity, layout, release

_CHUNK: Final = 4 * 1024 * 1024
_BOOT_CODE: Final = 440


def write(target: Path, image: Path, identity_folder: Path | None = None) -> None:
    """Write a sparse file of the least size a stick may have; without an identity it is a stick not yet enrolled."""
    built = release.read(image)
    places = {partition.name: partition.start for partition in layout.partitions(built)}
    size = layout.least_bytes(built)
    bios = image / release.BIOS
    code = bios.read_bytes() if bios.exists() else b""
    table = gpt.table(layout.partitions(built), size, uuid.uuid4(), code[:_BOOT_CODE])
    empty = (image / release.IDENTITY).read_bytes()
    filled = empty if identity_folder is None else identity.fill(empty, identity_folder)
    with target.open("wb") as file:
        file.truncate(size)
        for at, data in (
            (0, table.primary),
            (table.backup_at, table.backup),
            (places[layout.BIOS], code[_BOOT_CODE:]),
            (places[layout.IDENTITY], filled),
        ):
            file.seek(at)
            file.write(data)
        for name, part in ((layout.BOOT, release.ESP), (built.root_partition, release.ROOT)):
            _copy(image / part, file.fileno(), places[name])


def _copy(source: Path, descriptor: int, at: int) -> None:
    with source.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if chunk.strip(b"\0"):
                os.pwrite(descriptor, chunk, at)
            at += len(chunk)
