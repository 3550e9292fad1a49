"""A whole PC at home, emulated by QEMU without KVM: it starts from a stick's image, on the home's own network.

The PC's network card is a tap in the home PC's namespace, bridged to the router. Firmware, USB ports and extra disks
are chosen; the stick is a file on a USB port. Boots take a minute or more: wait for what the screen shows.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from PIL import Image

from hanare_image.build.tools import Tools
from hanare_lab import dhcp, firmware
from hanare_lab.errors import LabError
from hanare_lab.firmware import Firmware
from hanare_lab.home import Home
from hanare_lab.process import Process
from hanare_lab.qemu import start_qemu
from hanare_lab.qmp import Qmp
from hanare_lab.screen import Picture
from hanare_lab.serial_port import SerialPort
from hanare_lab.wait import listens, until

MEMORY_MIB: Final = 4096
"""The least PC that Hanare promises to run on (T1)."""

READY_SECONDS: Final = 60.0
"""Its memory is looked for first, which takes some seconds."""

WORK: Final = "/mnt/work"

MAC: Final = "52:54:00:12:34:56"
"""Of the PC's network card."""

_PROCESSOR: Final = "max,erms=off,fsrm=off"
"""Without word of fast byte strings (ERMS, FSRM): every kernel would clear and copy memory by them, and here each byte
is a step of its own (4 GiB in 3.6 s instead of 0.4); on a real PC it is as fast as the memory."""

_TAP: Final = "pc0"
_STICK: Final = "stick-file"
_KEYBOARD: Final = "keyboard"
_LATER_DISK: Final = "later-disk"


@dataclass(frozen=True)
class Disk:
    """Another disk in the PC: a raw image below the PC's folder, and where it is attached."""

    file: str
    bus: str
    """`nvme`, `ahci`, `sd`, `usb`, or `stick`: a USB disk that says it is removable and has a serial number."""

    def options(self, number: int) -> list[str]:
        """Return QEMU's options."""
        name = f"disk{number}"
        drive = ["-drive", f"if=none,id={name},format=raw,file={self.file}"]
        device = {
            "nvme": ["-device", f"nvme,serial=lab{number},drive={name}"],
            "ahci": ["-device", f"ide-hd,bus=ide.{number},drive={name}"],
            "sd": ["-device", "sdhci-pci", "-device", f"sd-card,drive={name}"],
            "usb": ["-device", f"usb-storage,bus=usb.0,drive={name}"],
            "stick": ["-device", f"usb-storage,bus=usb.0,removable=on,serial=lab{number},drive={name}"],
        }
        return [*drive, *device[self.bus]]


@dataclass(frozen=True)
class Hardware:
    """What the PC is made of."""

    firmware: Firmware = Firmware.UEFI
    disks: Sequence[Disk] = ()
    trusted: Sequence[str] = ("db",)
    """Signing keys that Secure Boot takes."""
    memory_mib: int = MEMORY_MIB
    serial: bool = False
    """A serial port: only a test's own image ever answers there."""
    strings: Sequence[str] = ()
    """What its firmware tells the system in words (SMBIOS, OEM strings): a PC's owner writes there what they like."""
    memory_file: str = ""
    """File below the folder that is the PC's memory, so that a test can read what is left in it."""


