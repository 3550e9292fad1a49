"""The boot partition as an image file: a FAT file system written by mtools, without mounting anything.

Two builds are alike: volume id (mkfs.fat --invariant), times and the order of files are fixed.
"""

from __future__ import annotations

import os
from pathlib import Path

from hanare_image import layout
from hanare_image.build.root import EPOCH
from hanare_image.build.tools import Tools


def build(output: Path, files: dict[str, Path], tools: Tools, *, label: str = layout.VOLUME_BOOT) -> Path:
    """Write a FAT32 image with the files (path in it → file beside the output) and return its path."""
    folder = output.parent
    output.unlink(missing_ok=True)
    with output.open("wb") as file:
        file.truncate(layout.ESP_BYTES)
    frozen = {"SOURCE_DATE_EPOCH": str(EPOCH), "TZ": "UTC", "MTOOLS_SKIP_CHECK": "1"}
    tools.run(folder, ["mkfs.fat", "-F", "32", "-n", label, "--invariant", output.name])
    made: set[str] = set()
    for path, source in files.items():
        for parent in reversed(Path(path).parents[:-1]):
            if str(parent) not in made:
                tools.run(folder, ["mmd", "-i", output.name, f"::/{parent}"], env=frozen)
                made.add(str(parent))
        os.utime(source, (EPOCH, EPOCH))
        tools.run(folder, ["mcopy", "-m", "-i", output.name, source.name, f"::/{path}"], env=frozen)
    return output


def empty(output: Path, tools: Tools) -> Path:
    """Write an empty FAT16 file system: a stick's identity partition before it has one."""
    with output.open("wb") as file:
        file.truncate(layout.IDENTITY_BYTES)
    words = ["mkfs.fat", "-F", "16", "-n", layout.VOLUME_IDENTITY, "--invariant"]
    tools.run(output.parent, [*words, output.name])
    return output
