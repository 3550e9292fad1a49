"""Disks that are files: what was laid into a partition stands where the table says."""

from pathlib import Path

from hanare_image import gpt
from hanare_lab import disk_file

MIB = 1 << 20


def test_contents_stand_in_their_partitions(tmp_path: Path) -> None:
    """From bytes and from a file, boot code before all; what nobody filled is a hole."""
    (tmp_path / "root.img").write_bytes(b"root" + b"\0" * (9 * MIB) + b"end")
    partitions = gpt.lay_out([("bios", gpt.BIOS_BOOT, MIB), ("root", gpt.LINUX_ROOT, 64 * MIB)])
    disk = tmp_path / "disk.img"
    disk_file.write(disk, partitions, {"bios": b"core", "root": tmp_path / "root.img"}, boot_code=b"code")
    data = disk.read_bytes()
    assert gpt.read(data[: gpt.HEAD_BYTES]) == partitions
    assert data.startswith(b"code")
    assert data[partitions[0].start :].startswith(b"core")
    root = data[partitions[1].start :]
    assert root.startswith(b"root")
    assert root[9 * MIB + 4 :].startswith(b"end")
    assert disk.stat().st_blocks * 512 < 32 * MIB