class EmulatedPc:
    """A PC that is switched on when made and off when closed."""

    switched_on: float
    """When, by time.monotonic()."""

    def __init__(
        self, home: Home, folder: Path, stick: str, keys: Path | None, hardware: Hardware | None = None
    ) -> None:
        """Switch it on with `folder`'s file `stick` in its USB port; keys: Secure Boot's, None: Microsoft's."""
        self._home = home
        self._folder = folder
        self.hardware = hardware or Hardware()
        self._tools = Tools()
        _connect(home)
        dhcp.start(home)
        socket = folder / "qmp.sock"
        socket.unlink(missing_ok=True)  # an earlier PC's
        self.process = self._start(stick, keys)
        until(listens(socket), seconds=READY_SECONDS, what="the emulated PC", process=self.process)
        self.qmp = Qmp(socket)
        self.serial = SerialPort(folder / "serial.sock") if self.hardware.serial else None
        self.qmp.ask("cont")
        self.switched_on = time.monotonic()

    def picture(self, name: str) -> Picture:
        """Write a PNG of what the screen shows now."""
        path = self._folder / f"{name}.png"
        self.qmp.ask("screendump", filename=f"{WORK}/{path.name}", format="png")
        with Image.open(path) as image:
            colours = image.convert("RGB").getcolors(maxcolors=image.width * image.height) or []
            return Picture(path, image.width, image.height, len(colours))

    def glance(self) -> Path:
        """Write what the screen shows now, in place of the last glance; a hundredth of a picture's cost."""
        path = self._folder / "screen.ppm"
        self.qmp.ask("screendump", filename=f"{WORK}/{path.name}")
        return path

    def colour_at(self, across: float, down: float) -> object:
        """Return the colour at one place of the screen, 0 to 1."""
        with Image.open(self.glance()) as image:
            return image.getpixel((int(across * image.width), int(down * image.height)))

    def bytes_read(self) -> int:
        """Return how much has been read from the stick since power-on."""
        drives = {drive["device"]: drive["stats"] for drive in self.qmp.ask("query-blockstats")}
        return int(drives[_STICK]["rd_bytes"])

    def pull_stick(self) -> None:
        """Take the stick out of its port, as a hand would: without a word to the system."""
        self.qmp.ask("device_del", id="stick")

    def plug_in_disk(self, file: str) -> None:
        """Plug one more USB disk in: a raw image below the PC's folder."""
        content = {"driver": "file", "filename": f"{WORK}/{file}"}
        self.qmp.ask("blockdev-add", **{"driver": "raw", "node-name": _LATER_DISK, "file": content})
        self.qmp.ask("device_add", driver="usb-storage", id=_LATER_DISK, bus="usb.0", drive=_LATER_DISK)

    def change_keyboard(self) -> None:
        """Unplug the keyboard and plug another one in: what is typed from now on comes from that one."""
        self.qmp.ask("device_del", id=_KEYBOARD)
        self.qmp.wait_event("DEVICE_DELETED", READY_SECONDS)
        self.qmp.ask("device_add", driver="usb-kbd", id=f"{_KEYBOARD}2", bus="usb.0")

    def close(self) -> None:
        """Switch the PC off at the wall."""
        self.qmp.close()
        if self.serial is not None:
            self.serial.close()
        if self.process.alive:
            self.process.kill_group()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self, stick: str, keys: Path | None) -> Process:
        hardware = self.hardware
        memory = f"{hardware.memory_mib}M"
        trusted = hardware.trusted
        started = firmware.options(hardware.firmware, self._folder, keys, self._tools, trusted=trusted)
        argv = ["qemu-system-x86_64", *started]
        argv += ["-accel", "tcg,thread=multi", "-cpu", _PROCESSOR, "-smp", "2", "-m", memory, "-display", "none"]
        argv += ["-vga", "std", "-nodefaults", "-device", "qemu-xhci,id=usb"]
        argv += ["-drive", f"if=none,id={_STICK},format=raw,file={stick}"]
        argv += ["-device", f"usb-storage,id=stick,bus=usb.0,drive={_STICK},bootindex=1"]
        argv += ["-device", f"usb-kbd,id={_KEYBOARD},bus=usb.0", "-device", "usb-tablet,bus=usb.0"]
        argv += [
            "-netdev",
            f"tap,id=net,ifname={_TAP},script=no,downscript=no",
            "-device",
            f"e1000e,netdev=net,romfile=,mac={MAC}",
        ]
        argv += ["-qmp", f"unix:{WORK}/qmp.sock,server,nowait"]
        for words in hardware.strings:
            argv += ["-smbios", f"type=11,value={words}"]
        if hardware.serial:
            argv += ["-serial", f"unix:{WORK}/serial.sock,server,nowait"]
        backend = "memory-backend-ram"
        if hardware.memory_file:
            backend = f"memory-backend-file,mem-path={WORK}/{hardware.memory_file},share=on"
        # A PC has its memory before it is switched on; this machine would look for every page when it is first used.
        argv += ["-object", f"{backend},id=ram,size={memory},prealloc=on,prealloc-threads=2"]
        argv += ["-machine", "memory-backend=ram", "-S"]
        for number, disk in enumerate(hardware.disks, start=1):
            argv += disk.options(number)
        return start_qemu(self._home, argv, self._folder, self._tools)


def _connect(home: Home) -> None:
    """Put the tap beside the router: what was the home PC's cable is a switch now."""
    have = subprocess.run(["ip", "-n", home.pc.name, "link", "show", _TAP], capture_output=True, check=False)
    if have.returncode == 0:
        return
    home.pc.ip(
        "addr flush dev eth0",
        "link add br0 type bridge mcast_snooping 0",
        "link set eth0 master br0",
        f"tuntap add dev {_TAP} mode tap",
        f"link set {_TAP} master br0",
        f"link set {_TAP} up",
        "link set br0 up",
    )
    if not home.pc.netns.exists():
        raise LabError(f"{home.pc.name} has no network")
