"""Which disks of this machine may become sticks: what the kernel tells of each, and who is refused.

A disk that is not removable is written only when its serial number was given: nobody types that by mistake. A disk that
is mounted, holds swap or carries another device (dm-verity of a running stick, LVM, RAID) is never written. Plain files
and loop devices stand for sticks.
"""

import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from hanare_image.texts import refused, say

_SECTOR: Final = 512
_LOOP_MAJOR: Final = "7"

_USB_PARENTS: Final = 6
"""How far above its SCSI device a disk's USB device is looked for."""

_MOUNT_DEVICE: Final = 2
_MOUNT_PLACE: Final = 4
_ESCAPED_SPACE: Final = r"\040"
_MOUNT_SEPARATOR: Final = "-"


class Disk(NamedTuple):
    """One disk; `serial` is empty where it tells none, `name` for a plain file."""

    path: Path
    name: str
    serial: str
    size: int
    removable: bool


class Machine(NamedTuple):
    """Where the kernel tells of disks; tests have folders of their own."""

    block: Path = Path("/sys/block")
    proc: Path = Path("/proc")
    devices: Path = Path("/dev")
    udev: Path = Path("/run/udev/data")
    own: Path = Path("/run/hanare-boot/disk")
    """Names the disk that a stick's system was started from."""


HERE: Final = Machine()


class Volume(NamedTuple):
    """A file system on a disk or on one of its partitions, as udev saw it."""

    label: str
    device: Path
    disk: Path


class _Mount(NamedTuple):
    number: str
    source: str
    place: str


class Candidate(NamedTuple):
    """A removable disk; `use` is for people and empty where it may be written."""

    disk: Disk
    use: str


def removable(machine: Machine = HERE) -> list[Disk]:
    """Return the removable disks with a medium in them."""
    return [disk for disk in _disks(machine) if disk.removable and disk.size]


def candidates(reserved: Collection[str] = (), machine: Machine = HERE) -> list[Candidate]:
    """Return the removable disks, each with what uses it; reserved: labels of media that are none to be written."""
    kept = {volume.disk: volume.label for volume in volumes(machine) if volume.label in reserved}
    return [
        Candidate(disk, kept.get(disk.path) or _own(disk, machine) or _used_by(_entry(disk.path, machine), machine))
        for disk in removable(machine)
    ]


def volumes(machine: Machine = HERE) -> list[Volume]:
    """Return every file system that has a label."""
    return [
        Volume(label, _node(part.name, machine), _node(entry.name, machine))
        for entry in _folders(machine.block)
        for part in _parts(entry)
        if (label := _label(_text(part / "dev"), machine))
    ]


def mounted_at(device: Path, machine: Machine = HERE) -> Path | None:
    """Return where a file system is mounted."""
    return next((Path(mount.place) for mount in _mounts(machine) if mount.source == str(device)), None)


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
    entry = _entry(disk.path, machine)
    if reason := _used_by(entry, machine):
        raise refused("in-use", path=target, name=disk.name, reason=reason)
    stands_for_one = _text(entry / "dev").partition(":")[0] == _LOOP_MAJOR
    if not disk.removable and not stands_for_one and disk.serial not in (set(serials) - {""}):
        key = "not-removable" if disk.serial else "not-removable-nameless"
        raise refused(key, path=target, name=disk.name, serial=disk.serial)
    return disk


def _own(disk: Disk, machine: Machine) -> str:
    return say("use.this") if _text(machine.own) == disk.path.name else ""


def _used_by(entry: Path, machine: Machine) -> str:
    """Return what uses the disk or one of its partitions, for people; empty when nothing does."""
    parts = _parts(entry)
    numbers = {_text(part / "dev") for part in parts} - {""}
    names = {str(_node(part.name, machine)) for part in parts}
    for mount in _mounts(machine):
        if mount.number in numbers or mount.source in names:
            return say("use.mounted", place=mount.place)
    if any(fields and os.path.realpath(fields[0]) in names for fields in _lines(machine.proc / "swaps")):
        return say("use.swap")
    if holders := [holder.name for part in parts for holder in _folders(part / "holders")]:
        return say("use.held", holder=holders[0])
    return ""


def _mounts(machine: Machine) -> Iterator[_Mount]:
    for fields in _lines(machine.proc / "self/mountinfo"):
        source = fields[fields.index(_MOUNT_SEPARATOR) + 2] if _MOUNT_SEPARATOR in fields else ""
        place = fields[_MOUNT_PLACE].replace(_ESCAPED_SPACE, " ")
        yield _Mount(fields[_MOUNT_DEVICE], os.path.realpath(source), place)


def _disks(machine: Machine) -> list[Disk]:
    return [_read(entry, machine) for entry in _folders(machine.block) if (entry / "size").exists()]


def _read(entry: Path, machine: Machine) -> Disk:
    device = entry / "device"
    name = " ".join(filter(None, (_text(device / "vendor"), _text(device / "model")))) or entry.name
    return Disk(
        path=_node(entry.name, machine),
        name=name,
        serial=_serial(device),
        size=int(_text(entry / "size") or 0) * _SECTOR,
        removable=_text(entry / "removable") == "1",
    )


def _node(name: str, machine: Machine) -> Path:
    return machine.devices / name.replace("!", "/")


def _entry(node: Path, machine: Machine) -> Path:
    return machine.block / node.relative_to(machine.devices).as_posix().replace("/", "!")


def _parts(entry: Path) -> list[Path]:
    """Return a disk and its partitions."""
    return [entry, *(part for part in _folders(entry) if (part / "partition").exists())]


def _label(number: str, machine: Machine) -> str:
    prefix = "E:ID_FS_LABEL="
    lines = _text(machine.udev / f"b{number}").splitlines()
    return next((line.removeprefix(prefix) for line in lines if line.startswith(prefix)), "")


def _serial(device: Path) -> str:
    """Return a disk's own serial number, or that of the USB device that it hangs on."""
    if not device.exists():
        return ""
    real = Path(os.path.realpath(device))
    folders = (real, *list(real.parents)[:_USB_PARENTS])
    return next((text for folder in folders if (text := _text(folder / "serial"))), "")


def _folders(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _lines(path: Path) -> Iterator[list[str]]:
    return (line.split() for line in _text(path).splitlines())


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""
