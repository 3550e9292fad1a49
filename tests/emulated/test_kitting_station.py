"""O3 from Windows alone: a PC started from the variant `kitting` writes sticks, driven by its keyboard.

`make image VARIANT=kitting` first. The registration goes to a server at the other end of the PC's cable. What stands on
the screen is waited for by its picture, what was done by the disks' own files.
"""

import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from hanare_image import inspection, release
from hanare_image.ca import PUBLIC_FILE, new_ca
from hanare_lab import look, stick_file
from hanare_lab.city import City
from hanare_lab.demo_emulated import KEYS
from hanare_lab.emulated_pc import Disk, EmulatedPc, Hardware
from hanare_lab.emulated_session import BOOT_LOOK_SECONDS, BOOT_SECONDS, LOOK_SECONDS, PAGE_SECONDS
from hanare_lab.firmware import Firmware
from hanare_lab.home import Home
from hanare_lab.process import Process
from hanare_lab.root import CHECKOUT
from hanare_lab.wait import until
from tests.emulated.conftest import PICTURES, make_disk, sha256
from tests.image import images
from tests.image.registry import TOKEN

pytestmark = [
    pytest.mark.lab,
    pytest.mark.soak,
    pytest.mark.timeout(3400),
    pytest.mark.skipif(
        not (CHECKOUT / "var/image/kitting/image.json").exists(), reason="make image VARIANT=kitting builds it"
    ),
]

IMAGE: Final = CHECKOUT / "var/image/kitting"
PASSPHRASE: Final = "correct horse battery"
LABEL: Final = "Planning ##"
DATA_BYTES: Final = 128 << 20
WRITE_SECONDS: Final = 1800
"""Two sticks of 50 MiB and their stamps, written and read back by an emulated processor."""

A_QUESTION: Final = 0.0005
"""White letters' part of a page; the shortest question has twice as much."""

A_PASSPHRASE: Final = 0.0017
"""The passphrase's page has a tenth more with its question; without it, when it takes no typing yet, a tenth less."""

A_LIST: Final = 0.003
"""The list of sticks has a third more, and the page before it less."""

_PARTITION: Final = 1 << 20
_FAT32: Final = 0x0C
_WHOLE: Final = (0.0, 0.0, 1.0, 1.0)
_BELOW_HEAD: Final = (0.0, 0.06, 1.0, 1.0)
_MUCH: Final = 0.5


class Person:
    """Somebody at the station's keyboard."""

    def __init__(self, pc: EmulatedPc) -> None:
        self._pc = pc
        self._number = 0
        self._shown = b""

    def see(
        self,
        seconds: float = PAGE_SECONDS,
        every: float = LOOK_SECONDS,
        *,
        text: float = A_QUESTION,
        colour: tuple[int, int, int] = look.WHITE,
    ) -> Path:
        """Wait for a page that is new and at rest, with so much text and this colour; keep its picture."""
        self._number += 1
        name = f"page-{self._number:02}"
        last = b""

        def rests() -> Path | None:
            nonlocal last
            path = self._pc.picture(name).path
            earlier, last = last, path.read_bytes()
            new = last == earlier != self._shown and look.share(path, _WHOLE, look.COVER) > _MUCH
            whole = look.share(path, _BELOW_HEAD, look.WHITE) > text and look.share(path, _WHOLE, colour) > 0
            return path if new and whole else None

        path = until(rests, seconds=seconds, what=name, process=self._pc.process, every=every)
        self._shown = path.read_bytes()
        return path

    def answer(self, line: str = "") -> None:
        """Type a line."""
        self._pc.qmp.type(f"{line}\n")


def test_a_pc_with_nothing_but_the_stick_makes_sticks(tmp_path: Path) -> None:
    """Two sticks are whole and registered, record and labels are on the medium; the PC's own disks are as before."""
    stick_file.write(tmp_path / "stick.img", IMAGE)
    own = {f"{bus}.img": make_disk(tmp_path / f"{bus}.img", kind) for bus, kind in (("nvme", "ext4"), ("ahci", "ntfs"))}
    targets = [images.disk(tmp_path / f"target-{number}.img").path for number in (1, 2)]
    disks = [Disk("nvme.img", "nvme"), Disk("ahci.img", "ahci")]
    disks += [Disk(path.name, "stick") for path in (tmp_path / "data.img", *targets)]
    with City(log_dir=tmp_path) as city:
        office = _office(tmp_path / "office", city.homes[0])
        _medium(tmp_path / "data.img", office)
        hardware = Hardware(Firmware.SECURE_BOOT, disks=disks)
        with EmulatedPc(city.homes[0], tmp_path, "stick.img", KEYS, hardware) as pc:
            try:
                _kit(Person(pc), lambda: len(_registered(office)) == len(targets), pc)
            finally:
                _keep(tmp_path)
    built = release.read(office / "medium/image")
    public = (office / "medium/CA" / PUBLIC_FILE).read_text().strip()
    for target in targets:
        assert inspection.verify(target, built, office / "medium/image", public) == []
    assert sorted(_registered(office)) == ["Planning 01", "Planning 02"]
    listed = _mtools("mdir", "-b", "-i", f"{tmp_path}/data.img@@{_PARTITION}", "::/")
    assert "record.csv" in listed
    assert "labels-001.pdf" in listed
    assert {name: sha256(tmp_path / name) for name in own} == own


