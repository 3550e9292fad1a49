"""`python -m hanare_stick.carrier_relay TARGET DESCRIPTOR`: one tunnel's datagrams inside TLS 1.3 to the carrier.

A process of its own, so that a session outlives the agent, and of its own user, as strangers speak TLS with it. The
descriptor is the unix socket by which the agent finds it: the kernel knows who listens there. wireguard-go's datagrams
come to a UDP socket on the loopback and leave as frames of `hanare_core.carrier`; all addresses are tried at once, the
first whose TLS key is the pinned one is used. A line that is gone is dialled again while datagrams come. Bounds:
WAITING datagrams before the line is up, QUEUE_BYTES after it; what does not fit is dropped, as a line would. It holds
no key.
"""

import asyncio
import contextlib
import signal
import socket
import ssl
import sys
from collections import deque
from collections.abc import Iterable
from itertools import accumulate
from typing import Final, cast

from cryptography.exceptions import UnsupportedAlgorithm

from hanare_core import wire
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
from hanare_core.pinned_key import key_of
from hanare_core.problems import Problem
from hanare_core.site import Endpoint
from hanare_stick.carrier_target import Target
from hanare_stick.uapi import LOOPBACK

WAITING: Final = 8
"""Newest datagrams kept while the line is dialled: a handshake and what waits for it."""

QUEUE_BYTES: Final = 256 * 1024
"""40 ms at 50 Mbit/s; more would only be late."""

BURST: Final = 8
"""Messages of joined datagrams taken from wireguard-go before the line has its turn."""

DIAL_S: Final = 5.0
"""TCP and TLS on the slowest line: three round trips, a lost packet repeated."""

REDIAL_S: Final = 0.5
"""Pause after a line that broke or was not to be had."""

DEAD_MS: Final = 10_000
"""Unanswered data ends the connection after this: another uplink is there long before TCP would notice."""

_LOCAL: Final = socket.AF_INET6 if ":" in LOOPBACK else socket.AF_INET
_BUFFER_BYTES: Final = 1024 * 1024
_USER_TIMEOUT: Final = 18
"""TCP_USER_TIMEOUT of tcp(7)."""


class Relay:
    """The loopback side, and the line while there is one."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._waiting: deque[bytes] = deque(maxlen=WAITING)
        self._wanted = asyncio.Event()
        self._line: asyncio.Transport | None = None
        self._tunnel: tuple[str, int] | None = None
        self._local = socket.socket(_LOCAL, socket.SOCK_DGRAM)
        self._local.setblocking(False)
        self._local.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        self._local.setsockopt(socket.IPPROTO_UDP, UDP_GRO, 1)

    def open(self) -> None:
        """Take what wireguard-go sends from now on; raise OSError where another has the port."""
        self._local.bind((LOOPBACK, self._target.port))
        asyncio.get_running_loop().add_reader(self._local, self._take)

    def give(self, datagrams: Iterable[bytes]) -> None:
        """Hand datagrams of the gateway to wireguard-go."""
        for message, told in grouped(datagrams):
            if self._tunnel is not None:
                with contextlib.suppress(OSError):  # full: a line loses such datagrams
                    self._local.sendmsg([message], told, 0, self._tunnel)

    async def run(self) -> None:
        """Dial when there is something to send, again and again."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            with contextlib.suppress(OSError, TimeoutError):
                end = await _dial(self._target, self)
                self._line = end.line
                while self._waiting:
                    self._line.write(frame(self._waiting.popleft()))
                await end.over
            self._line = None
            await asyncio.sleep(REDIAL_S)

    def _take(self) -> None:
        """Send wireguard-go's datagrams, or keep the newest until the line is up."""
        datagrams: list[bytes] = []
        with contextlib.suppress(OSError):
            for _ in range(BURST):
                data, told, _, self._tunnel = self._local.recvmsg(RECEIVE_BYTES, ANCILLARY_BYTES)
                datagrams += [one for one in parted(data, told) if 0 < len(one) <= DATAGRAM_BYTES]
        if not datagrams:
            return
        if self._line is None:
            self._waiting.extend(datagrams)
            self._wanted.set()
            return
        room = QUEUE_BYTES - self._line.get_write_buffer_size()
        fitting = [
            frame(one) for one, until in zip(datagrams, accumulate(map(len, datagrams)), strict=True) if until <= room
        ]
        if fitting:
            self._line.write(b"".join(fitting))


class End(asyncio.Protocol):
    """One TLS connection to the carrier; `over` is done when it has ended."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._frames = Frames()
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the line."""
        self.line = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Give whole datagrams on."""
        try:
            self._relay.give(self._frames.feed(data))
        except FrameError:
            self.line.abort()

    def connection_lost(self, _error: Exception | None) -> None:
        """Say that the line is over."""
        if not self.over.done():
            self.over.set_result(None)


async def _dial(target: Target, relay: Relay) -> End:
    """Return the first connection that is the carrier's; raise OSError or TimeoutError when none is."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False  # the key itself is known: names, dates and authorities say nothing beside it
    context.verify_mode = ssl.CERT_NONE
    tasks = [asyncio.create_task(_one(place, target, relay, context)) for place in target.places]
    try:
        async with asyncio.timeout(DIAL_S):
            for done in asyncio.as_completed(tasks):
                with contextlib.suppress(OSError):
                    return await done
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    raise ConnectionRefusedError


async def _one(place: Endpoint, target: Target, relay: Relay, context: ssl.SSLContext) -> End:
    loop = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in place.address else socket.AF_INET
    connection = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT_BYTES)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.IPPROTO_TCP, _USER_TIMEOUT, DEAD_MS)
        await loop.sock_connect(connection, (place.address, place.port))
        end = End(relay)
        await loop.create_connection(lambda: end, sock=connection, ssl=context, server_hostname=target.name)
    except BaseException:
        connection.close()
        raise
    shown = end.line.get_extra_info("ssl_object").getpeercert(binary_form=True)
    if not _is_carrier(shown, target):
        end.line.abort()
        raise ConnectionRefusedError
    return end


def _is_carrier(certificate: bytes | None, target: Target) -> bool:
    try:
        return certificate is not None and key_of(certificate) == target.key
    except (ValueError, UnsupportedAlgorithm):  # what TLS let pass is none to whoever looks closer
        return False


async def _serve(target: Target, control: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    relay = Relay(target)
    relay.open()
    task = asyncio.create_task(relay.run())
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    async with await asyncio.start_unix_server(lambda _, writer: writer.close(), sock=control):
        with contextlib.suppress(asyncio.CancelledError):
            await task


def main() -> int:
    """Run one relay until it is ended."""
    try:
        target = wire.decode(sys.argv[1], Target)
        asyncio.run(_serve(target, socket.socket(fileno=int(sys.argv[2]))))
    except (IndexError, ValueError, OSError, Problem) as error:
        sys.stderr.write(f"hanare-stick: carrier: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
