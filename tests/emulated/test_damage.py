"""One bit changed on a stick: what was not signed does not start and is said, state comes back (F14, F17, R38).

Both slots of the state broken at once, which nothing can bring back: tests/stick/kiosk/test_kiosk.py.
"""

import time
from pathlib import Path
from typing import Final

import pytest

import hanare_image
from hanare_core import keyring, ratchet, wire
from hanare_image import gpt, layout, release
from hanare_lab import look, stick_file
from hanare_lab.city import City
from hanare_lab.demo_emulated import KEYS
from hanare_lab.emulated_pc import EmulatedPc, Hardware
from hanare_lab.emulated_session import LOOK_SECONDS
from hanare_lab.errors import LabError
from hanare_lab.firmware import Firmware
from hanare_lab.wait import until
from tests.emulated.conftest import IMAGE, at_home
from tests.stick.test_device import SITE

pytestmark = [pytest.mark.lab, pytest.mark.emulated, pytest.mark.soak, pytest.mark.story, pytest.mark.timeout(3000)]

STARTED_SECONDS = 1500
QUIET_SECONDS = 120
"""A system that starts reads the stick every few seconds; on a loaded machine it may pause for a minute."""
STOP: Final = Path(hanare_image.__file__).parent / "build/files/initrd/stop"
FIRST_LINE: Final = 2
"""Lines that the initrd leaves free above its sentences."""
KERNEL_BYTES = 12 << 20
MOST_KERNEL_BYTES = 64 << 20
"""The kernel image is 16 MB, which the firmware may read twice; a system that starts reads 60 MB more."""
A_FILE: Final = 1 << 20
"""Somewhere in a partition: where a file system lays a file is its own affair."""
LATE: Final = 0.3
"""Where in the root, as a part of it: among the kernel's modules, of which a PC needs few."""
KEPT_SECONDS: Final = 480
OFF_SECONDS: Final = 300


def _flip(stick: Path, at: int) -> None:
    with stick.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1]))


def _put(stick: Path, at: int, content: bytes) -> None:
    with stick.open("r+b") as file:
        file.seek(at)
        file.write(content)


def _place(stick: Path, name: str) -> int:
    with stick.open("rb") as file:
        return next(one.start for one in gpt.read(file.read(gpt.HEAD_BYTES)) if one.name == name)


def _find(stick: Path, start: int, needle: bytes) -> int:
    """Return where on the stick some bytes stand, from a partition's start on."""
    with stick.open("rb") as file:
        file.seek(start)
        return start + file.read(64 << 20).index(needle)


def test_changed_kernel_image_is_refused_by_the_firmware(tmp_path: Path) -> None:
    """A UKI whose signed command line names another root by one bit does not start with Secure Boot."""
    stick = tmp_path / "stick.img"
    stick_file.write(stick, IMAGE)
    command_line = release.read(IMAGE).root_hash.encode()
    _flip(stick, _find(stick, _place(stick, layout.BOOT), command_line) + 40)
    with (
        City(log_dir=tmp_path) as city,
        EmulatedPc(city.homes[0], tmp_path, "stick.img", KEYS, Hardware(Firmware.SECURE_BOOT, serial=True)) as pc,
    ):

        def read() -> bool:
            return pc.bytes_read() > KERNEL_BYTES

        until(read, seconds=STARTED_SECONDS, what="the kernel image", process=pc.process, every=LOOK_SECONDS)
        _wait_quiet(pc)
        assert pc.bytes_read() < MOST_KERNEL_BYTES
        assert pc.picture("refused").colours > 1, "a kernel that starts shows nothing"


def _wait_quiet(pc: EmulatedPc) -> None:
    """Wait until nothing more is read from the stick."""
    read, since = pc.bytes_read(), time.monotonic()
    while time.monotonic() - since < QUIET_SECONDS:
        time.sleep(LOOK_SECONDS)
        if pc.bytes_read() != read:
            read, since = pc.bytes_read(), time.monotonic()


def test_changed_root_is_refused_with_a_sentence(tmp_path: Path) -> None:
    """A root with one wrong bit in its first block is not mounted; the screen says what to do, in both languages.

    And whom to call: the office's own number, as it lies on the stick.
    """
    stick = tmp_path / "stick.img"
    stick_file.write(stick, IMAGE)
    _put(stick, _place(stick, layout.IDENTITY) + A_FILE, wire.encode(SITE))
    _flip(stick, _place(stick, release.read(IMAGE).root_partition) + 40)
    folder = tmp_path
    with (
        City(log_dir=folder) as city,
        EmulatedPc(city.homes[0], folder, "stick.img", KEYS, Hardware(Firmware.SECURE_BOOT, serial=True)) as pc,
    ):
        words = (STOP / "damaged").read_text("ascii") + f"\n  Help desk / Renrakusaki: {SITE.help_desk}\n"

        def said() -> bool:
            return pc.bytes_read() > KERNEL_BYTES and look.writes(pc.picture("damaged").path, words, FIRST_LINE)

        until(said, seconds=STARTED_SECONDS, what="the sentence", process=pc.process, every=LOOK_SECONDS)
        assert pc.serial is not None
        with pytest.raises(LabError, match="nothing on its serial port"):
            pc.serial.wait_ready(20)


def test_a_root_that_is_damaged_further_in_is_said_and_watched(tmp_path: Path) -> None:
    """One wrong bit where the start does not read: the check of the whole finds it; pulled out, the PC goes off.

    A program that reads the block before gets an error in its place (dm-verity), never the wrong bytes.
    """
    stick = tmp_path / "stick.img"
    stick_file.write(stick, IMAGE)
    built = release.read(IMAGE)
    root = built.part(release.ROOT)
    assert root is not None
    _flip(stick, _place(stick, built.root_partition) + int(root.size * LATE))
    hardware = Hardware(Firmware.UEFI, serial=True)
    with City(log_dir=tmp_path) as city, EmulatedPc(city.homes[0], tmp_path, "stick.img", KEYS, hardware) as pc:
        serial = pc.serial
        assert serial is not None
        serial.wait_ready(STARTED_SECONDS)
        checked = lambda: "damaged" in serial.run("cat /run/hanare-keep/state").output  # noqa: E731
        until(checked, seconds=KEPT_SECONDS, what="the check", process=pc.process, every=LOOK_SECONDS)
        pc.picture("damaged-further-in")
        pc.pull_stick()
        until(lambda: not pc.process.alive, seconds=OFF_SECONDS, what="the PC to be off", every=LOOK_SECONDS)


def test_changed_state_is_recovered_from_the_other_slot(tmp_path: Path) -> None:
    """With one wrong bit in the newer slot of keys and state each, the older ones count, and a sign-in works."""
    with at_home(tmp_path, Firmware.BIOS, {}, keep="damaged-state", change=_damage_slots) as home:
        home.session.wait_for_sign_in()
        home.session.sign_in(home.hall.workers[0])


def _damage_slots(stick: Path) -> None:
    for magic, length in ((b"HNRKEYS1", keyring.SLOT_BYTES), (b"HNRSLOT1", ratchet.SLOT_BYTES)):
        older = _find(stick, _place(stick, layout.IDENTITY), magic)
        newer = _find(stick, older + 1, magic)
        assert newer == older + length
        _flip(stick, newer + len(magic) + 20)
