"""Compatible mode: PCs as they are sold start the stick with Secure Boot on, by Debian's chain.

Microsoft signed Debian's shim, and Debian its GRUB and its kernel; nobody signed GRUB's settings and our initrd. So
this is no verified boot: whoever has the stick in hand can change what it starts, as with Secure Boot off, and only
`hanare stick verify` shows it. ADR 0028 says when to choose which.
"""

import shutil
from pathlib import Path
from typing import Final

from hanare_image.boot import SETTINGS, VERSION_LINE
from hanare_image.build import grub
from hanare_image.build.tools import Tools

CHAIN: Final = {
    "EFI/BOOT/BOOTX64.EFI": "usr/lib/shim/shimx64.efi.signed",
    "EFI/BOOT/grubx64.efi": "usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed",
}
"""Place on the boot partition → Debian's file. There is no MOK manager: a PC is asked to trust nobody new."""


def files(work: Path, version: int, command_line: str, tools: Tools) -> dict[str, Path]:
    """Return what a PC's UEFI starts, as `esp.build` takes it; kernel and initrd are there for every start by GRUB."""
    settings = work / "compatible.cfg"
    settings.write_text(f"{VERSION_LINE}{version}\n{grub.settings(command_line)}")
    return {**chain(work, tools), str(SETTINGS): settings}


def chain(work: Path, tools: Tools) -> dict[str, Path]:
    """Return Debian's shim and GRUB, which reads its settings from `boot.SETTINGS`."""
    found = {place: work / Path(place).name for place in CHAIN}
    for place, copy in found.items():
        shutil.copyfile(tools.tree / CHAIN[place], copy)
    return found
