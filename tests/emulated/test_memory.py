"""What is left in a PC's memory chips when the stick is pulled out too early, after switching off, and after a reset.

F23, F24, F25. After the reset button the memory is what it was until the stick is started again: its kernel clears all
of it before anything runs (init_on_free=1). Who starts something else first reads it: tests/stories/test_f25….

The emulated PC's memory is a file. A pattern that fills a part of it stands for a session's secrets: in a process, and
in a file in memory. It is counted while it is there, and again when the PC is off.
"""

import mmap
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from hanare_lab import stick_file
from hanare_lab.city import City
from hanare_lab.demo_emulated import KEYS
from hanare_lab.emulated_pc import EmulatedPc, Hardware
from hanare_lab.firmware import Firmware
from hanare_lab.wait import until
from tests.emulated.conftest import IMAGE
from tests.figures import figure

pytestmark = [pytest.mark.lab, pytest.mark.emulated, pytest.mark.soak, pytest.mark.story, pytest.mark.timeout(3000)]

STARTED_SECONDS: Final = 1500
OFF_SECONDS: Final = 300
"""An emulated PC takes half a minute, a loaded machine much more."""

HELD_SECONDS: Final = 120
LOOK_SECONDS: Final = 2.0

COUNT: Final = 1_000_000
"""Times 64 bytes: 64 MB in a process, and as much in a file in memory."""

LEAST_THERE: Final = 0.95
"""Of a process's patterns one in 64 lies across two pages, which need not be neighbours in the chips."""

MOST_LEFT: Final = 0.001
MEMORY: Final = "memory.img"

_HOLD: Final = """
import time
half, other = bytes.fromhex('{half}'), bytes.fromhex('{other}')
pattern = (half + other) * {count}
open('/run/pattern', 'wb').write(pattern)
open('/run/ready', 'w').close()
time.sleep(100000)
"""


def _count(memory: Path, pattern: bytes) -> int:
    with memory.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as content:
        found, at = 0, content.find(pattern)
        while at >= 0:
            found, at = found + 1, content.find(pattern, at + len(pattern))
        return found


def _pull_out(pc: EmulatedPc) -> None:
    """Pull the stick out before its content is in memory, and wait until the PC is off."""
    assert pc.serial is not None
    state = "cat /run/hanare-keep/state"
    watched = lambda: pc.serial is not None and pc.serial.run(state).code == 0  # noqa: E731
    until(watched, seconds=OFF_SECONDS, what="the watch", every=LOOK_SECONDS)
    assert pc.serial.run(state).output.strip() == "copying"
    pc.pull_stick()
    until(lambda: not pc.process.alive, seconds=OFF_SECONDS, what="the PC to be off")


def _switch_off(pc: EmulatedPc) -> None:
    assert pc.serial is not None
    pc.serial.run("systemctl --no-block poweroff")
    until(lambda: not pc.process.alive, seconds=OFF_SECONDS, what="the PC to be off")


def _reset(pc: EmulatedPc) -> None:
    """Press the reset button, and wait until the stick has started again."""
    assert pc.serial is not None
    pc.qmp.ask("system_reset")
    pc.serial.wait_again(STARTED_SECONDS)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Give a folder that goes with the test: a PC's memory and a stick are 6 GiB, and the lab's /tmp is memory."""
    yield tmp_path
    shutil.rmtree(tmp_path)


@pytest.mark.parametrize("end", [_pull_out, _switch_off, _reset], ids=["pulled-out", "switched-off", "reset"])
def test_nothing_is_left_in_memory(folder: Path, end: Callable[[EmulatedPc], None]) -> None:
    """A million patterns in a process and a million in a file are there before; at most a thousandth is afterwards."""
    stick_file.write(folder / "stick.img", IMAGE)
    half, other = secrets.token_bytes(32), secrets.token_bytes(32)
    hardware = Hardware(Firmware.UEFI, serial=True, memory_file=MEMORY)
    with (
        City(log_dir=folder) as city,
        EmulatedPc(city.homes[0], folder, "stick.img", KEYS, hardware) as pc,
    ):
        assert pc.serial is not None
        pc.serial.wait_ready(STARTED_SECONDS)
        # In halves, so that neither the command nor the script is a pattern itself.
        script = _HOLD.format(half=half.hex(), other=other.hex(), count=COUNT)
        pc.serial.run("cat >/run/hold.py <<'END'\n" + script + "END\nsetsid python3 /run/hold.py >/dev/null 2>&1 &")
        held = lambda: pc.serial is not None and pc.serial.run("ls /run/ready").code == 0  # noqa: E731
        until(held, seconds=HELD_SECONDS, what="the pattern", every=LOOK_SECONDS)
        there = _count(folder / MEMORY, half + other)
        assert there >= 2 * COUNT * LEAST_THERE
        end(pc)
        left = _count(folder / MEMORY, half + other)
        figure(f"patterns_left_of_{there}_{end.__name__.strip('_')}", left, "")
        assert left <= there * MOST_LEFT
