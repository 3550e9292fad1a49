"""Stock Debian 13 on a USB stick of its own, for the boot bench: from power-on to multi-user, as a PC starts it.

Debian's kernel, systemd and initramfs-tools on ext4, as little else as starts; no window. It starts by Debian's own
chain: with UEFI shim, GRUB and kernel as Debian has them signed (Microsoft's keys in the firmware), with legacy BIOS
GRUB's core image. What would slow it without need is left out: no menu, no words of the kernel, no login at the serial
port, no work of a first start; and each start finds the disk as it was made. systemd tells on the serial port what it
reaches.
"""

import os
import re
import subprocess
import time
import uuid
from pathlib import Path
from typing import Final, NamedTuple

from hanare_image import boot, gpt, layout
from hanare_image.build import bios, compatible, esp, tree
from hanare_image.build.tools import Tools
from hanare_image.build.tree import Recipe
from hanare_lab import disk_file
from hanare_lab.emulated_pc import EmulatedPc, Hardware
from hanare_lab.errors import LabError
from hanare_lab.firmware import Firmware
from hanare_lab.home import Home

RECIPE: Final = Recipe(
    "stock",
    ("initramfs-tools", "linux-image-amd64", "systemd", "systemd-sysv", "udev"),
)
"""The root's. Shim and GRUB are Debian's too, from the tree of the build's programs: neither stands on the root."""

ROOT_BYTES: Final = 2 << 30
START_SECONDS: Final = 600

_BIOS_MODULES: Final = ("biosdisk", "part_gpt", "ext2", "search_fs_uuid", "linux", "boot")
_COMMAND_LINE: Final = "rw quiet console=ttyS0 systemd.show_status=yes"
"""Quiet as Debian's installer sets it; else systemd would not tell what it reaches."""

_SERIAL_LOGIN: Final = "serial-getty@ttyS0.service"
"""Left out: no PC has it, multi-user would wait for the port, and its first act wipes away what was just told there."""

_REACHED: Final = "Multi-User System"
_TOLD: Final = "multi-user-us="
_TELLER: Final = f"""\
[Unit]
Description=Tells when multi-user was reached, once it is
After=multi-user.target

[Service]
Type=oneshot
ExecStart=/bin/sh -c 'echo {_TOLD}$(systemctl show -P ActiveEnterTimestampMonotonic multi-user.target)'
StandardOutput=tty
"""
"""By the guest's own clock, which begins with its kernel; told only after the time from power-on is taken."""


class Start(NamedTuple):
    """Seconds until multi-user is reached."""

    power_on_s: float
    kernel_s: float
    """From the kernel's beginning, by the guest's own clock."""


def prepare() -> None:
    """Bring what `write` needs, from Debian's archive."""
    tree.ensure(RECIPE)


def write(target: Path, tools: Tools) -> None:
    """Write the disk; its pieces stand in a folder beside it."""
    folder = target.with_suffix(".pieces")
    folder.mkdir()
    file_system = str(uuid.uuid4())
    _write_root(folder, file_system, tools)
    settings = _settings(folder / "tree/boot", file_system)
    code = bios.start_by(folder / "bios.img", settings, _BIOS_MODULES, tools).read_bytes()
    _write_esp(folder, settings, tools)
    disk_file.write(
        target,
        gpt.lay_out(
            [
                ("bios", gpt.BIOS_BOOT, layout.BIOS_BYTES),
                ("esp", gpt.ESP, layout.ESP_BYTES),
                ("root", gpt.LINUX_ROOT, ROOT_BYTES),
            ]
        ),
        {"bios": code[gpt.BOOT_CODE_BYTES :], "esp": folder / "esp.img", "root": folder / "root.img"},
        boot_code=code[: gpt.BOOT_CODE_BYTES],
    )


def start(home: Home, disk: Path, firmware: Firmware) -> Start:
    """Start it once in a home's PC, from a copy of the disk."""
    running = disk.with_name("running.img")
    subprocess.run(["cp", "--sparse=always", str(disk), str(running)], check=True)
    os.sync()  # what was just written would be carried out in the start's seconds
    with EmulatedPc(home, disk.parent, running.name, None, Hardware(firmware, serial=True)) as pc:
        assert pc.serial is not None
        pc.serial.wait_line(_REACHED, START_SECONDS)
        power_on = time.monotonic() - pc.switched_on
        return Start(power_on, kernel_seconds(pc.serial.wait_line(_TOLD, START_SECONDS)))


def kernel_seconds(line: str) -> float:
    """Return what the teller says, in seconds."""
    said = re.search(rf"{_TOLD}(\d+)", line)
    if said is None:
        raise LabError(f"stock Debian does not say when it reached multi-user: {line}")
    return int(said[1]) / 1e6


def _write_root(folder: Path, file_system: str, tools: Tools) -> None:
    subprocess.run(["cp", "-a", str(tree.ensure(RECIPE)), str(folder / "tree")], check=True)
    _have_started_before(folder / "tree")
    units = folder / "tree/etc/systemd/system"
    (units / "told.service").write_text(_TELLER)
    (units / "multi-user.target.wants/told.service").symlink_to("../told.service")
    (units / _SERIAL_LOGIN).symlink_to("/dev/null")
    with (folder / "root.img").open("wb") as file:
        file.truncate(ROOT_BYTES)
    now = "lazy_itable_init=0,lazy_journal_init=0"  # else the first start writes these tables
    tools.run(folder, ["mkfs.ext4", "-q", "-F", "-U", file_system, "-E", now, "-d", "tree", "root.img"])


def _have_started_before(root: Path) -> None:
    """Leave what a first start leaves: the machine's id, and the mark that /etc and /var are as new as /usr."""
    (root / "etc/machine-id").write_text(f"{uuid.uuid4().hex}\n")
    for mark in ("etc/.updated", "var/.updated"):
        (root / mark).touch()


def _settings(folder: Path, file_system: str) -> str:
    kernel, initrd = (next(folder.glob(pattern)).name for pattern in ("vmlinuz-*", "initrd.img-*"))
    return (
        f"search.fs_uuid {file_system} root hd0,gpt3\n"
        f"linux /boot/{kernel} root=UUID={file_system} {_COMMAND_LINE}\n"
        f"initrd /boot/{initrd}\n"
        "boot\n"
    )


def _write_esp(folder: Path, settings: str, tools: Tools) -> None:
    place = folder / "grub.cfg"
    place.write_text(settings)
    files = {**compatible.chain(folder, tools), str(boot.SETTINGS): place}
    esp.build(folder / "esp.img", files, tools, label="DEBIAN")
