"""The identity partition as bytes: a FAT file system that mtools fills and reads, so that nothing is ever mounted.

The private keys are in a folder in memory (tmpfs) for as long as it takes, and then on the stick only.
"""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from hanare_image.errors import KittingError

MEMORY: Final = Path("/dev/shm")  # noqa: S108 - memory is the point


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    """Give a folder that only we may read and that never was on a disk."""
    with tempfile.TemporaryDirectory(prefix="hanare-", dir=MEMORY) as name:
        yield Path(name)


def fill(empty: bytes, folder: Path) -> bytes:
    """Return an empty identity partition with the folder's files in it; raise KittingError."""
    with folder_in_memory() as scratch:
        image = scratch / "identity.img"
        image.write_bytes(empty)
        files = sorted(str(path) for path in folder.iterdir())
        _mtools("mcopy", "-i", str(image), *files, "::/")
        return image.read_bytes()


def read(partition: bytes, name: str) -> bytes:
    """Return one file of an identity partition; raise KittingError when it is not there."""
    with folder_in_memory() as scratch:
        image = scratch / "identity.img"
        image.write_bytes(partition)
        return _mtools("mtype", "-i", str(image), f"::/{name}")


def _mtools(*command: str) -> bytes:
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError as error:
        raise KittingError("mtools is not installed; install it with: apt-get install mtools") from error
    if done.returncode != 0:
        raise KittingError(f"the identity partition: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout
