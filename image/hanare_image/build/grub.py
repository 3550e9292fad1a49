"""GRUB's settings: start the stick's kernel from the boot partition, with no menu and no shell, or say what to do.

Both ways that begin with GRUB read kernel and initrd from one folder: legacy BIOS, and UEFI in compatible mode.
"""

from typing import Final

FOLDER: Final = "hanare"
"""Where kernel and initrd stand on the boot partition."""

KERNEL: Final = f"{FOLDER}/vmlinuz"
INITRD: Final = f"{FOLDER}/initrd"


def settings(command_line: str) -> str:
    """Return what GRUB does on the partition that its `root` names; a start that fails never leaves a prompt."""
    return (
        f"linux /{KERNEL} {command_line}\n"
        f"initrd /{INITRD}\n"
        "boot\n"
        'echo "Hanare: the USB stick cannot be read. Put it into another port and switch the PC off and on."\n'
        "sleep 600\nhalt\n"
    )
