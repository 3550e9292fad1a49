"""Boot: the stick's time from power-on to its window, against stock Debian's from power-on to multi-user.

Both start in the same emulated PC (QEMU TCG, 2 processors, 4 GiB) from its one USB port, through the same firmware:
UEFI with Secure Boot, UEFI without, legacy BIOS. The stick brings its own boot loader, kernel and dm-verity and draws a
window; stock Debian (bench/stock_debian.py) brings shim, GRUB and its own kernel, checks no root and draws nothing.
Stock runs directly before and after each of the stick's starts, from a fresh copy of its disk, and the mean of both is
what that start is held against. Of ROUNDS such ratios, as of all phases, the median counts, since a shared machine may
be a quarter slower for one start; the least and the most stand beside it. The worst of the three firmwares stands
against the limit.

So that no firmware hides anything, the same is given from the kernels' beginning, by both guests' own clocks. The
window is the first of its ground that is seen; the page that asks is drawn whole, with what leads on (a fresh stick's
tour, which stands in the place of the sign-in), and is held against the same limit. Then its key is pressed, every
TYPE_SECONDS, until another page is there: from then on one works, though the stick is still on its way to the office.
Needs the test image (`make test-image` builds it), because only that one tells its phases.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import mean, median
from typing import Final, NamedTuple

from bench import stock_debian
from bench.report import Row, publish
from hanare_image.build.tools import Tools
from hanare_lab import look
from hanare_lab.demo_emulated import KEYS, write_stick
from hanare_lab.emulated_pc import EmulatedPc, Hardware
from hanare_lab.firmware import Firmware
from hanare_lab.home import Home
from hanare_lab.installation.hall import Hall
from hanare_lab.root import CHECKOUT
from hanare_lab.serial_port import SerialPort
from hanare_lab.wait import until

RATIO_LIMIT: Final = 1.0
ROUNDS: Final = 3
READ_LIMIT_MB: Final = 100
BOOT_SECONDS: Final = 600
LOOK_SECONDS: Final = 0.25
TYPE_SECONDS: Final = 0.5
"""Between two presses of the key; a whole page is looked at each time, which costs more than one point of it."""
EDGE: Final = (0.02, 0.5)
"""Where the kiosk's ground is seen first: one point is looked at, because a whole picture costs the boot time."""
_SECTOR: Final = 512
_FIRMWARES: Final = (Firmware.SECURE_BOOT, Firmware.UEFI, Firmware.BIOS)
_FROM_POWER_ON: Final = "stock Debian's multi-user, both from power-on"
_FROM_KERNEL: Final = "stock Debian's multi-user, both from the kernel's beginning"


class Boot(NamedTuple):
    """One start of the stick; seconds from power-on but for `root_s`."""

    window_s: float
    """Until the first page is drawn."""
    asking_s: float
    """Until a page asks for something."""
    typed_s: float
    """Until what was typed at it has led on."""
    firmware_s: float
    """Until the kernel begins."""
    root_s: float
    """From the kernel's beginning until the verified root is mounted."""
    read_mb: float
    """Read from the stick by its kernel until the window was seen."""

    @property
    def kernel_to_window_s(self) -> float:
        """From the kernel's beginning until the first page is drawn."""
        return self.window_s - self.firmware_s


class Round(NamedTuple):
    """One start of the stick between two of stock Debian by the same firmware."""

    stick: Boot
    before: stock_debian.Start
    after: stock_debian.Start

    @property
    def stock(self) -> stock_debian.Start:
        """The mean of both."""
        return stock_debian.Start(*map(mean, zip(self.before, self.after, strict=True)))

    @property
    def ratio(self) -> float:
        """The window to stock's multi-user, both from power-on."""
        return self.stick.window_s / self.stock.power_on_s

    @property
    def asking_ratio(self) -> float:
        """The page that asks to stock's multi-user, both from power-on."""
        return self.stick.asking_s / self.stock.power_on_s

    @property
    def kernel_ratio(self) -> float:
        """The window to stock's multi-user, both from the kernel's beginning."""
        return self.stick.kernel_to_window_s / self.stock.kernel_s


Rounds = Sequence[Round]


class _Typed:
    """Says whether another page stands than when it was made; presses the key that leads on while none does."""

    def __init__(self, pc: EmulatedPc) -> None:
        self._pc = pc
        self._before = look.heading(pc.glance())

    def __call__(self) -> bool:
        if look.heading(self._pc.glance()) != self._before:
            return True
        self._pc.qmp.press("ret")
        return False


def main() -> int:
    """Boot each by each firmware and publish ratios and phases."""
    if "--prepare" in sys.argv:
        stock_debian.prepare()
        return 0
    with tempfile.TemporaryDirectory(prefix="bench-boot-", dir="/var/tmp") as name, Hall(log_dir=Path(name)) as hall:
        hall.open()
        folder, home = Path(name), hall.city.homes[0]
        write_stick(hall, folder / "stick.img", CHECKOUT / "var/image/test")
        stock_debian.write(folder / "stock.img", Tools())
        rounds = {firmware: _rounds(home, folder, firmware) for firmware in _FIRMWARES}
    publish("boot", [row for firmware, of in rounds.items() for row in _rows(of, firmware)] + _worst(rounds))
    return 0


