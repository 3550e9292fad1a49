"""What the root leaves out of Debian's packages: drivers of disks, other languages, package manager, what nobody opens.

A kernel module is left out by its folder or name. No driver for an internal disk, no file system but the root's and
the stick's own, no network file system: what is not there cannot be loaded (T2).
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from hanare_image.build import unneeded
from hanare_image.build.modules import dependencies
from hanare_image.build.roles import FURNITURE
from hanare_image.build.variant import Variant

_KEPT_FILE_SYSTEMS: Final = frozenset({"squashfs", "overlayfs", "fat", "nls", "fuse"})

_KEPT_DISK_MODULES: Final = frozenset({"sd_mod", "scsi_mod", "scsi_common", "loop"})
"""The stick itself is a SCSI disk on USB; the loop device carries the root once it is copied to memory."""

_KEPT_MD: Final = frozenset({"dm-mod", "dm-verity", "dm-bufio"})


def trim(root: Path, variant: Variant) -> None:
    """Remove from a root what the stick does not need."""
    furniture = FURNITURE[variant.role]
    firmware = tuple(f"usr/lib/firmware/{pattern}" for pattern in unneeded.FIRMWARE)
    mesa = () if variant.browser else unneeded.MESA
    for pattern in (*unneeded.FILES, *firmware, *furniture.unneeded, *mesa):
        for path in sorted(root.glob(pattern)):
            if str(path.relative_to(root)) not in furniture.kept:
                _remove(path)
    for path in _removed_modules(root, _KEPT_FILE_SYSTEMS | furniture.file_systems):
        path.unlink()


def _removed_modules(root: Path, file_systems: Collection[str]) -> list[Path]:
    """Return the module files that go: unwanted ones, but never one that a module which stays cannot do without."""
    needs = dependencies(root)
    places = _unwanted_modules(root, file_systems)
    unwanted = {file for path in places for file in ([path] if path.is_file() else path.rglob("*.ko*"))}
    needed = {need for path, others in needs.items() if path not in unwanted for need in others}
    return sorted(unwanted - needed)


def _unwanted_modules(root: Path, file_systems: Collection[str]) -> Iterator[Path]:
    for kernel in (root / "usr/lib/modules").glob("*/kernel"):
        yield from (kernel / folder for folder in (*unneeded.DISK_DRIVERS, *unneeded.NOT_A_TERMINAL))
        yield from (path for path in kernel.glob("fs/*") if path.name.partition(".")[0] not in file_systems)
        yield from _others(kernel / "drivers/block", _KEPT_DISK_MODULES)
        yield from _others(kernel / "drivers/scsi", _KEPT_DISK_MODULES)
        yield from _others(kernel / "drivers/md", _KEPT_MD)


def _others(folder: Path, kept: frozenset[str]) -> Iterator[Path]:
    for path in folder.rglob("*.ko*"):
        if path.name.partition(".")[0] not in kept:
            yield path


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
