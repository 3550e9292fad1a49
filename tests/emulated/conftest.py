"""One emulated PC for a module: the test image with Secure Boot, in a home, among disks that are not the stick's."""

import hashlib
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from hanare_image.build.tools import Tools
from hanare_lab import addresses
from hanare_lab.capture import Capture
from hanare_lab.demo_emulated import KEYS, write_stick
from hanare_lab.emulated_pc import MAC, Disk, EmulatedPc, Hardware
from hanare_lab.emulated_session import EmulatedSession
from hanare_lab.firmware import Firmware
from hanare_lab.home_traffic import Permitted
from hanare_lab.hostile_lan import WATCHER, HostileLan
from hanare_lab.inside import is_inside
from hanare_lab.installation import gateway
from hanare_lab.installation.hall import Hall
from hanare_lab.root import CHECKOUT
from hanare_stick import portal

IMAGE = CHECKOUT / "var/image/test"
PICTURES = CHECKOUT / "var/emulated"
"""Every page that a walk saw, for people to look at: one folder a walk."""

CREDENTIAL = "io.systemd.credential:tmpfiles.extra=f+ /run/from-firmware 0644 root root - x"
"""What a PC's owner may write into its firmware: systemd would make this file, as root."""

DISK_BYTES = 64 << 20
BUFFER_KIB = 16384
"""The emulator may keep the capture from its processor for seconds."""
BUSES = {"nvme": "ext4", "ahci": "ntfs", "sd": "luks", "usb": "ext4"}
"""Where a disk hangs → what is on it."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what boots an image when there is none, or outside the lab."""
    ready = is_inside() and (IMAGE / "image.json").exists()
    why = pytest.mark.skip(reason="boots an image inside the lab: make test-image")
    for item in items:
        if item.get_closest_marker("emulated") and not ready:
            item.add_marker(why)


@dataclass
class Home:
    """The whole: an office, a stick, and the PC that it is in."""

    hall: Hall
    stick: str
    session: EmulatedSession
    folder: Path
    disks: dict[str, str]
    """Disk image → its SHA-256 before the PC was switched on."""
    lan: HostileLan
    traffic: Capture
    """Everything that the PC sends to its home's network, from power-on."""

    def listen(self, name: str) -> Capture:
        """Begin another such capture."""
        return listen(self.hall, name)

    def permitted(self) -> Permitted:
        """Return what it may send, in a home that leads the gateway's name to somebody else."""
        subnet = self.hall.city.homes[1].subnet
        places = {addresses.GATEWAY_WAN, addresses.GATEWAY_WAN6, subnet[WATCHER]}
        tunnels, streams = {gateway.PORT, gateway.FALLBACK_PORT}, {gateway.FALLBACK_PORT, portal.PORT}
        return Permitted(gateway.NAME, frozenset(places), frozenset(tunnels), frozenset(streams), subnet[1])

    def run(self, command: str) -> str:
        """Run a command as root in the PC."""
        serial = self.session.pc.serial
        assert serial is not None
        return serial.run(command).output


@pytest.fixture(scope="module", name="home")
def _home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Switch on a PC that is a virtual machine to its stick, whose office does not allow that yet."""
    folder = tmp_path_factory.mktemp("pc")
    disks = {f"{bus}.img": make_disk(folder / f"{bus}.img", kind) for bus, kind in BUSES.items()}
    with at_home(folder, Firmware.SECURE_BOOT, disks, keep="japanese") as home:
        home.hall.change_profile(vm_allowed=False)
        yield home


@contextmanager
def at_home(  # noqa: PLR0913 - what a walk may choose, most by keyword
    folder: Path,
    firmware: Firmware,
    disks: dict[str, str],
    *,
    keep: str,
    change: Callable[[Path], None] | None = None,
    image: Path = IMAGE,
    keys: Path | None = KEYS,
) -> Iterator[Home]:
    """Switch on a PC with a fresh stick in it, whose user has a PIN already; keep its pictures under this name.

    `change` does something to the stick's file before; without `keys` Secure Boot knows Microsoft's alone. The home's
    network is hostile from the beginning, and everything that the PC says to it is kept.
    """
    with Hall(homes=(addresses.HOME, "192.168.2.0/24"), log_dir=folder) as hall:
        hall.open()
        hall.change_profile(vm_allowed=True)
        first = hall.add_stick()
        first.start()
        hall.set_first_pin(first, hall.workers[0])
        stick = write_stick(hall, folder / "stick.img", image)
        if change is not None:
            change(folder / "stick.img")
        lan = HostileLan(hall.city.homes[1])
        attached = [Disk(name, name.removesuffix(".img")) for name in disks]
        hardware = Hardware(firmware, disks=attached, serial=True, strings=(CREDENTIAL,))
        with (
            listen(hall, "walk") as traffic,
            EmulatedPc(hall.city.homes[1], folder, "stick.img", keys, hardware) as pc,
        ):
            try:
                yield Home(hall, stick, EmulatedSession(pc), folder, disks, lan, traffic)
            finally:
                _keep_pictures(folder, PICTURES / keep)


def listen(hall: Hall, name: str) -> Capture:
    """Begin to keep what the PC sends to its home's network."""
    cable = f"port{addresses.HOME_PC}"
    return Capture(hall.city.homes[1].router, cable, f"ether src {MAC}", name=name, buffer_kib=BUFFER_KIB)


def _keep_pictures(folder: Path, kept: Path) -> None:
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    for picture in folder.glob("*.png"):
        shutil.copyfile(picture, kept / picture.name)


def make_disk(path: Path, kind: str) -> str:
    """Make a disk as a home PC has it and return its SHA-256."""
    with path.open("wb") as file:
        file.truncate(DISK_BYTES)
    commands = {
        "ext4": ["mkfs.ext4", "-q", "-F", path.name],
        "ntfs": ["mkntfs", "-q", "-F", "-f", path.name],
        "luks": [
            "sh",
            "-c",
            f"printf secret | cryptsetup -q luksFormat --pbkdf pbkdf2 --pbkdf-force-iterations 1000 {path.name} -",
        ],
    }
    Tools().run(path.parent, commands[kind])
    return sha256(path)


def sha256(path: Path) -> str:
    """Return a file's hash, without reading it into memory."""
    done = subprocess.run(["sha256sum", str(path)], check=True, capture_output=True, text=True)
    assert len(done.stdout.split()[0]) == hashlib.sha256().digest_size * 2
    return done.stdout.split()[0]