def _kit(person: Person, registered: Callable[[], bool], pc: EmulatedPc) -> None:
    """Go through the pages: language, keyboard, act, passphrase, sticks, label, yes; then switch off."""
    person.see(BOOT_SECONDS, BOOT_LOOK_SECONDS)
    for answer in ("", ""):
        person.answer(answer)
        person.see()
    person.answer("1")
    person.see(text=A_PASSPHRASE)
    person.answer(PASSPHRASE)
    person.see(text=A_LIST)
    for answer in ("a", ""):
        person.answer(answer)
        person.see()
    person.answer()
    person.see(colour=look.GO)
    person.answer("y")
    until(registered, seconds=WRITE_SECONDS, what="both sticks registered", process=pc.process, every=LOOK_SECONDS)
    person.see()
    person.answer()
    person.see()
    person.answer("4")
    until(lambda: not pc.process.alive, seconds=PAGE_SECONDS, what="the PC switched off", every=LOOK_SECONDS)


def _office(folder: Path, home: Home) -> Path:
    """Start the server and lay out what belongs on the data medium."""
    medium = folder / "medium"
    medium.mkdir(parents=True)
    host = str(home.subnet[1])
    ca_key = new_ca(medium / "CA", PASSPHRASE)
    server = _serve(home, [str(folder), host, ca_key])
    until((folder / "port").exists, seconds=60, what="the server", process=server)
    images.make(folder / "image")
    shutil.move(folder / "image", medium / "image")
    shutil.copy(folder / "site.json", medium / "site.json")
    (medium / "token.txt").write_text(TOKEN)
    lines = [f'server = "{host}:{(folder / "port").read_text()}"', 'console = "https://hanare.example.org"']
    (medium / "kit.toml").write_text("\r\n".join([*lines, f'label = "{LABEL}"', ""]), "utf-8-sig")
    return folder


def _serve(home: Home, arguments: list[str]) -> Process:
    """Start the server with this machine's files at the other end of the PC's cable."""
    paths = [str(CHECKOUT), *(str(CHECKOUT / room) for room in ("core", "image", "lab"))]
    command = ["nsenter", f"--net={home.router.netns}", sys.executable, "-m", "tests.image.registry", *arguments]
    log = home.router.log_dir / "registry.log"
    process = Process("registry", command, log, env={**os.environ, "PYTHONPATH": ":".join(paths)})
    home.router.processes.append(process)
    return process


def _medium(path: Path, office: Path) -> None:
    """Lay out a USB stick as Windows does: one FAT partition in an MBR, and the office's files in it."""
    sectors = (DATA_BYTES - _PARTITION) // 512
    with path.open("wb") as file:
        file.truncate(DATA_BYTES)
        file.seek(446)
        file.write(struct.pack("<BBBBBBBBII", 0, 0, 2, 0, _FAT32, 0xFF, 0xFF, 0xFF, _PARTITION // 512, sectors))
        file.seek(510)
        file.write(b"\x55\xaa")
    place = f"{path}@@{_PARTITION}"
    _mtools("mformat", "-i", place, "-F", "-v", "HANARE-KIT", "-T", str(sectors), "-h", "2", "-s", "32", "::")
    _mtools("mcopy", "-s", "-i", place, *(str(found) for found in sorted((office / "medium").iterdir())), "::/")


def _registered(office: Path) -> list[str]:
    path = office / "registered"
    return path.read_text("utf-8").splitlines() if path.exists() else []


def _keep(folder: Path) -> None:
    kept = PICTURES / "kitting"
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    for picture in folder.glob("*.png"):
        shutil.copy(picture, kept)


def _mtools(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