def _rounds(home: Home, folder: Path, firmware: Firmware) -> Rounds:
    stock = [stock_debian.start(home, folder / "stock.img", firmware)]
    sticks = []
    for number in range(1, ROUNDS + 1):
        sticks.append(_stick(home, folder, firmware))
        stock.append(stock_debian.start(home, folder / "stock.img", firmware))
        ratio = Round(sticks[-1], *stock[-2:]).ratio
        print(f"{firmware} {number} of {ROUNDS}: {sticks[-1].window_s:.1f} s, {ratio:.2f} of stock", flush=True)
    return [Round(*each) for each in zip(sticks, stock[:-1], stock[1:], strict=True)]


def _rows(rounds: Rounds, firmware: Firmware) -> list[Row]:
    suffix = firmware.replace("-", "_")
    starts = [rounds[0].before, *(each.after for each in rounds)]
    seconds = {
        "power_on_to_window": [each.stick.window_s for each in rounds],
        "power_on_to_asking": [each.stick.asking_s for each in rounds],
        "power_on_to_typed": [each.stick.typed_s for each in rounds],
        "firmware_and_loader": [each.stick.firmware_s for each in rounds],
        "kernel_to_root": [each.stick.root_s for each in rounds],
        "kernel_to_window": [each.stick.kernel_to_window_s for each in rounds],
        "stock_power_on_to_multiuser": [start.power_on_s for start in starts],
        "stock_kernel_to_multiuser": [start.kernel_s for start in starts],
    }
    ratios = [each.ratio for each in rounds]
    return [
        *(Row(f"{phase}_{suffix}_s", median(values), "s", len(values)) for phase, values in seconds.items()),
        _ratio(f"window_to_stock_{suffix}_ratio", median(ratios), _FROM_POWER_ON),
        _ratio(f"window_to_stock_{suffix}_least_ratio", min(ratios), _FROM_POWER_ON),
        _ratio(f"window_to_stock_{suffix}_most_ratio", max(ratios), _FROM_POWER_ON),
        _ratio(f"asking_to_stock_{suffix}_ratio", median(each.asking_ratio for each in rounds), _FROM_POWER_ON),
        _ratio(f"kernel_to_window_to_stock_{suffix}_ratio", _kernel_ratio(rounds), _FROM_KERNEL),
    ]


def _worst(rounds: Mapping[Firmware, Rounds]) -> list[Row]:
    ratio = max(median(each.ratio for each in of) for of in rounds.values())
    asking = max(median(each.asking_ratio for each in of) for of in rounds.values())
    read = max(each.stick.read_mb for of in rounds.values() for each in of)
    return [
        Row("window_to_stock_multiuser_ratio", ratio, "", ROUNDS, f"limit {RATIO_LIMIT}", ratio / RATIO_LIMIT),
        Row("asking_to_stock_multiuser_ratio", asking, "", ROUNDS, f"limit {RATIO_LIMIT}", asking / RATIO_LIMIT),
        _ratio("kernel_to_window_to_stock_ratio", max(map(_kernel_ratio, rounds.values())), _FROM_KERNEL),
        Row("read_mb_before_window", read, "MB", ROUNDS, f"limit {READ_LIMIT_MB}", read / READ_LIMIT_MB),
    ]


def _kernel_ratio(rounds: Rounds) -> float:
    return median(each.kernel_ratio for each in rounds)


def _ratio(metric: str, value: float, against: str) -> Row:
    return Row(metric, value, "", ROUNDS, against, value)


def _stick(home: Home, folder: Path, firmware: Firmware) -> Boot:
    os.sync()  # what was written before would be carried out in the start's seconds
    with EmulatedPc(home, folder, "stick.img", KEYS, Hardware(firmware, serial=True)) as pc:
        _wait(pc, lambda: look.near(pc.colour_at(*EDGE), look.COVER), "window", LOOK_SECONDS)
        window, read = time.monotonic() - pc.switched_on, pc.bytes_read()
        assert look.covered(pc.glance())
        _wait(pc, lambda: _asks(pc.glance()), "page that asks", LOOK_SECONDS)
        asking = time.monotonic() - pc.switched_on
        _wait(pc, _Typed(pc), "another page", TYPE_SECONDS)
        typed = time.monotonic() - pc.switched_on
        assert pc.serial is not None
        read_in_all = _read_by_kernel(pc.serial)
        read_since = pc.bytes_read() - read  # asked only now: a command would have cost the page that asks its time
        up = float(pc.serial.run("cut -d' ' -f1 /proc/uptime").output)
        firmware_s = time.monotonic() - pc.switched_on - up
        mounted = float(pc.serial.run("cat /run/hanare-boot/root-mounted").output)
    return Boot(window, asking, typed, firmware_s, mounted, (read_in_all - read_since) / 1e6)


def _wait(pc: EmulatedPc, condition: Callable[[], bool], what: str, every: float) -> None:
    until(condition, seconds=BOOT_SECONDS, what=what, process=pc.process, every=every)


def _asks(page: Path) -> bool:
    return look.asks(page) or look.offers(page)


def _read_by_kernel(serial: SerialPort) -> int:
    fields = serial.run("cat /sys/block/$(cat /run/hanare-boot/disk)/stat").output.split()
    return int(fields[2]) * _SECTOR


if __name__ == "__main__":
    sys.exit(main())
