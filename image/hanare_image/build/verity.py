"""dm-verity: a hash tree behind the squashfs, and the one root hash that stands in the signed command line.

Format 1 of the kernel (Documentation/admin-guide/device-mapper/verity.rst), sha256, blocks of 4096 bytes, and no
superblock: nothing that is read before it is verified says how to verify it. The salt comes from the content, so that
two builds are alike.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hanare_image import layout
from hanare_image.build.errors import BuildError
from hanare_image.build.tools import Tools

BLOCK: Final = 4096
_CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class Verity:
    """What the command line says of a root."""

    root_hash: str
    salt: str
    blocks: int

    @property
    def command_line(self) -> str:
        """The kernel's arguments."""
        return f"hanare.root={self.root_hash} hanare.blocks={self.blocks} hanare.salt={self.salt}"

    @property
    def partition(self) -> str:
        """The name of the partition that holds this very root: the initrd looks for it."""
        return layout.root_name(self.root_hash)


def append(image: Path, tools: Tools) -> Verity:
    """Append the hash tree to a squashfs in place."""
    size = -(-image.stat().st_size // BLOCK) * BLOCK
    with image.open("r+b") as file:
        file.truncate(size)
    salt = _digest(image)
    words = ["veritysetup", "format", "--no-superblock", "--salt", salt, "--hash-offset", str(size)]
    blocks = ["--data-block-size", str(BLOCK), "--hash-block-size", str(BLOCK), "--data-blocks", str(size // BLOCK)]
    output = tools.run(image.parent, [*words, *blocks, image.name, image.name])
    for line in output.splitlines():
        if line.startswith("Root hash:"):
            return Verity(line.split()[-1], salt, size // BLOCK)
    raise BuildError("veritysetup told no root hash")


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
