"""`make soak`: the long tests, part by part, and the dated table of their results in docs/soak.md.

A part is one command. Its row says when it ran, how long, how it ended and what figures it noted (tests/figures.py);
running a part again replaces its row, and a part that never ran says so. Ends with the number of failed parts.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
TABLE: Final = ROOT / "docs" / "soak.md"
HEAD: Final = """# Soak: the long tests and what they last showed

`make soak` runs every part, `make soak PART=name` one; each rewrites its row here. What is cheap enough to run at every
change is in `make test` instead.

| part | what it does | date (UTC) | seconds | result | figures |
|---|---|---|---|---|---|
"""
NEVER: Final = ("never", "–", "–", "–")
PART_SECONDS: Final = 3600
"""Longest one part may take: three times what the longest takes. Then it is killed with all that it has started."""


@dataclass(frozen=True)
class Part:
    """One part: the pytest paths and options or the bench, and whether it needs the lab's namespaces."""

    what: str
    pytest: tuple[str, ...] = ()
    lab: bool = False
    bench: str = ""
    """A bench instead (bench/bench_NAME.py), whose rows in bench/results/NAME.json are its figures."""

    def command(self) -> list[str]:
        """Return the whole command."""
        inside = [sys.executable, "-m", "hanare_lab.enter", "--"] if self.lab else []
        if self.bench:
            return [*inside, sys.executable, "-m", f"bench.bench_{self.bench}"]
        kind = "lab" if self.lab else "not lab"
        return [*inside, sys.executable, "-m", "pytest", "--soak", "-q", "-m", kind, *self.pytest]


PARTS: Final = {
    "homes": Part(
        "a line that is away for a minute, one that jumps, and PPPoE's MTU as a black hole",
        tuple(f"tests/stories/test_{name}.py" for name in ("roaming", "bad_line", "mtu_black_hole")),
        lab=True,
    ),
    "image-build": Part("two builds of the image alike", ("tests/emulated/test_build.py",), lab=True),
    "image-boot": Part(
        "one changed bit in kernel, root or state; UEFI without Secure Boot, legacy BIOS, and a PC as sold (after "
        "`make test-image` and `make image` of lab/variants/test-compatible)",
        ("tests/emulated/test_damage.py", "tests/emulated/test_firmware.py"),
        lab=True,
    ),
    "image-trust": Part(
        "Secure Boot that trusts one key, the other, both, none; what is left in memory (after `make test-image`)",
        ("tests/emulated/test_trust.py", "tests/emulated/test_memory.py"),
        lab=True,
    ),
    "image-memory": Part(
        "memory that runs out in the built image: the desktop goes alone and comes back (after `make test-image`)",
        ("tests/emulated/test_out_of_memory.py",),
        lab=True,
    ),
    "image-browser": Part(
        "a web application and Japanese input in the built image (after `make image` of lab/variants/test-browser)",
        ("tests/emulated/test_browser.py",),
        lab=True,
    ),
    "image-kitting": Part(
        "the kitting station in a PC: two sticks written, registered and sound (after `make image VARIANT=kitting`)",
        ("tests/emulated/test_kitting_station.py",),
        lab=True,
    ),
    "api": Part(
        "the API's OpenAPI document, 100 right and 100 wrong requests an endpoint", ("tests/server/test_api_fuzzed.py",)
    ),
    "carrier": Part("200,000 broken streams for the carrier's frame parser", ("tests/core/test_carrier.py",)),
    "lease-truth": Part(
        "kills, freezes, cuts and stops in long random walks: a packet passes exactly where a lease stands",
        ("tests/stories/test_lease_truth.py",),
        lab=True,
    ),
    "keyd": Part("200 parallel wrong PINs while keyd is killed again and again", ("tests/keyd/test_chaos.py",)),
    "mutation": Part(
        "mutants of sign-in, PIN, OPRF, ratchet, statements and decision: nine in ten noticed, the others explained",
        ("tests/keyd/test_mutation.py", "-k", "not hanare_keyd"),
    ),
    "mutation-keyd": Part(
        "the same for keyd's budgets, attempts, sign-in and security keys",
        ("tests/keyd/test_mutation.py", "-k", "hanare_keyd"),
    ),
    "parsers": Part("hostile bytes at certificate, ticket, frames and slots", ("tests/core/test_hostile_parsers.py",)),
    "partitions": Part(
        "gateway and hub, gateway and server cut off each other, one way and both, to the TTL and to the grace's end",
        ("tests/stories/test_partitions.py",),
        lab=True,
    ),
    "scan": Part(
        "every TCP and UDP port of the gateway asked from the internet, over IPv4 and IPv6; fifty tunnels and a crash",
        ("tests/stories/test_silent_gateway.py", "tests/stories/test_gateway_crash.py"),
        lab=True,
    ),
    "peers": Part(
        "ours over UDP and carrier beside OpenVPN (UDP, TCP) and ocserv (DTLS), in bench/results/peers.json",
        bench="peers",
        lab=True,
    ),
    "screens": Part(
        "every page of the kiosk on a second size of screen, pictures in var/screens",
        ("tests/stick/kiosk/test_every_screen.py", "--basetemp=var/screens"),
        lab=True,
    ),
    "sign-in": Part(
        "long lives of sticks, copies, users, guesses, stops, torn writes and clocks: the real API and keyd",
        ("tests/server/test_sign_in_machine.py",),
    ),
    "silence": Part("ten thousand answers, right and wrong, alike in bytes and times", ("tests/keyd/test_silence.py",)),
}


