"""Takes TLS connections and joins each to a UDP socket of its own towards WireGuard.

One socket a connection makes each stick's tunnel a peer endpoint of its own, so WireGuard answers and roams as on any
line. Bounds: the limits of `limits`, HANDSHAKE_S for TLS, SILENCE_S without a frame, QUEUE_BYTES towards a slow reader;
what does not fit is dropped, as a line would, and never waits. Datagrams of one length, as WireGuard's long ones nearly
always are, pass the kernel joined (UDP_SEGMENT and UDP_GRO of udp(7)).
"""

import asyncio
import contextlib
import socket
import ssl
from typing import Any, Final, cast

from hanare_core.carrier import (
    ANCILLARY_BYTES,
    DATAGRAM_BYTES,
    RECEIVE_BYTES,
    SEGMENT_BYTES,
    UDP_GRO,
    FrameError,
    Frames,
    frame,
    grouped,
    parted,
)
from hanare_core.line import CARRIED, Line
from hanare_gateway.carrier.limits import Limits

HANDSHAKE_S: Final = 5.0
"""Four round trips on the slowest line; a connection that only opens is gone after this."""

SILENCE_S: Final = 75.0
"""Three of WireGuard's keepalives (25 s)."""

QUEUE_BYTES: Final = 256 * 1024
"""Datagrams that wait for the line: 40 ms at 50 Mbit/s. More would only be late."""

BURST: Final = 8
"""Messages of joined datagrams taken from WireGuard for one connection before the others have their turn."""

BACKLOG: Final = 256
RETRY_S: Final = 0.05
"""Pause when a connection could not be taken."""

_BUFFER_BYTES: Final = 1024 * 1024
_SOURCES: Final = {
    family: next(address for address, line in CARRIED.items() if line is kind)
    for family, kind in ((socket.AF_INET, Line.TCP4), (socket.AF_INET6, Line.TCP6))
}
"""The address from which WireGuard hears of a connection: the agent tells by it what carries a session."""


async def serve(listeners: list[socket.socket], context: ssl.SSLContext, wireguard_port: int) -> None:
    """Serve until cancelled."""
    server = _Server(context, wireguard_port)
    async with asyncio.TaskGroup() as tasks:
        for listener in listeners:
            tasks.create_task(server.accept(listener))


def listen(port: int) -> list[socket.socket]:
    """Return listening sockets for both families; raise OSError."""
    return [_listener(family, port) for family in _SOURCES]


class _Server:
    """Accepts within the limits; a connection's own failure ends that connection alone."""

    def __init__(self, context: ssl.SSLContext, wireguard_port: int) -> None:
        self._context = context
        self._port = wireguard_port
        self._limits = Limits()
        self._tasks: set[asyncio.Task[None]] = set()

    async def accept(self, listener: socket.socket) -> None:
        """Take connections for ever."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, (address, *_) = await loop.sock_accept(listener)
            except OSError:  # no descriptor is free, or it has gone already
                await asyncio.sleep(RETRY_S)
                continue
            if not self._limits.enter(address):
                connection.close()
                continue
            task = loop.create_task(self._carry(connection, address))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, connection: socket.socket, address: str) -> None:
        loop = asyncio.get_running_loop()
        carried = Carried(_SOURCES[socket.AddressFamily(connection.family)], self._port)
        try:
            with connection, contextlib.suppress(OSError):  # TLS errors are of this kind
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                await loop.connect_accepted_socket(
                    lambda: carried,
                    connection,
                    ssl=self._context,
                    ssl_handshake_timeout=HANDSHAKE_S,
                    ssl_shutdown_timeout=1,
                )
                await carried.over
        finally:
            self._limits.leave(address)


class Carried(asyncio.Protocol):
    """One connection; `over` is done when it has ended."""

    def __init__(self, source: str, wireguard_port: int) -> None:
        self._loop = asyncio.get_running_loop()
        self.over: asyncio.Future[None] = self._loop.create_future()
        self._place = (source, wireguard_port)
        self._frames = Frames()
        self._heard = self._loop.time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Open the way to WireGuard."""
        self._line = cast("asyncio.Transport", transport)
        source, port = self._place
        self._wireguard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._wireguard.setblocking(False)
        self._wireguard.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        self._wireguard.setsockopt(socket.IPPROTO_UDP, UDP_GRO, 1)
        self._wireguard.bind((source, 0))
        self._wireguard.connect(("127.0.0.1", port))
        self._loop.add_reader(self._wireguard, self._back)
        self._watch: Any = self._loop.call_later(SILENCE_S, self._silent)

    def data_received(self, data: bytes) -> None:
        """Hand whole datagrams to WireGuard; whoever speaks otherwise is let go without a word."""
        self._heard = self._loop.time()
        try:
            for message, told in grouped(self._frames.feed(data)):
                with contextlib.suppress(OSError):  # full or restarting: a line loses such datagrams
                    self._wireguard.sendmsg([message], told)
        except FrameError:
            self._line.abort()

    def connection_lost(self, _error: Exception | None) -> None:
        """Close the way to WireGuard."""
        self._watch.cancel()
        self._loop.remove_reader(self._wireguard)
        self._wireguard.close()
        if not self.over.done():
            self.over.set_result(None)

    def _back(self) -> None:
        room = QUEUE_BYTES - self._line.get_write_buffer_size()
        frames = []
        with contextlib.suppress(OSError):
            for _ in range(BURST):
                data, told, *_ = self._wireguard.recvmsg(RECEIVE_BYTES, ANCILLARY_BYTES)
                for datagram in parted(data, told):
                    if room >= len(datagram) and 0 < len(datagram) <= DATAGRAM_BYTES:
                        room -= len(datagram)
                        frames.append(frame(datagram))
        if frames:
            self._line.write(b"".join(frames))

    def _silent(self) -> None:
        left = self._heard + SILENCE_S - self._loop.time()
        if left <= 0:
            self._line.abort()
            return
        self._watch = self._loop.call_later(left, self._silent)


def _listener(family: socket.AddressFamily, port: int) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT_BYTES)
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listener.bind(("", port))
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener
