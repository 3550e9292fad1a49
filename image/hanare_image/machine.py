"""Where the kernel and udev tell of disks, all of it text; what is not there reads as nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple


class Machine(NamedTuple):
    """The folders; tests have their own."""

    block: Path = Path("/sys/block")
    proc: Path = Path("/proc")
    devices: Path = Path("/dev")
    udev: Path = Path("/run/udev/data")
    own: Path = Path("/run/hanare-boot/disk")
    """Names the disk that a stick's system was started from."""

    def node(self, name: str) -> Path:
        """Return the device node of what the kernel calls so."""
        return self.devices / name.replace("!", "/")

    def entry(self, node: Path) -> Path:
        """Return the kernel's folder of a disk."""
        return self.block / node.relative_to(self.devices).as_posix().replace("/", "!")


HERE: Final = Machine()


def parts(entry: Path) -> list[Path]:
    """Return the folders of a disk and of its partitions."""
    return [entry, *(part for part in folders(entry) if (part / "partition").exists())]


def folders(folder: Path) -> list[Path]:
    """Return what is in a folder."""
    return sorted(folder.iterdir()) if folder.is_dir() else []


def lines(path: Path) -> Iterator[list[str]]:
    """Return a file's lines, each as its words."""
    return (line.split() for line in text(path).splitlines())


def text(path: Path) -> str:
    """Return what a file says."""
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""
