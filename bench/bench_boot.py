"""Boot: the stick's time from power-on to the sign-in page, against stock Debian's to multi-user, in the same run.

Both run in the same emulated PC (QEMU TCG, 2 processors, 4 GiB), from USB. The stick starts by UEFI with Secure Boot,
its boot loader and dm-verity, then without Secure Boot, then by legacy BIOS. Stock Debian (systemd, kernel,
initramfs-tools; ext4, no window) is started by QEMU itself, without firmware or boot loader, which favours it; the
stick's time is also given from its kernel on. Stock runs first and last: the mean counts. The phases are the guest's
own clock. Needs the test image (`make test-image` builds it), because only that one tells them.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final, NamedTuple

from bench.report import Row, publish
from hanare_image.build import tree
from hanare_image.build.tools import Tools
from hanare_image.build.tree import Recipe
from hanare_lab import look, stick_file
from hanare_lab.city import City
from hanare_lab.demo_emulated import KEYS
from hanare_lab.emulated_pc import EmulatedPc, Hardware, start_qemu
from hanare_lab.firmware import Firmware
from hanare_lab.root import CHECKOUT
from hanare_lab.wait import until

STOCK: Final = Recipe(
    "stock",
    ("initramfs-tools", "linux-image-amd64", "systemd", "systemd-sysv", "udev"),
)
RATIO_LIMIT: Final = 1.0
READ_LIMIT_MB: Final = 100
BOOT_SECONDS: Final = 600
LOOK_SECONDS: Final = 0.5
EDGE: Final = (0.02, 0.5)
"""Where the kiosk's ground is seen first: one point is looked at, because a whole picture costs the boot time."""
_REACHED: Final = "Multi-User System"
_SECTOR: Final = 512
_FIRMWARES: Final = (Firmware.SECURE_BOOT, Firmware.UEFI, Firmware.BIOS)


class Boot(NamedTuple):
    """One start of the stick; seconds from power-on but for `root_s`."""

    window_s: float
    """Until the first page is drawn."""
    firmware_s: float
    """Until the kernel begins."""
    root_s: float
    """From the kernel's beginning until the verified root is mounted."""
    read_mb: float
    """Read from the stick until the window was seen."""


def main() -> int:
    """Boot each once and publish the ratio and the phases."""
    if "--prepare" in sys.argv:
        tree.ensure(STOCK)
        return 0
    with tempfile.TemporaryDirectory(prefix="bench-boot-", dir="/var/tmp") as name, City(log_dir=Path(name)) as city:
        folder = Path(name)
        stick_file.write(folder / "stick.img", CHECKOUT / "var/image/test")
        tools = Tools()
        _write_stock(folder, tools)
        os.sync()  # what was just written would be carried out in the first start's seconds
        before = _stock(city, folder, tools)
        boots = {firmware: _stick(city, folder, firmware) for firmware in _FIRMWARES}
        after = _stock(city, folder, tools)
    stock = (before + after) / 2
    rows = [
        Row("stock_kernel_to_multiuser_s", stock, "s", 2),
        Row("stock_last_to_first_ratio", after / before, "", 1, "how steady the machine was"),
    ]
    for firmware, boot in boots.items():
        rows += _rows(boot, stock, firmware.replace("-", "_"))
    secure = boots[Firmware.SECURE_BOOT]
    ratio = secure.window_s / stock
    rows.append(Row("window_to_stock_multiuser_ratio", ratio, "", 1, f"limit {RATIO_LIMIT}", ratio / RATIO_LIMIT))
    rows.append(_read_row("read_mb_before_window", secure))
    publish("boot", rows)
    return 0


def _rows(boot: Boot, stock_s: float, suffix: str) -> list[Row]:
    seconds = {
        "power_on_to_window": boot.window_s,
        "firmware_and_loader": boot.firmware_s,
        "kernel_to_root": boot.root_s,
        "kernel_to_window": boot.window_s - boot.firmware_s,
    }
    rows = [Row(f"{phase}_{suffix}_s", value, "s", 1) for phase, value in seconds.items()]
    ratio = boot.window_s / stock_s
    return [*rows, Row(f"window_to_stock_{suffix}_ratio", ratio, "", 1, "stock Debian's kernel to multi-user", ratio)]


def _read_row(metric: str, boot: Boot) -> Row:
    return Row(metric, boot.read_mb, "MB", 1, f"limit {READ_LIMIT_MB}", boot.read_mb / READ_LIMIT_MB)


def _stick(city: City, folder: Path, firmware: Firmware) -> Boot:
    begun = time.monotonic()
    hardware = Hardware(firmware, serial=True)
    with EmulatedPc(city.homes[0], folder, "stick.img", KEYS, hardware) as pc:
        until(
            lambda: look.near(pc.colour_at(*EDGE), look.COVER),
            seconds=BOOT_SECONDS,
            what="window",
            process=pc.process,
            every=LOOK_SECONDS,
        )
        window = time.monotonic() - begun
        assert look.covered(pc.picture("window").path)
        assert pc.serial is not None
        up = float(pc.serial.run("cut -d' ' -f1 /proc/uptime").output)
        kernel_s = time.monotonic() - begun - up
        mounted = float(pc.serial.run("cat /run/hanare-boot/root-mounted").output)
        fields = pc.serial.run("cat /sys/block/$(cat /run/hanare-boot/disk)/stat").output.split()
    return Boot(window, kernel_s, mounted, int(fields[2]) * _SECTOR / 1e6)


def _write_stock(folder: Path, tools: Tools) -> None:
    """Write stock Debian's disk, kernel and initrd."""
    made = tree.ensure(STOCK)
    with (folder / "stock.img").open("wb") as file:
        file.truncate(2 << 30)
    for pattern, name in (("vmlinuz-*", "vmlinuz"), ("initrd.img-*", "initrd")):
        subprocess.run(["cp", str(next((made / "boot").glob(pattern))), str(folder / name)], check=True)
    subprocess.run(["cp", "-a", str(made), str(folder / "stock")], check=True)
    tools.run(folder, ["mkfs.ext4", "-q", "-F", "-d", "stock", "stock.img"])


def _stock(city: City, folder: Path, tools: Tools) -> float:
    log = folder / "stock.log"
    log.unlink(missing_ok=True)
    command = ["qemu-system-x86_64", "-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2"]
    command += ["-m", "4096M", "-display", "none", "-nodefaults", "-vga", "std", "-device", "qemu-xhci"]
    command += ["-drive", "if=none,id=disk,format=raw,file=stock.img", "-device", "usb-storage,drive=disk"]
    command += ["-kernel", "vmlinuz", "-initrd", "initrd", "-append", "root=/dev/sda rw console=ttyS0"]
    command += ["-serial", "file:stock.log"]
    begun = time.monotonic()
    process = start_qemu(city.homes[0], command, folder, tools)
    try:
        until(
            lambda: log.exists() and re.search(_REACHED, log.read_text("utf-8", "replace")),
            seconds=BOOT_SECONDS,
            what="stock Debian",
            process=process,
        )
        return time.monotonic() - begun
    finally:
        process.kill_group()


if __name__ == "__main__":
    sys.exit(main())