def main(names: list[str]) -> int:
    """Run the named parts, or all; return the number of failed ones."""
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        sys.stderr.write(f"soak: no part {', '.join(unknown)}; there are: {', '.join(PARTS)}\n")
        return 2
    failed = 0
    for name in names or PARTS:
        sys.stdout.write(f"soak: {name}: {PARTS[name].what}\n")
        row, good = _run(PARTS[name])
        failed += not good
        _write(_kept() | {name: row})
    return failed


def _run(part: Part) -> tuple[tuple[str, ...], bool]:
    started = time.monotonic()
    (ROOT / "var").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "var") as scratch:  # the lab has a /tmp of its own
        figures = Path(scratch) / "figures"
        surroundings = {**os.environ, "HANARE_SOAK_FIGURES": str(figures)}
        surroundings.setdefault("DJANGO_SETTINGS_MODULE", "hanare_server.settings")
        last, fault = watch(part.command(), surroundings)
        noted = figures.read_text(encoding="utf-8").splitlines() if figures.exists() else []
    if part.bench and not fault:
        last, noted = "done", _bench_figures(part.bench)
    spent = f"{time.monotonic() - started:.0f}"
    result = (f"**failed** ({fault})" if fault else last).replace("|", "/")
    return (f"{datetime.now(UTC):%Y-%m-%d}", spent, result, "; ".join(noted) or "–"), not fault


def watch(command: list[str], surroundings: dict[str, str], seconds: float = PART_SECONDS) -> tuple[str, str]:
    """Run it with its output shown; return its last line, and what was wrong: nothing, its last line, or its length."""
    last = ""
    with subprocess.Popen(
        command, cwd=ROOT, env=surroundings, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        too_long = threading.Event()
        limit = threading.Timer(seconds, lambda: (too_long.set(), _kill(process.pid)))
        limit.start()
        try:
            for line in process.stdout or ():
                sys.stdout.write(line)
                last = line.strip("= \n") or last
            code = process.wait()
        finally:
            limit.cancel()
            _kill(process.pid)
    return (
        last,
        "" if code == 0 else f"longer than {seconds:g} s" if too_long.is_set() else last or f"ended with {code}",
    )


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _bench_figures(name: str) -> list[str]:
    rows = json.loads((ROOT / "bench" / "results" / f"{name}.json").read_text("utf-8"))["rows"]
    return [f"{row['metric']} {row['value']:.1f} {row['unit']}" for row in rows]


def _kept() -> dict[str, tuple[str, ...]]:
    if not TABLE.exists():
        return {}
    cells = [
        [cell.strip() for cell in line.strip("| \n").split(" | ")] for line in TABLE.read_text("utf-8").splitlines()
    ]
    return {row[0]: tuple(row[2:]) for row in cells if row[0] in PARTS}


def _write(rows: dict[str, tuple[str, ...]]) -> None:
    lines = [" | ".join((name, part.what, *rows.get(name, NEVER))) for name, part in PARTS.items()]
    TABLE.write_text(HEAD + "".join(f"| {line} |\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
