"""Unified kernel image and boot loader, signed: kernel, initrd and command line stand under one signature.

The signing time is frozen, so that two builds are alike.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from hanare_image.build import keys, modules
from hanare_image.build.roles import FURNITURE
from hanare_image.build.root import EPOCH
from hanare_image.build.tools import Tools
from hanare_image.build.variant import Variant
from hanare_image.build.verity import Verity

COMMAND_LINE: Final = (
    "quiet loglevel=1 vt.global_cursor_default=0 systemd.show_status=no rd.udev.log_level=0 "
    "panic=10 panic_on_oops=1 nohibernate noswap lsm=lockdown,yama,integrity "
    "init_on_free=1 init_on_alloc=0 slab_nomerge vsyscall=none sysctl.kernel.sysrq=0 systemd.gpt_auto=no "
    "systemd.default_timeout_start_sec=30s systemd.hostname=hanare systemd.firstboot=no systemd.import_credentials=no"
)
"""No console output, no hibernation; what a process leaves in memory is wiped when it is freed, and so not once more
when it is given out.

No credentials: systemd would write files that the PC's firmware names (SMBIOS strings, systemd.io/CREDENTIALS).

SysRq is shut before the first program runs (90-hanare.conf keeps it so), and by its sysctl: the kernel takes any
mention of sysrq_always_enabled, even `=0`, as a yes.
"""

BOOT_LOADER: Final = "usr/lib/systemd/boot/efi/systemd-bootx64.efi"


def command_line(verity: Verity, variant: Variant) -> str:
    """Return the whole command line: which root, what it is for, and what holds for every image."""
    return " ".join(filter(None, (verity.command_line, FURNITURE[variant.role].command_line, COMMAND_LINE)))


def build(kernel_tree: Path, initrd: Path, command_line: str, version: int, tools: Tools) -> Path:
    """Write the unsigned UKI beside the initrd and return its path."""
    folder = initrd.parent
    release = modules.release(kernel_tree)
    kernel = folder / "kernel"
    shutil.copyfile(modules.kernel(kernel_tree), kernel)
    (folder / "os-release").write_text(
        f'ID=hanare\nNAME="Hanare"\nVERSION_ID={version}\nPRETTY_NAME="Hanare {version}"\n'
    )
    (folder / "cmdline").write_text(f"{command_line}\n")
    output = folder / "hanare.efi"
    tools.run(
        folder,
        [
            "ukify", "build", "--linux", kernel.name, "--initrd", initrd.name, "--cmdline", "@cmdline",
            "--os-release", "@os-release", "--uname", release, "--output", output.name,
        ],
        env={"SOURCE_DATE_EPOCH": str(EPOCH)},
    )  # fmt: skip
    return output


def sign(image: Path, folder: Path, tools: Tools) -> Path:
    """Sign an EFI program with each signing key of the folder and return the signed file's path."""
    signed = image.with_suffix(".signed.efi")
    shutil.copyfile(image, signed)
    for name in keys.SIGNING:
        _add_signature(signed, folder / name, tools)
    return signed


def _add_signature(image: Path, key: Path, tools: Tools) -> None:
    folder = image.parent
    shutil.copyfile(key.with_suffix(".crt"), folder / "sign.crt")
    secret = folder / "sign.key"
    shutil.copyfile(key.with_suffix(".key"), secret)
    secret.chmod(0o600)
    frozen = {"LD_PRELOAD": "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "FAKETIME": f"@{_FAKE}", "TZ": "UTC"}
    command = ["sbsign", "--key", secret.name, "--cert", "sign.crt", "--output", image.name, image.name]
    try:
        tools.run(folder, ["env", *(f"{name}={value}" for name, value in frozen.items()), *command])
    finally:
        secret.unlink()


_FAKE: Final = "2025-01-01 00:00:00"
