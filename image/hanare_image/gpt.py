"""A GUID partition table (UEFI Specification 2.10, chapter 5.3), written for a disk of any size.

`Table.primary` goes to the start of the disk, `Table.backup` to its last sectors. Sectors are 512 bytes.
"""

import struct
import uuid
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

SECTOR: Final = 512
ALIGNMENT: Final = 1024 * 1024
"""Partitions start on whole MiB: every flash memory's erase block is a divisor or a multiple of it."""

ESP: Final = uuid.UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b")
BIOS_BOOT: Final = uuid.UUID("21686148-6449-6e6f-744e-656564454649")
LINUX_ROOT: Final = uuid.UUID("4f68bce3-e8cd-4db1-96e7-fbcaf984b709")
LINUX_DATA: Final = uuid.UUID("0fc63daf-8483-4772-8e79-3d69d8477de4")

NAME_CHARACTERS: Final = 36

BOOT_CODE_BYTES: Final = 440
"""What the first sector has room for before its own table: a legacy BIOS starts it."""

_ENTRIES: Final = 128
_ENTRY: Final = struct.Struct("<16s16sQQQ72s")
_HEADER: Final = struct.Struct("<8sIIIIQQQQ16sQIII")
_REVISION: Final = 0x00010000
_TABLE_SECTORS: Final = _ENTRIES * _ENTRY.size // SECTOR
_FIRST_USABLE: Final = 2 + _TABLE_SECTORS
_PROTECTIVE: Final = struct.Struct("<B3sB3sII")


@dataclass(frozen=True)
class Partition:
    """One partition; `start` and `size` in bytes, both multiples of a sector."""

    name: str
    kind: uuid.UUID
    start: int
    size: int


@dataclass(frozen=True)
class Table:
    """What stands at both ends of the disk."""

    primary: bytes
    backup: bytes
    backup_at: int


def lay_out(sizes: Sequence[tuple[str, uuid.UUID, int]]) -> list[Partition]:
    """Return partitions one after another from (name, kind, bytes), each on whole MiB."""
    partitions, at = [], ALIGNMENT
    for name, kind, size in sizes:
        if len(name) > NAME_CHARACTERS:
            raise ValueError(f"the name {name} is longer than {NAME_CHARACTERS} characters")
        partitions.append(Partition(name, kind, at, size))
        at += -(-size // ALIGNMENT) * ALIGNMENT
    return partitions


def least_disk(partitions: Sequence[Partition]) -> int:
    """Return the bytes that a disk needs for these partitions."""
    last = partitions[-1]
    return last.start + -(-last.size // ALIGNMENT) * ALIGNMENT + ALIGNMENT


def table(partitions: Sequence[Partition], disk_bytes: int, disk: uuid.UUID, boot_code: bytes = b"") -> Table:
    """Return the table of a disk; partitions get ids derived from the disk's and their names."""
    sectors = disk_bytes // SECTOR
    entries = b"".join(_entry(partition, uuid.uuid5(disk, partition.name)) for partition in partitions)
    entries = entries.ljust(_ENTRIES * _ENTRY.size, b"\0")
    primary = _header(entries, disk, sectors, here=1, other=sectors - 1, table_at=2)
    backup = _header(entries, disk, sectors, here=sectors - 1, other=1, table_at=sectors - 1 - _TABLE_SECTORS)
    return Table(
        primary=_protective(sectors, boot_code) + primary + entries,
        backup=entries + backup,
        backup_at=(sectors - 1 - _TABLE_SECTORS) * SECTOR,
    )


def _entry(partition: Partition, identifier: uuid.UUID) -> bytes:
    first = partition.start // SECTOR
    last = first + partition.size // SECTOR - 1
    name = partition.name.encode("utf-16-le")
    return _ENTRY.pack(partition.kind.bytes_le, identifier.bytes_le, first, last, 0, name)


def _header(  # noqa: PLR0913 - the fields of one header
    entries: bytes, disk: uuid.UUID, sectors: int, *, here: int, other: int, table_at: int
) -> bytes:
    last_usable = sectors - _TABLE_SECTORS - 2

    def pack(checksum: int) -> bytes:
        return _HEADER.pack(
            b"EFI PART", _REVISION, _HEADER.size, checksum, 0, here, other, _FIRST_USABLE, last_usable,
            disk.bytes_le, table_at, _ENTRIES, _ENTRY.size, zlib.crc32(entries),
        )  # fmt: skip

    return pack(zlib.crc32(pack(0))).ljust(SECTOR, b"\0")


def _protective(sectors: int, boot_code: bytes) -> bytes:
    """Return the protective MBR; old BIOSes start only from a disk whose one entry is active."""
    active = 0x80 if boot_code else 0
    entry = _PROTECTIVE.pack(active, b"\0\2\0", 0xEE, b"\xff\xff\xff", 1, min(sectors - 1, 0xFFFFFFFF))
    return boot_code[:BOOT_CODE_BYTES].ljust(446, b"\0") + entry.ljust(64, b"\0") + b"\x55\xaa"


def read(data: bytes) -> list[Partition]:
    """Return the partitions of a disk from its first 34 sectors; raise ValueError when there is no sound table."""
    header = data[SECTOR : SECTOR + _HEADER.size]
    if len(header) < _HEADER.size:
        raise ValueError("no partition table")
    fields = _HEADER.unpack(header)
    magic, checksum, table_checksum = fields[0], fields[3], fields[13]
    table_bytes = data[2 * SECTOR : 2 * SECTOR + _ENTRIES * _ENTRY.size]
    blank = header[:16] + b"\0\0\0\0" + header[20:]
    if magic != b"EFI PART" or zlib.crc32(blank) != checksum or zlib.crc32(table_bytes) != table_checksum:
        raise ValueError("no partition table")
    found = []
    for kind, _, first, last, _, name in _ENTRY.iter_unpack(table_bytes):
        if kind != uuid.UUID(int=0).bytes:
            text = name.decode("utf-16-le").rstrip("\0")
            size = (last - first + 1) * SECTOR
            found.append(Partition(text, uuid.UUID(bytes_le=kind), first * SECTOR, size))
    return found


HEAD_BYTES: Final = _FIRST_USABLE * SECTOR
"""What `read` needs of a disk."""
