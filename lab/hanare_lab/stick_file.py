"""A stick that is a file, for an emulated PC: a release laid out as on a real stick, and an identity in it."""

from __future__ import annotations

from pathlib import Path

from hanare_image import gpt, identity, layout, release
from hanare_lab import disk_file


def write(target: Path, image: Path, identity_folder: Path | None = None) -> None:
    """Write a sparse file of the least size a stick may have; without an identity it is a stick not yet enrolled."""
    built = release.read(image)
    bios = image / release.BIOS
    code = bios.read_bytes() if bios.exists() else b""
    empty = (image / release.IDENTITY).read_bytes()
    contents: dict[str, bytes | Path] = {
        layout.BIOS: code[gpt.BOOT_CODE_BYTES :],
        layout.BOOT: image / release.ESP,
        built.root_partition: image / release.ROOT,
        layout.IDENTITY: empty if identity_folder is None else identity.fill(empty, identity_folder),
    }
    disk_file.write(target, layout.partitions(built), contents, boot_code=code[: gpt.BOOT_CODE_BYTES])
