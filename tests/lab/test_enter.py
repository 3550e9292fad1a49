"""Entering a lab and leaving nothing behind; these tests start a lab inside the lab, where they can see everything."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from hanare_lab.wait import until

pytestmark = pytest.mark.lab

PACKAGE = Path(__file__).resolve().parents[2] / "lab"
SECONDS = 60.0
CITY = """
import sys, pathlib
from hanare_lab.city import City
with City(pcs=1) as city:
    city.gateway.start("sleeper", ["sleep", "600"])
    print(city.gateway.run(["ip", "-o", "link"]).stdout.count("wan0"), flush=True)
    sys.stdin.read()
"""


def enter(*command: str, options: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    """Start a command inside a lab of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "hanare_lab.enter", *options, "--", *command],
        env={**os.environ, "PYTHONPATH": str(PACKAGE)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def processes() -> set[int]:
    """Every process that this lab can see."""
    return {int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()}


def mounts() -> str:
    """List the mounts of this lab."""
    return Path("/proc/self/mountinfo").read_text()


def first_line(process: subprocess.Popen[str]) -> str:
    """Wait for the process's first line."""
    assert process.stdout is not None
    return process.stdout.readline()


def test_the_exit_code_is_passed_on() -> None:
    """What the command ends with, the lab ends with; a missing command is 127."""
    for command, code in ((("sh", "-c", "exit 7"), 7), (("sh", "-c", "kill -9 $$"), 137), (("no-such-program",), 127)):
        with enter(*command) as process:
            process.communicate(timeout=SECONDS)
        assert process.returncode == code


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_reaches_the_command(number: signal.Signals) -> None:
    """The command itself gets SIGINT and SIGTERM and may tidy up."""
    script = f"trap 'exit 42' {number.value}; echo ready; while :; do sleep 0.01; done"
    with enter("sh", "-c", script) as process:
        assert first_line(process) == "ready\n"
        process.send_signal(number)
        process.communicate(timeout=SECONDS)
    assert process.returncode == 42


def outer(process: subprocess.Popen[str]) -> int:
    """Find the process that was started."""
    return process.pid


def inner(process: subprocess.Popen[str]) -> int:
    """Find the lab's process 1: the child of unshare(1), which is the child of the outer process."""
    unshare = _only_child(process.pid)
    return _only_child(unshare)


@pytest.mark.parametrize("victim", [outer, inner])
def test_kill_minus_nine_leaves_nothing(victim: Callable[[subprocess.Popen[str]], int]) -> None:
    """However the lab's outer process or its process 1 dies, no process, mount or namespace of it lives on."""
    seen, mounted = processes(), mounts()
    with enter(sys.executable, "-c", CITY) as process:
        assert first_line(process) == "1\n"
        _plant_probe(inner(process))
        os.kill(victim(process), signal.SIGKILL)
        process.wait(SECONDS)
    until(lambda: processes() <= seen, seconds=SECONDS, what="the lab's processes end")
    until(lambda: not Path("/sys/class/net/probe0").exists(), seconds=SECONDS, what="the lab's network ends")
    assert mounts() == mounted


def test_two_labs_stand_side_by_side() -> None:
    """Two cities with the same names and addresses stand at once and know nothing of each other."""
    with enter(sys.executable, "-c", CITY) as one, enter(sys.executable, "-c", CITY) as two:
        assert first_line(one) == first_line(two) == "1\n"
        for process in (one, two):
            process.communicate(timeout=SECONDS)
    assert (one.returncode, two.returncode) == (0, 0)


def test_a_port_of_the_host_leads_into_the_lab() -> None:
    """A connection to the socket opened before entering ends at a server inside."""
    script = """
import os, sys
from hanare_lab import forward
from hanare_lab.machine import Machine
with Machine("server") as server:
    server.start("web", [sys.executable, "-m", "http.server", "8000", "--directory", "/proc/sys/kernel"])
    server.run(["sh", "-c", "until ss -ltnH 'sport = :8000' | grep -q .; do sleep 0.01; done"])
    forward.start(server, "127.0.0.1", 8000)
    print(os.environ["HANARE_LAB_LISTEN_PORT"], flush=True)
    sys.stdin.read()
"""
    with enter(sys.executable, "-c", script, options=("--listen", "127.0.0.1:0")) as process:
        port = int(first_line(process))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/hostname", timeout=SECONDS) as answer:
            assert answer.status == 200
        process.communicate(timeout=SECONDS)
    assert process.returncode == 0


def test_a_taken_port_is_said_plainly() -> None:
    """A port that somebody else has ends with a sentence, not a traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = subprocess.run(
            [sys.executable, "-m", "hanare_lab.enter", "--listen", address, "--", "true"],
            env={**os.environ, "PYTHONPATH": str(PACKAGE)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.startswith(f"lab: cannot listen on {address}")


def _only_child(pid: int) -> int:
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)


def _plant_probe(pid: int) -> None:
    """Join this network with the lab's: the pair dies with either."""
    subprocess.run(["ip", "link", "add", "probe0", "type", "veth", "peer", "name", "p1", "netns", str(pid)], check=True)
