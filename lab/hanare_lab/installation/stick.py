"""One stick in a home PC: what the kitting station wrote, the agent, its screen, and a hand at its control socket."""

import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from hanare_core import keyring
from hanare_core import site as names
from hanare_lab.home import Home
from hanare_lab.installation import accounts, checkout
from hanare_lab.machine import Machine
from hanare_lab.process import Process
from hanare_lab.screen import Screen
from hanare_lab.wait import WaitedTooLongError, listens, until

T = TypeVar("T")

DEVICE: Final = "/mnt/stick"
SETTINGS: Final = "/etc/hanare/stick.toml"
RUN: Final = "/run/hanare"
READY_S: Final = 60.0
"""Wide: what a stick does takes a second or two, some rounds over a line that does not answer ten each."""

_SETTINGS: Final = """\
device = "{device}"
run = "{run}"
udp_again_s = {udp_again_s}
image = {image}
[display]
name = "{display}"
authority = "{authority}"
uid = {uid}
gid = {gid}
"""


_FAKETIME: Final = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
"""Debian's libfaketime: the C library's real-time clock is off for whoever loads it. wireguard-go, which asks the
kernel by itself, does not."""


@dataclass(frozen=True)
class Event:
    """What the agent told: a step reached, or a code with which something was refused or ended."""

    step: str
    code: str
    at_ns: int
    detail: str = ""
    said: dict[str, tuple[str, str]] = field(default_factory=dict)
    """What the person reads, by language: what happened, and what to do now."""


class Stick:
    """A written stick that is plugged into a home PC."""

    def __init__(
        self, home: Home | Machine, device: Path, *, number: int = 1, udp_again_s: float = 600, image: int = 0
    ) -> None:
        self.machine = home if isinstance(home, Machine) else home.pc
        self.number = number
        self._udp_again_s = udp_again_s
        self._image = image
        self.events: list[Event] = []
        self.clock_ahead_s = 0
        """How far the home PC's clock is off, as the agent and its libraries see it: the lab's machines share one."""
        self.agent: Process | None = None
        self._asked_ns = 0
        self._connection = socket.socket(socket.AF_UNIX)
        keys = keyring.read((device / names.KEYS_FILE).read_bytes()).current
        self.id = keyring.certificate_of(keys).stick
        self.screen = Screen(self.machine, number=number, user=accounts.DESKTOP)
        for path in device.iterdir():
            self.machine.write(f"{DEVICE}/{path.name}", path.read_bytes(), mode=0o600)
        self.machine.write(SETTINGS, self._settings())

    def start(self) -> None:
        """Start the agent and wait until a sign-in may be asked for."""
        self.start_agent()
        self._connection.sendall(b'{"type":"status"}\n')
        self.wait_ready()

    def start_agent(self) -> Process:
        """Start the agent and connect to it."""
        control = self.machine.root / RUN.lstrip("/") / "control.sock"
        control.unlink(missing_ok=True)
        self.started_ns = time.monotonic_ns()
        self.agent = self.machine.start(
            "stick",
            ["python3", "-m", "hanare_stick", SETTINGS],
            env={"PYTHONPATH": checkout.python_path("core", "stick"), **self._clock()},
        )
        until(listens(control), seconds=READY_S, what="the stick agent", process=self.agent)
        self._connection.close()
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(str(control))
        self._connection.settimeout(0.01)
        self._buffer = b""
        self.events.clear()
        return self.agent

    def _clock(self) -> dict[str, str]:
        """Return the environment in which the system's clock is off, and lay the library for it into the machine."""
        if not self.clock_ahead_s:
            return {}
        library = f"/usr/lib/{_FAKETIME.name}"
        self.machine.write(library, _FAKETIME.read_bytes())
        return {
            "LD_PRELOAD": library,
            "FAKETIME": f"{self.clock_ahead_s:+d}",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    def ask(self, kind: str, **fields: str) -> int:
        """Send one request; return the time at which it was sent. What was told before it is forgotten, read or not."""
        self.events.clear()
        self._asked_ns = time.monotonic_ns()
        self._connection.sendall(json.dumps({"type": kind, **fields}).encode() + b"\n")
        return self._asked_ns

    def wait_for(self, step: str, *, seconds: float = READY_S) -> Event:
        """Return the event of that step, or the refusal that came instead."""
        return self._until(lambda: self._find(step), seconds, f"the stick's {step}")

    def listen(self) -> None:
        """Take in what the agent has told meanwhile."""
        self._read()

    def wait_refused(self, *, seconds: float = READY_S) -> Event:
        """Return the next refusal or end."""
        return self.wait_for("", seconds=seconds)

    def wait_ready(self, *, seconds: float = READY_S) -> None:
        """Wait until the next sign-in may be asked for, whatever was refused or ended before."""

        def ready() -> bool:
            self._read()
            return any(event.step == "ready" for event in self.events)

        self._until(ready, seconds, "the stick to be ready")

    def close(self) -> None:
        """Leave the control socket; the processes end with their machine."""
        self._connection.close()

    def running(self, program: str) -> bool:
        """Whether a program runs on this home PC; the lab's machines share one process table."""
        here = 'exec pgrep -x "$1" --ns $$ --nslist uts'
        return self.machine.run(["sh", "-c", here, "sh", program], check=False).returncode == 0

    def _until(self, condition: Callable[[], T | None], seconds: float, what: str) -> T:
        try:
            return until(condition, seconds=seconds, what=what, process=self.agent)
        except WaitedTooLongError as error:
            error.add_note(f"told meanwhile: {self.events}")
            raise

    def _find(self, step: str) -> Event | None:
        self._read()
        return next((event for event in self.events if event.code or (step and event.step == step)), None)

    def _read(self) -> None:
        try:
            self._buffer += self._connection.recv(65536)
        except TimeoutError:
            return
        *lines, self._buffer = self._buffer.split(b"\n")
        messages = [json.loads(line) for line in lines]
        told = [_event(message) for message in messages if message["type"] in {"reached", "refused"}]
        self.events += [event for event in told if event.at_ns >= self._asked_ns]

    def _settings(self) -> str:
        return _SETTINGS.format(
            device=DEVICE,
            run=RUN,
            udp_again_s=self._udp_again_s,
            image=self._image,
            display=self.screen.env["DISPLAY"],
            authority=self.screen.env["XAUTHORITY"],
            uid=accounts.DESKTOP.uid,
            gid=accounts.DESKTOP.gid,
        )


def _event(message: dict[str, Any]) -> Event:
    detail = message.get("detail", "")
    said = detail if isinstance(detail, str) else json.dumps(detail) if detail else ""
    sentences = {name: (told["title"], told["next"]) for name in ("ja", "en") if (told := message.get(name))}
    return Event(message.get("step", ""), message.get("code", ""), message["at_ns"], said, sentences)
