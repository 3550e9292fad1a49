"""The file systems on this machine's disks: their labels, as udev saw them, and where they are mounted."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from hanare_image.machine import HERE, Machine, folders, lines, parts, text

DATA: Final = "HANARE-KIT"
CA: Final = "HANARE-CA"

RESERVED: Final = frozenset({DATA, CA})
"""Labels of the office's own media; a disk with one of them is never written."""

_LABEL: Final = "E:ID_FS_LABEL="
_MOUNT_DEVICE: Final = 2
_MOUNT_PLACE: Final = 4
_ESCAPED_SPACE: Final = r"\040"
_MOUNT_SEPARATOR: Final = "-"


class Volume(NamedTuple):
    """A file system on a disk or on one of its partitions."""

    label: str
    device: Path
    disk: Path


class Mount(NamedTuple):
    """One mount: the device's number as the kernel has it, the device, and where it is."""

    number: str
    source: str
    place: str


def volumes(machine: Machine = HERE) -> list[Volume]:
    """Return every file system that has a label."""
    return [
        Volume(label, machine.node(part.name), machine.node(entry.name))
        for entry in folders(machine.block)
        for part in parts(entry)
        if (label := _label(text(part / "dev"), machine))
    ]


def mounted_at(device: Path, machine: Machine = HERE) -> Path | None:
    """Return where a file system is mounted."""
    return next((Path(mount.place) for mount in mounts(machine) if mount.source == str(device)), None)


def mounts(machine: Machine = HERE) -> Iterator[Mount]:
    """Return all that is mounted."""
    for fields in lines(machine.proc / "self/mountinfo"):
        source = fields[fields.index(_MOUNT_SEPARATOR) + 2] if _MOUNT_SEPARATOR in fields else ""
        place = fields[_MOUNT_PLACE].replace(_ESCAPED_SPACE, " ")
        yield Mount(fields[_MOUNT_DEVICE], os.path.realpath(source), place)


def _label(number: str, machine: Machine) -> str:
    told = text(machine.udev / f"b{number}").splitlines()
    return next((line.removeprefix(_LABEL) for line in told if line.startswith(_LABEL)), "")
