"""What the gateway's kernel holds of one lease, read while the parts of Hanare come and go."""

import re
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from hanare_lab.installation.gateway import Gateway
from hanare_lab.installation.stick import Stick
from hanare_lab.wait import until

SAMPLE_S: Final = 0.1
CONNECT_S: Final = 1
"""What a TCP connection through the tunnel may take; a lost packet of it shows as the end of this time."""

_ELEMENT: Final = re.compile(r"counter packets (\d+)[^,}]*? expires ([\dhms]+)")
_UNITS: Final = {"h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}


@dataclass(frozen=True)
class Element:
    """One lease element: packets that it let pass, and milliseconds until the kernel drops it."""

    packets: int
    expires_ms: int


def elements(gateway: Gateway) -> list[Element]:
    """Return the lease elements that the kernel holds now."""
    return [Element(int(packets), _milliseconds(left)) for packets, left in _ELEMENT.findall(gateway.elements())]


def wait_renewed(gateway: Gateway, *, seconds: float) -> None:
    """Wait until the one element has more time left than it had before."""
    last = elements(gateway)[0].expires_ms

    def renewed() -> bool:
        nonlocal last
        before, last = last, elements(gateway)[0].expires_ms
        return last > before

    until(renewed, seconds=seconds, what="the lease's renewal")


def answers(stick: Stick, address: str, port: int) -> bool:
    """Whether the office PC accepts a TCP connection out of the stick's session."""
    enter = ["nsenter", "--net=/var/run/netns/hanare-session", "--"]
    program = f"import socket; socket.create_connection(({address!r}, {port}), {CONNECT_S}).close()"
    return stick.machine.run([*enter, "python3", "-c", program], check=False).returncode == 0


class Watch:
    """Counts in the background how often the kernel held no lease element; for use in a with statement."""

    def __init__(self, gateway: Gateway) -> None:
        self.seen = 0
        self.missing = 0
        self._gateway = gateway
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="lease-watch")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(SAMPLE_S):
            if elements(self._gateway):
                self.seen += 1
            else:
                self.missing += 1


def _milliseconds(span: str) -> int:
    return sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)(ms|h|m|s)", span))
