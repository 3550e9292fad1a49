"""`make demo`: one whole telework session on this machine, from the first packet to the stop.

Outside, this opens the console's port on localhost and enters a lab; inside, it builds the city hall, writes a
stick, signs in, and shows what happened as a table. With --once it suspends the stick by the console's HTTP interface,
shows that the desktop ended and when the last packet passed, and takes everything down. Ctrl-C at any moment leaves
nothing behind.
"""

import argparse
import datetime as dt
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from hanare_core import totp
from hanare_lab import forward, inside
from hanare_lab.errors import LabError
from hanare_lab.installation import front
from hanare_lab.installation.hall import ADMINISTRATOR, Hall
from hanare_lab.installation.stick import Stick
from hanare_lab.screen import Picture
from hanare_lab.wait import until

FIRST_PIXEL_S: Final = 15.0
"""A new desktop session takes about two seconds; a busy machine more."""

SETTLE_S: Final = 10.0
"""How long the picture may take from the first pixel to the whole desktop."""

OUTPUT: Final = Path("var/demo")
_STEPS: Final = {
    "hello": "server time, nonce",
    "begin": "PIN counted and evaluated",
    "envelope-opened": "envelope opened (Argon2id)",
    "finish": "ticket signed",
    "confirm": "decision, lease in the kernel",
    "first-packet": "office PC answered",
    "desktop-started": "FreeRDP started",
}
T = TypeVar("T")


@dataclass
class Table:
    """Steps with their times, printed as they come."""

    started: float = field(default_factory=time.monotonic)

    def step(self, name: str, work: Callable[[], T]) -> T:
        """Do one step, and print how long it took and when it was done."""
        began = time.monotonic()
        result = work()
        self.row(name, (time.monotonic() - began) * 1000)
        return result

    def row(self, name: str, milliseconds: float) -> None:
        """Print one line."""
        print(f"  {name:44} {milliseconds:9.1f} ms   {time.monotonic() - self.started:7.2f} s", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; return the exit status."""
    parser = argparse.ArgumentParser(prog="make demo", description="one whole telework session on this machine")
    parser.add_argument("--once", action="store_true", help="suspend the stick and end by itself")
    parser.add_argument("--port", type=int, default=8080, help="the console's port on localhost; 0 takes a free one")
    options = parser.parse_args(arguments)
    if not inside.is_inside():
        return _enter(options)
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell starts background jobs with SIGINT ignored
        signal.signal(number, signal.default_int_handler)
    try:
        return _demo(once=options.once)
    except KeyboardInterrupt:
        print("\nended", flush=True)
        return 130
    except LabError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1


def _enter(options: argparse.Namespace) -> int:
    listen = f"127.0.0.1:{0 if options.once else options.port}"
    again = [sys.executable, "-m", "hanare_lab.demo", *(["--once"] if options.once else [])]
    os.execv(sys.executable, [sys.executable, "-m", "hanare_lab.enter", "--listen", listen, "--", *again])  # noqa: S606


def _demo(*, once: bool) -> int:
    table = Table()
    port = os.environ[inside.LISTEN_PORT_ENV]
    OUTPUT.mkdir(parents=True, exist_ok=True)
    print("\nHanare: one telework session\n", flush=True)
    hall = table.step(
        "city: internet, home, gateway, office PC",
        lambda: Hall(log_dir=OUTPUT.resolve() / "log", origin=f"http://localhost:{port}"),
    )
    with hall:
        table.step("server, keyd, hub, gateway, office desktop", hall.open)
        forward.start(hall.city.server, "127.0.0.1", front.CONSOLE_PORT)
        stick = table.step("stick written and enrolled", hall.add_stick)
        table.step("stick plugged in, door up", stick.start)
        table.step("first PIN by one-time code", lambda: hall.set_first_pin(stick, hall.workers[0]))
        _session(table, hall, stick)
        if once:
            return _suspend(hall, stick)
        _wait_for_the_user(hall, port)
    return 0


def _session(table: Table, hall: Hall, stick: Stick) -> None:
    print("  from the last Enter:", flush=True)
    entered_ns = hall.sign_in(stick, hall.workers[0])
    last = stick.wait_for("desktop-started")
    if last.code:
        raise LabError(f"the sign-in was refused: {last.code}")
    for event in stick.events:
        if event.step in _STEPS:
            table.row(f"  {_STEPS[event.step]}", (event.at_ns - entered_ns) / 1e6)
    until(lambda: _picture(stick).shows_something, seconds=FIRST_PIXEL_S, what="the first pixel", process=stick.agent)
    table.row("  first pixel", (time.monotonic_ns() - entered_ns) / 1e6)
    _settled(stick)
    picture = _picture(stick)
    print(f"\n  the stick's screen: {picture.path} ({picture.width}×{picture.height})", flush=True)


def _picture(stick: Stick) -> Picture:
    return stick.screen.picture(OUTPUT / "desktop.png")


def _settled(stick: Stick) -> None:
    """Wait until two pictures in a row are alike: the desktop is drawn."""

    def same() -> bool:
        before = _picture(stick).path.read_bytes()
        time.sleep(0.5)
        return before == _picture(stick).path.read_bytes()

    try:
        until(same, seconds=SETTLE_S, what="the whole desktop")
    except LabError:
        print("  (the desktop still moves)", flush=True)


def _suspend(hall: Hall, stick: Stick) -> int:
    console = hall.console  # signed in before the clock starts
    before = _now_ms()
    result = console.suspend("sticks", stick.id)
    until(lambda: not stick.running("xfreerdp3"), seconds=5, what="the end of the desktop")
    gone = _now_ms()
    print("\n  suspended by the console:", flush=True)
    for receipt in result["receipts"]:
        last = int(receipt["last_packet_ms"])
        print(f"    last packet passed    {_clock(last)}  ({last - before:+d} ms from the request)")
        print(f"    packets in the lease  {receipt['packets']}")
    print(f"    desktop gone          {_clock(gone)}  ({gone - before:+d} ms from the request)", flush=True)
    if result["state"] != "stopped" or not result["receipts"]:
        print("demo: no receipt came", file=sys.stderr)
        return 1
    return 0


def _wait_for_the_user(hall: Hall, port: str) -> None:
    print(f"\n  the console   http://localhost:{port}/")
    print(f"  account       {ADMINISTRATOR}")
    print(f"  password      {hall.password}")
    print(
        f"  authenticator {hall.totp_secret}   (base32 secret; code now: {totp.code_at(hall.totp_secret, _now_ms())})"
    )
    print("\n  Ctrl-C ends the demo.", flush=True)
    signal.pause()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _clock(milliseconds: int) -> str:
    moment = dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC).astimezone()
    return moment.strftime("%H:%M:%S.%f")[:-3]


if __name__ == "__main__":
    sys.exit(main())
