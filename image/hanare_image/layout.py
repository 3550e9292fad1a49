"""How a stick is laid out: names, sizes and order of its partitions. Builder, writer, updater and tests ask here.

    BIOS boot · boot (ESP) · root A · root B · identity

A root's partition carries the start of its verity root hash in its name, so that the initrd finds exactly the root
that its signed command line speaks of. Before the first partition there is room that no partition owns: the writer
keeps its progress there.
"""

from typing import Final

from hanare_image import gpt, release
from hanare_image.gpt import Partition
from hanare_image.release import Release
from hanare_image.texts import refused

BIOS: Final = "hanare-bios"
BOOT: Final = "hanare-boot"
ROOT_PREFIX: Final = "hanare-root-"
ROOT_EMPTY: Final = "hanare-root-empty"
IDENTITY: Final = "hanare-identity"

BIOS_BYTES: Final = 1024 * 1024

ESP_BYTES: Final = 256 * 1024 * 1024
"""Boot loader and three UKIs of 19 MB, with room for their growth."""

SLOT_BYTES: Final = 1536 * 1024 * 1024
"""One root: the largest variant is 0.9 GB, and two slots fit on a stick of 4 GB."""

IDENTITY_BYTES: Final = 16 * 1024 * 1024
"""Five small files and remembered networks; the least that FAT16 is at home with."""

ROOT_HASH_CHARACTERS: Final = 24
"""How much of the root hash (hexadecimal) stands in the partition's name: GPT gives 36 characters."""

VOLUME_BOOT: Final = "HANARE"
VOLUME_IDENTITY: Final = "HANARE-ID"


def root_name(root_hash: str) -> str:
    """Return the name of the partition that holds the root with this verity root hash."""
    return ROOT_PREFIX + root_hash[:ROOT_HASH_CHARACTERS]


def partitions(built: Release) -> list[Partition]:
    """Return the partitions of a stick with this release in slot A; raise KittingError when parts are missing."""
    esp, identity = built.part(release.ESP), built.part(release.IDENTITY)
    if esp is None or identity is None or built.part(release.ROOT) is None:
        raise refused("image-lacks")
    return gpt.lay_out(
        [
            (BIOS, gpt.BIOS_BOOT, BIOS_BYTES),
            (BOOT, gpt.ESP, esp.size),
            (built.root_partition, gpt.LINUX_ROOT, SLOT_BYTES),
            (ROOT_EMPTY, gpt.LINUX_ROOT, SLOT_BYTES),
            (IDENTITY, gpt.LINUX_DATA, identity.size),
        ]
    )


def least_bytes(built: Release) -> int:
    """Return how big a stick must be."""
    return gpt.least_disk(partitions(built))
