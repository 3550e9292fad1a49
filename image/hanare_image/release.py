"""A built image as a folder: its parts, and `image.json` that says what they are.

root.img       squashfs and its hash tree, for slot A or B
esp.img        boot partition
bios.img       boot code for old BIOSes: 440 bytes, then the core image
identity.img   an empty identity partition
image.json     this manifest
"""

import hashlib
from pathlib import Path
from typing import Final

from hanare_core import wire
from hanare_core.problems import Problem
from hanare_image.texts import refused

MANIFEST: Final = "image.json"
ROOT: Final = "root.img"
ESP: Final = "esp.img"
BIOS: Final = "bios.img"
IDENTITY: Final = "identity.img"

_CHUNK: Final = 1 << 20


class Part(wire.Message, frozen=True):
    """One file of the folder."""

    name: str
    size: wire.Count
    sha256: str


class Release(wire.Message, frozen=True):
    """What `image.json` says."""

    version: wire.Count
    variant: str
    root_partition: str
    """Name of the partition that the initrd looks for."""
    root_hash: str
    parts: tuple[Part, ...]

    def part(self, name: str) -> Part | None:
        """Return a part by its file name, if the release has it."""
        return next((part for part in self.parts if part.name == name), None)


def read(folder: Path) -> Release:
    """Return the release of a folder; raise KittingError when it is none."""
    try:
        return wire.decode((folder / MANIFEST).read_bytes(), Release)
    except OSError as error:
        raise refused("no-image", path=folder) from error
    except Problem as problem:
        raise refused("manifest", path=folder / MANIFEST, place=problem.detail.get("path", "$")) from problem


def describe(path: Path) -> Part:
    """Return a file's entry for the manifest."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return Part(name=path.name, size=path.stat().st_size, sha256=digest.hexdigest())
