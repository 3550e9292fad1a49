"""Legacy BIOS: GRUB's boot code and core image as one file, written by plain file writes.

`boot.img` says at 0x5c in which sector the core image begins; the core's own first sector ends with a list of where the
rest is (GRUB's include/grub/i386/pc/boot.h and grub-core/boot/i386/pc/diskboot.S). The BIOS boot partition is the first
one, so both are known. This start checks nothing that was not signed: only the root is verified, against the hash in
GRUB's own settings.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from hanare_image import gpt, layout
from hanare_image.build import grub
from hanare_image.build.errors import BuildError
from hanare_image.build.tools import Tools

_GRUB: Final = "usr/lib/grub/i386-pc"
_MODULES: Final = ("biosdisk", "part_gpt", "fat", "linux", "boot", "search_label", "echo", "sleep", "halt", "all_video")
_CORE_AT: Final = 0x5C
_LIST_AT: Final = 500
_LOAD_SEGMENT: Final = 0x820
_PARTITION: Final = 2
"""Number of the boot partition in hanare_image.layout."""


def build(output: Path, command_line: str, tools: Tools) -> Path:
    """Write boot code (440 bytes) and core image that start the stick's kernel from the boot partition."""
    settings = f"set root=hd0,gpt{_PARTITION}\n{grub.settings(command_line)}"
    return start_by(output, settings, _MODULES, tools)


def start_by(output: Path, settings: str, modules: Sequence[str], tools: Tools) -> Path:
    """Write boot code and core image that run these settings of GRUB's, by the modules that they need."""
    folder = output.parent
    (folder / "grub.cfg").write_text(settings)
    tools.run(
        folder,
        ["grub-mkimage", "-O", "i386-pc", "-o", "core.img", "-p", "/", "-c", "grub.cfg", "-C", "xz", *modules],
    )
    core = bytearray((folder / "core.img").read_bytes())
    core += b"\0" * (-len(core) % gpt.SECTOR)
    if len(core) > layout.BIOS_BYTES:
        raise BuildError(f"GRUB's core image has {len(core)} bytes, more than its partition")
    first = gpt.ALIGNMENT // gpt.SECTOR
    struct.pack_into("<QHH", core, _LIST_AT, first + 1, len(core) // gpt.SECTOR - 1, _LOAD_SEGMENT)
    boot = bytearray((tools.tree / _GRUB / "boot.img").read_bytes())
    struct.pack_into("<Q", boot, _CORE_AT, first)
    boot[0x64] = 0xFF  # the drive that the BIOS started from
    boot[0x66:0x68] = b"\x90\x90"  # and take its word for it, as grub-bios-setup does for hard disks
    output.write_bytes(bytes(boot[: gpt.BOOT_CODE_BYTES]) + bytes(core))
    return output
