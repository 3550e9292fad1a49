"""Small images that are laid out like real ones: FAT file systems by mtools, and a root with its true hash tree."""

import hashlib
import subprocess
from pathlib import Path
from typing import Final

from hanare_core import wire
from hanare_image import boot, layout, release, root_hash
from hanare_image.build import grub
from hanare_image.disks import Disk
from hanare_image.release import Release

MIB: Final = 1 << 20
DISK_BYTES: Final = 3400 * MIB
"""A file with holes; two slots of 1.5 GiB fit."""


def make(folder: Path, *, version: int = 7, root_mib: int = 9, compatible: bool = False) -> Release:
    """Write an image of this version into a new folder; compatible: started by GRUB's settings instead of a UKI."""
    folder.mkdir()
    data = root(version, root_mib * MIB)
    hashed = append_tree(folder / release.ROOT, data)
    command_line = f"hanare.root={hashed}"
    kernel = folder.parent / f"hanare_{version}.efi"
    kernel.write_bytes(b"MZ" + _noise(version, 100_000) + command_line.encode())
    settings = folder.parent / boot.SETTINGS.name
    settings.write_text(f"{boot.VERSION_LINE}{version}\n{grub.settings(command_line)}")
    started = {str(boot.SETTINGS.parent): settings} if compatible else {str(boot.FOLDER): kernel}
    fat(folder / release.ESP, 12 * MIB, "HANARE", started)
    fat(folder / release.IDENTITY, 8 * MIB, "HANARE-ID", {})
    built = Release(
        version=version,
        variant="basic",
        root_partition=layout.root_name(hashed),
        root_hash=hashed,
        parts=tuple(release.describe(folder / name) for name in (release.ROOT, release.ESP, release.IDENTITY)),
    )
    (folder / release.MANIFEST).write_bytes(wire.encode(built))
    return built


def root(seed: int, size: int) -> bytes:
    """Return bytes with the superblock of a squashfs of this size."""
    noise = bytearray(_noise(seed, size))
    noise[:4] = b"hsqs"
    noise[40:48] = size.to_bytes(8, "little")
    return bytes(noise)


def append_tree(path: Path, data: bytes) -> str:
    """Write data and hash tree; return the root hash."""
    digest, tree = root_hash.hash_tree(lambda at, size: data[at : at + size], len(data), hashlib.sha256(data).digest())
    path.write_bytes(data + tree)
    return digest.hex()


def fat(path: Path, size: int, name: str, files: dict[str, Path]) -> None:
    """Write a FAT file system with files in folders of it."""
    with path.open("wb") as file:
        file.truncate(size)
    _run("mformat", "-i", path, "-v", name, "-T", str(size // 512), "-h", "2", "-s", "32", "::")
    for folder, source in files.items():
        parts = folder.split("/")
        for depth in range(1, len(parts) + 1):
            _run("mmd", "-i", path, "::/" + "/".join(parts[:depth]))
        _run("mcopy", "-i", path, source, f"::/{folder}/")


def disk(path: Path, size: int = DISK_BYTES) -> Disk:
    """Return a file that stands for a stick."""
    with path.open("wb") as file:
        file.truncate(size)
    return Disk(path, path.name, "", size, removable=True)


def _noise(seed: int, size: int) -> bytes:
    return hashlib.shake_256(f"noise {seed}".encode()).digest(size)


def _run(*command: object) -> None:
    subprocess.run([str(word) for word in command], check=True, capture_output=True, timeout=60)
