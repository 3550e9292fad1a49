"""Which disks of this machine may become sticks: what the kernel tells of each, and who is refused.

A disk that is not removable is written only when its serial number was given: nobody types that by mistake. A disk that
is mounted, holds swap or carries another device (dm-verity of a running stick, LVM, RAID) is never written, nor is one
of the office's media or the disk that the system was started from. Plain files and loop devices stand for sticks.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from hanare_image.machine import HERE, Machine, folders, lines, parts, text
from hanare_image.texts import refused, say
from hanare_image.volumes import RESERVED, mounts, volumes

_SECTOR: Final = 512
_LOOP_MAJOR: Final = "7"

_USB_PARENTS: Final = 6
"""How far above its SCSI device a disk's USB device is looked for."""


class Disk(NamedTuple):
    """One disk; `serial` is empty where it tells none, `name` for a plain file."""

    path: Path
    name: str
    serial: str
    size: int
    removable: bool


class Candidate(NamedTuple):
    """A removable disk; `use` is for people and empty where it may be written."""

    disk: Disk
    use: str


def removable(machine: Machine = HERE) -> list[Disk]:
    """Return the removable disks with a medium in them."""
    return [disk for disk in _disks(machine) if disk.removable and disk.size]


def candidates(machine: Machine = HERE) -> list[Candidate]:
    """Return the removable disks, each with what uses it."""
    return [Candidate(disk, _use(disk, machine)) for disk in removable(machine)]


def choose(targets: Sequence[str], serials: Sequence[str] = (), machine: Machine = HERE) -> list[Disk]:
    """Return the disks to write; raise KittingError for one that is refused, saying why and what to do.

    targets: device nodes, or plain files that stand for sticks. serials: disks that may be written although they
    are not removable.
    """
    chosen = [_permitted(Path(target), serials, machine) for target in targets]
    if len({disk.path for disk in chosen}) != len(chosen):
        raise refused("twice")
    return chosen


def find(target: str, machine: Machine = HERE) -> Disk:
    """Return a disk or file to read from; raise KittingError when it is neither."""
    real = Path(os.path.realpath(target))
    if real.is_file():
        return Disk(real, "", "", real.stat().st_size, removable=True)
    known = {disk.path: disk for disk in _disks(machine)}
    if real not in known:
        raise refused("no-disk", path=target)
    return known[real]


def _permitted(target: Path, serials: Sequence[str], machine: Machine) -> Disk:
    disk = find(str(target), machine)
    if disk.path.is_file():
        return disk
    if reason := _use(disk, machine):
        raise refused("in-use", path=target, name=disk.name, reason=reason)
    stands_for_one = text(machine.entry(disk.path) / "dev").partition(":")[0] == _LOOP_MAJOR
    if not disk.removable and not stands_for_one and disk.serial not in (set(serials) - {""}):
        key = "not-removable" if disk.serial else "not-removable-nameless"
        raise refused(key, path=target, name=disk.name, serial=disk.serial)
    return disk


def _use(disk: Disk, machine: Machine) -> str:
    """Return what the disk is used for, for people; empty when it may be written."""
    for volume in volumes(machine):
        if volume.disk == disk.path and volume.label in RESERVED:
            return say("use.medium", label=volume.label)
    if text(machine.own) == disk.path.name:
        return say("use.this")
    return _used_by(machine.entry(disk.path), machine)


def _used_by(entry: Path, machine: Machine) -> str:
    """Return what uses the disk or one of its partitions, for people; empty when nothing does."""
    own = parts(entry)
    numbers = {text(part / "dev") for part in own} - {""}
    names = {str(machine.node(part.name)) for part in own}
    for mount in mounts(machine):
        if mount.number in numbers or mount.source in names:
            return say("use.mounted", place=mount.place)
    if any(fields and os.path.realpath(fields[0]) in names for fields in lines(machine.proc / "swaps")):
        return say("use.swap")
    if holders := [holder.name for part in own for holder in folders(part / "holders")]:
        return say("use.held", holder=holders[0])
    return ""


def _disks(machine: Machine) -> list[Disk]:
    return [_read(entry, machine) for entry in folders(machine.block) if (entry / "size").exists()]


def _read(entry: Path, machine: Machine) -> Disk:
    device = entry / "device"
    name = " ".join(filter(None, (text(device / "vendor"), text(device / "model")))) or entry.name
    return Disk(
        path=machine.node(entry.name),
        name=name,
        serial=_serial(device),
        size=int(text(entry / "size") or 0) * _SECTOR,
        removable=text(entry / "removable") == "1",
    )


def _serial(device: Path) -> str:
    """Return a disk's own serial number, or that of the USB device that it hangs on."""
    if not device.exists():
        return ""
    real = Path(os.path.realpath(device))
    above = (real, *list(real.parents)[:_USB_PARENTS])
    return next((serial for folder in above if (serial := text(folder / "serial"))), "")
