"""A living TCP stream from a stick to its office PC."""

import socket
import time
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
            end.settimeout(SILENT_S)

    def turn(self) -> None:
        """Send a byte each way; OSError if the stream is dead."""
        self.stick.sendall(b">")
        assert self.pc.recv(1) == b">"
        self.pc.sendall(b"<")
        assert self.stick.recv(1) == b"<"

    def turn_until_dead(self) -> float:
        """Keep turning until the stream is dead; return the monotonic time in seconds of the last whole turn."""
        last = time.monotonic()
        try:
            while True:
                self.turn()
                last = time.monotonic()
                time.sleep(PACE_S)
        except (TimeoutError, ConnectionResetError):
            return last

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


def _speak(end: socket.socket) -> None:
    end.sendall(b"x")
    end.recv(1)


def gone(lease: Lease) -> Lease:
    """Return the lease as a delta says that it was stopped."""
    return msgspec.structs.replace(lease, state=State.GONE, reason=Code.SUSPENDED)
