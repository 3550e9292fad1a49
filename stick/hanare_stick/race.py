"""The race of the lines: one WireGuard handshake is sent down every line, and the first answer decides.

wireguard-go is told that its peer is a socket on the loopback. What it sends there goes to every runner: the gateway
takes the copy that arrives first and drops the others as repeated (WireGuard's own protection), so it answers on the
fastest line only. Were that a line on which answers are lost, it would win again and again; so at each try another line
gets a head start, those over IPv4 first. When tunnel and gateway have keys, the tunnel is put on that line itself and
the race is out of the way. A new runner gets the last handshake at once. Nothing is believed of an answer but that
WireGuard takes it.
"""

import asyncio
import contextlib
from types import TracebackType
from typing import Final, Self, cast

from hanare_core.site import Endpoint
from hanare_stick.line import Line
from hanare_stick.uapi import LOOPBACK

HEAD_START_S: Final = 0.03
"""More than two lines of one home differ by, unless one of them is not well; and not felt by who waits.

IPv4 first: a gateway with wireguard-go loses answers over IPv6 (docs/adr/0020-wireguard-go-sends-astray.md).
"""

_RESPONSE: Final = b"\x02\x00\x00\x00"
_RESPONSE_BYTES: Final = 92
"""A handshake response: message type 2 (WireGuard whitepaper, 5.4.3)."""


class Race(asyncio.DatagramProtocol):
    """`place` is what wireguard-go is told; `first` the line whose answer came last before it had keys.

    deaf: answers are noticed and not handed on, so that a probe leaves the gateway's running keys alone.
    """

    def __init__(self, *, deaf: bool = False) -> None:
        self.first: Line | None = None
        self.answered = asyncio.Event()
        self._deaf = deaf
        self._runners: list[tuple[Line, asyncio.DatagramTransport]] = []
        self._tries = 0
        self._tunnel: tuple[str, int] | None = None
        self._last = b""
        self._settled = b""
        """The handshake that was answered: who has not sent it yet need not."""

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(LOOPBACK, 0))
        self._local = transport
        self.place = Endpoint(address=LOOPBACK, port=transport.get_extra_info("sockname")[1])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._local.close()
        for _, transport in self._runners:
            transport.close()

    async def add(self, line: Line, place: Endpoint | None = None) -> None:
        """Let one more line run; `place`: where its datagrams go if that is not the gateway itself."""
        to = place or line.place
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):  # no route for this family: the home has none of it
            transport, _ = await loop.create_datagram_endpoint(
                lambda: _Runner(self, line), remote_addr=(to.address, to.port)
            )
            self._runners.append((line, transport))
            if self._last:
                transport.sendto(self._last)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Send what wireguard-go sends down every line, one of them ahead of the others."""
        self._tunnel, self._last = addr, data
        first = self._next_ahead()
        for line, runner in self._runners:
            if runner is first or line.carried:
                runner.sendto(data)
            else:
                asyncio.get_running_loop().call_later(HEAD_START_S, self._follow, runner, data)

    def answer(self, line: Line, data: bytes) -> None:
        """Take in what came on a line."""
        if data.startswith(_RESPONSE) and len(data) == _RESPONSE_BYTES:
            self.first = line
            self._settled = self._last
            self.answered.set()
        if self._tunnel is not None and not self._deaf:
            self._local.sendto(data, self._tunnel)

    def _next_ahead(self) -> asyncio.DatagramTransport | None:
        in_turn = sorted((one for one in self._runners if not one[0].carried), key=lambda one: one[0].name)
        self._tries += 1
        return in_turn[(self._tries - 1) % len(in_turn)][1] if in_turn else None

    def _follow(self, runner: asyncio.DatagramTransport, data: bytes) -> None:
        if self._settled != data == self._last and not runner.is_closing():
            runner.sendto(data)


class _Runner(asyncio.DatagramProtocol):
    def __init__(self, race: Race, line: Line) -> None:
        self._race = race
        self._line = line

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, _addr: tuple[str, int]) -> None:
        self._race.answer(self._line, data)
