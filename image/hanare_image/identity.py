"""The identity partition as bytes: a FAT file system that mtools fills and reads, so that nothing is ever mounted.

The private keys are in a folder in memory (tmpfs) for as long as it takes, and then on the stick only.
"""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from hanare_image.texts import refused

MEMORY: Final = Path("/dev/shm")  # noqa: S108 - memory is the point

FAT_SECONDS: Final = 120
"""Bound of one mtools run: 256 MiB from a slow stick."""


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    """Give a folder that only we may read and that never was on a disk."""
    with tempfile.TemporaryDirectory(prefix="hanare-", dir=MEMORY) as name:
        yield Path(name)


def fill(empty: bytes, folder: Path) -> bytes:
    """Return an identity partition with the folder's files in it, over those that it has; raise KittingError."""
    with folder_in_memory() as scratch:
        image = scratch / "identity.img"
        image.write_bytes(empty)
        files = sorted(str(path) for path in folder.iterdir())
        _mtools("mcopy", "-D", "o", "-i", str(image), *files, "::/")
        return image.read_bytes()


@contextmanager
def opened(partition: bytes) -> Iterator[Path]:
    """Give a folder in memory with the partition's files; raise KittingError when it is no file system."""
    with folder_in_memory() as scratch:
        image = scratch / "identity.img"
        image.write_bytes(partition)
        yield extract(str(image), scratch / "identity")


def extract(place: str, folder: Path) -> Path:
    """Copy every file of a FAT file system (a file, or FILE@@OFFSET) into a new folder and return it."""
    folder.mkdir(mode=0o700)
    _mtools("mcopy", "-s", "-n", "-i", place, "::/", str(folder))
    return folder


def _mtools(*command: str) -> bytes:
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=FAT_SECONDS)
    except FileNotFoundError as error:
        raise refused("no-mtools") from error
    except subprocess.TimeoutExpired as error:
        raise refused("stuck") from error
    if done.returncode != 0:
        raise refused("no-file-system", reason="".join(done.stderr.decode(errors="replace").strip().splitlines()[-1:]))
    return done.stdout
