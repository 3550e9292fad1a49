"""F79: a stolen stick that opens slow requests without end is cut to its share, and everybody else is served."""

import contextlib
import socket
import ssl
from typing import Final

import pytest

from hanare_gateway.ruleset import DOOR_CONNECTIONS
from hanare_lab import addresses
from hanare_lab.installation import front
from hanare_lab.installation.hall import Hall
from hanare_lab.wait import until
from tests.gateway import net
from tests.stories.thief import Thief

pytestmark = [pytest.mark.lab, pytest.mark.story]

OPENED: Final = 100
CUT_S: Final = 60.0
"""Wide: a refusal takes milliseconds."""

SLOW: Final = b"POST /stick/v1/hello HTTP/1.1\r\nHost: hanare-server\r\nContent-Length: 60000\r\n\r\n{"


def test_one_stick_holds_no_more_than_its_share(hall: Hall) -> None:
    """Of a hundred slow requests gateway and front leave a few; another stick's hello is answered beside them."""
    sticks = [hall.add_stick(), hall.add_stick(home=1, number=2)]
    for stick in sticks:
        stick.start()
    slow, other = (Thief(stick) for stick in sticks)
    with contextlib.ExitStack() as opened:
        lines = [line for _ in range(OPENED) if (line := _open(slow)) is not None]
        for line in lines:
            opened.callback(line.close)
        assert front.SOURCE_CONNECTIONS < len(lines) <= DOOR_CONNECTIONS
        cut: set[ssl.SSLSocket] = set()
        many = len(lines) - front.SOURCE_CONNECTIONS
        until(lambda: len(_cut(lines, cut)) >= many, seconds=CUT_S, what="the front to cut the others")
        assert other.nonce()
        assert len(lines) > len(cut), "the front keeps what is within the share"
    until(lambda: _hello(slow) == 400, seconds=CUT_S, what="the stick itself to be heard again")


def _open(thief: Thief) -> ssl.SSLSocket | None:
    """Begin a request that never ends; None: the gateway refused the connection."""
    try:
        plain = net.connect(thief.stick.machine, addresses.SERVER6, front.API_PORT)
    except ConnectionRefusedError:
        return None
    line = thief.context().wrap_socket(plain, server_hostname=front.TLS_NAME)
    line.sendall(SLOW)
    line.setblocking(False)
    return line


def _cut(lines: list[ssl.SSLSocket], cut: set[ssl.SSLSocket]) -> set[ssl.SSLSocket]:
    """Add those that were answered as too many; what is kept for ten seconds is then told that it is slow."""
    for line in set(lines) - cut:
        with contextlib.suppress(OSError):  # it says nothing yet, or said all before
            told = line.recv(1_000)
            assert told.startswith((b"HTTP/1.1 429 ", b"HTTP/1.1 408 ")) or not told
            if told.startswith(b"HTTP/1.1 429 "):
                cut.add(line)
    return cut


def _hello(thief: Thief) -> int:
    """Send a hello that is none; return the status, or 0 where the connection is refused."""
    with contextlib.suppress(socket.error):
        return thief.exchange("POST", "/stick/v1/hello", b"{")[0]
    return 0
