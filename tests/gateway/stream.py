"""A living TCP stream from a stick to its office PC."""

import contextlib
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Self

import msgspec
import pytest

from hanare_core.messages.gateway import Lease, State
from hanare_core.problems import Code
from tests.gateway import net
from tests.gateway.site import Site

RDP: Final = 3389
PACE_S: Final = 0.01
"""Between two turns of a stream: as often as a hand moves a mouse."""

SILENT_S: Final = 1.0
"""How long silence is listened to; an answer would come within milliseconds."""

ANSWER_S: Final = 10.0
"""What is sure to come may take that long on a busy machine."""

SPOKEN_S: Final = 60.0
"""Wide: longer than any stop takes."""


class Stream:
    """A living TCP stream from the stick to the office PC through the tunnel."""

    def __init__(self, site: Site) -> None:
        self.listener = net.listen(site.pc, site.pc_address, RDP)
        try:
            self.stick = net.connect(site.home, site.pc_address, RDP)
        except OSError:
            self.listener.close()
            raise
        self.pc, self.peer = self.listener.accept()
        for end in (self.stick, self.pc):
            end.settimeout(ANSWER_S)

    def turn(self) -> None:
        """Send a byte each way; OSError if the stream is dead."""
        self.stick.sendall(b">")
        assert self.pc.recv(1) == b">"
        self.pc.sendall(b"<")
        assert self.stick.recv(1) == b"<"

    def turn_until_dead(self) -> float:
        """Keep turning until the stream is dead; return the monotonic time in seconds at which the last turn began.

        At that time the lease stood; how late the end of a turn is noticed, says more of this machine than of it.
        """
        last = time.monotonic()
        try:
            while True:
                began = time.monotonic()
                self.turn()
                last = began
                time.sleep(PACE_S)
        except (TimeoutError, ConnectionResetError):
            return last

    @contextlib.contextmanager
    def reset_within(self) -> Iterator[None]:
        """Have both ends speak, each for itself; something within the block resets both.

        A reset reaches the stick for 300 ms after a stop, as long as it has its peer: a busy test could speak too late.
        """
        with ThreadPoolExecutor() as pool:
            ends = [pool.submit(_speak_on, end) for end in (self.stick, self.pc)]
            yield
        assert [end.result() for end in ends] == [True, True]

    def assert_reset(self) -> None:
        """Each end gets a reset as soon as it says something; a delayed acknowledgement may have said it already."""
        for end in (self.stick, self.pc):
            with pytest.raises(ConnectionResetError):
                _speak(end)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close all ends."""
        for end in (self.stick, self.pc, self.listener):
            end.close()


def _speak_on(end: socket.socket) -> bool:
    """Speak until a reset comes; False: none came."""
    over = time.monotonic() + SPOKEN_S
    with contextlib.suppress(ConnectionResetError):
        while time.monotonic() < over:
            end.sendall(b"x")
            time.sleep(PACE_S)
        return False
    return True


def _speak(end: socket.socket) -> None:
    end.sendall(b"x")
    end.recv(1)


def gone(lease: Lease) -> Lease:
    """Return the lease as a delta says that it was stopped."""
    return msgspec.structs.replace(lease, state=State.GONE, reason=Code.SUSPENDED)
