"""Boot: the stick's time from power-on to the sign-in page, against stock Debian's to multi-user, in the same run.

Both run in the same emulated PC (QEMU TCG, 2 processors, 4 GiB), from USB. The stick starts by UEFI with Secure Boot,
its boot loader and dm-verity. Stock Debian (systemd, kernel, initramfs-tools; ext4, no window) is started by QEMU
itself, without firmware or boot loader, which favours it; the stick's time is also given from its kernel on. The
phases are the guest's own clock. Needs the test image (`make test-image` builds it), because only that one tells them.
"""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

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
"""Between two looks: the emulated PC stands still while QEMU makes a picture, so looking costs time as well."""
_REACHED: Final = "Multi-User System"
_SECTOR: Final = 512


def main() -> int:
    """Boot each once and publish the ratio and the phases."""
    if "--prepare" in sys.argv:
        tree.ensure(STOCK)
        return 0
    with tempfile.TemporaryDirectory(prefix="bench-boot-", dir="/var/tmp") as name, City(log_dir=Path(name)) as city:
        folder = Path(name)
        window, phases, read_mb = _stick(city, folder)
        stock = _stock(city, folder)
    rows = [
        Row("power_on_to_window_s", window, "s", 1),
        Row("stock_kernel_to_multiuser_s", stock, "s", 1),
        Row(
            "window_to_stock_multiuser_ratio",
            window / stock,
            "",
            1,
            f"limit {RATIO_LIMIT}",
            window / stock / RATIO_LIMIT,
        ),
        *(Row(phase, seconds, "s", 1) for phase, seconds in phases.items()),
        Row("read_mb_before_window", read_mb, "MB", 1, f"limit {READ_LIMIT_MB}", read_mb / READ_LIMIT_MB),
    ]
    publish("boot", rows)
    return 0


def _stick(city: City, folder: Path) -> tuple[float, dict[str, float], float]:
    stick_file.write(folder / "stick.img", CHECKOUT / "var/image/test")
    begun = time.monotonic()
    hardware = Hardware(Firmware.SECURE_BOOT, serial=True)
    with EmulatedPc(city.homes[0], folder, "stick.img", KEYS, hardware) as pc:
        until(
            lambda: look.covered(pc.picture("window").path),
            seconds=BOOT_SECONDS,
            what="window",
            process=pc.process,
            every=LOOK_SECONDS,
        )
        window = time.monotonic() - begun
        assert pc.serial is not None
        up = float(pc.serial.run("cut -d' ' -f1 /proc/uptime").output)
        mounted = float(pc.serial.run("cat /run/hanare-boot/root-mounted").output)
        fields = pc.serial.run("cat /sys/block/$(cat /run/hanare-boot/disk)/stat").output.split()
    now = time.monotonic() - begun
    phases = {"firmware_and_loader_s": now - up, "kernel_to_root_s": mounted, "kernel_to_window_s": window - (now - up)}
    return window, phases, int(fields[2]) * _SECTOR / 1e6


def _stock(city: City, folder: Path) -> float:
    tools, made = Tools(), tree.ensure(STOCK)
    kernel = next((made / "boot").glob("vmlinuz-*"))
    with (folder / "stock.img").open("wb") as file:
        file.truncate(2 << 30)
    subprocess.run(["cp", str(kernel), str(folder / "vmlinuz")], check=True)
    subprocess.run(["cp", str(next((made / "boot").glob("initrd.img-*"))), str(folder / "initrd")], check=True)
    subprocess.run(["cp", "-a", str(made), str(folder / "stock")], check=True)
    tools.run(folder, ["mkfs.ext4", "-q", "-F", "-d", "stock", "stock.img"])
    log = folder / "stock.log"
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
