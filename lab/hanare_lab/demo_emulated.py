"""`make demo STICK=qemu`: the built image starts as a USB stick in an emulated PC at home and is used by its keyboard.

The office side is the plain demo's. The PC is emulated without KVM, so the boot takes a minute or more; every page is
kept as a picture in var/demo. With `--once` the stick is suspended by the console at the end, as in the plain demo.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from hanare_core import keyring
from hanare_core import site as names
from hanare_lab import addresses, inside, stick_file
from hanare_lab.demo import Table
from hanare_lab.emulated_pc import EmulatedPc, Hardware
from hanare_lab.emulated_session import EmulatedSession
from hanare_lab.errors import LabError
from hanare_lab.firmware import Firmware
from hanare_lab.installation.hall import DEPARTMENT, Hall
from hanare_lab.root import CHECKOUT

OUTPUT: Final = Path("var/demo")
IMAGES: Final = CHECKOUT / "var/image"
KEYS: Final = CHECKOUT / "var/image/keys"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; return the exit status."""
    parser = argparse.ArgumentParser(prog="make demo STICK=qemu", description="the stick's image in an emulated PC")
    parser.add_argument("--once", action="store_true", help="suspend the stick and end by itself")
    parser.add_argument("--variant", default="basic", help="which built image is on the stick")
    parser.add_argument("--firmware", type=Firmware, choices=list(Firmware), default=Firmware.SECURE_BOOT)
    options = parser.parse_args(arguments)
    if not inside.is_inside():
        again = [sys.executable, "-m", "hanare_lab.demo_emulated", *(sys.argv[1:] if arguments is None else arguments)]
        os.execv(sys.executable, [sys.executable, "-m", "hanare_lab.enter", "--", *again])  # noqa: S606
    image = IMAGES / options.variant
    if not (image / "image.json").exists():
        build = f"make image VARIANT={options.variant}"
        print(f"demo: there is no image {options.variant} yet; build it with `{build}`", file=sys.stderr)
        return 2
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        return _demo(image, options.firmware, once=options.once)
    except KeyboardInterrupt:
        return 130
    except LabError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1


def _demo(image: Path, firmware: Firmware, *, once: bool) -> int:
    table = Table()
    folder = (OUTPUT / "emulated").resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    homes = (addresses.HOME, addresses.HOME)
    with Hall(homes=homes, log_dir=OUTPUT.resolve() / "log") as hall:
        table.step("server, keyd, hub, gateway, office desktop", hall.open)
        hall.change_profile(vm_allowed=True)  # which the emulated PC is
        worker = hall.workers[0]
        first = hall.add_stick()
        table.step("another stick plugged in, door up", first.start)
        table.step("first PIN by one-time code", lambda: hall.set_first_pin(first, worker))
        stick = table.step("stick written and enrolled", lambda: write_stick(hall, folder / "stick.img", image))
        with EmulatedPc(hall.city.homes[1], folder, "stick.img", KEYS, Hardware(firmware)) as pc:
            session = EmulatedSession(pc)
            table.step(f"power-on ({firmware}) to the sign-in page", session.wait_for_sign_in)
            table.step("typed sign-in to the office desktop", lambda: session.sign_in(worker))
            print(f"\n  the PC's screens: {folder}/*.png", flush=True)
            if once:
                return _suspend(hall, stick, session)
            print("\n  Ctrl-C ends the demo.", flush=True)
            signal.pause()
    return 0


def write_stick(hall: Hall, target: Path, image: Path) -> str:
    """Write and enrol one stick that is a file; return its id."""
    token = hall.manage("registration_token", "--count=1", f"--department={DEPARTMENT}").strip()
    identity = hall.station.write(token, label="Stick (emulated)")
    stick_file.write(target, image, identity)
    return keyring.certificate_of(keyring.read((identity / names.KEYS_FILE).read_bytes()).current).stick


def _suspend(hall: Hall, stick: str, session: EmulatedSession) -> int:
    result = hall.console.suspend("sticks", stick)
    session.wait_covered()
    print(f"  suspended by the console: {result['state']}, {len(result['receipts'])} receipt(s)", flush=True)
    return 0 if result["state"] == "stopped" else 1


if __name__ == "__main__":
    sys.exit(main())
