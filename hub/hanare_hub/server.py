"""The hub process: sockets, reader and local server, from start to signal."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from websockets.asyncio import server as websockets
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from hanare_core import log_lines, wire
from hanare_core.messages import gateway, local, stick
from hanare_core.problems import Problem
from hanare_hub import database, gateways, live, sticks, unix_socket
from hanare_hub.channel import BAD_FRAME, CLOSE_S, close
from hanare_hub.hall import Hall
from hanare_hub.local import LocalServer
from hanare_hub.reader import Reader
from hanare_hub.settings import Settings

PING_S: Final = 20.0
"""Time between two pings of the library, and for their pong: a dead peer leaves presence within 40 s."""

RECEIVE_QUEUE: Final = 4
"""Frames that wait unread per channel before its peer is held back; a gateway has a beat and an ack under way."""

CHANNELS: Final = 20_000
"""Channels of one process, about 1 GiB at 50 KiB each."""

_log = logging.getLogger(__name__)

Serve = Callable[[Hall, websockets.ServerConnection], Awaitable[None]]

PATHS: Final[Mapping[str, Serve]] = {
    gateway.PATH: gateways.serve,
    stick.PATH: sticks.serve,
    local.LIVE_PATH: live.serve,
}


async def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    hall = Hall()
    driver = database.choose(settings.database)
    reader = Reader(driver, hall)
    tasks = [asyncio.create_task(work) for work in (reader.run(), hall.watch_gateways(), reader.listen())]
    try:
        async with _local(settings, hall, reader), _channels(settings, Door(hall)):
            await _until(stopped, tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await driver.close()


class Door:
    """Lets a WebSocket in by its path and ends it with a code."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._open = 0

    def admit(self, socket: websockets.ServerConnection, request: Request) -> Response | None:
        """Refuse unknown paths, and everybody while the database was never read or too many are here."""
        if _path(request) not in PATHS:
            return socket.respond(HTTPStatus.NOT_FOUND, "not-found\n")
        if not self._hall.world.loaded or self._open >= CHANNELS:
            return socket.respond(HTTPStatus.SERVICE_UNAVAILABLE, "server-unreachable\n")
        return None

    async def serve(self, socket: websockets.ServerConnection) -> None:
        """Serve one WebSocket to its end."""
        if socket.request is None:
            return
        self._open += 1
        try:
            await PATHS[_path(socket.request)](self._hall, socket)
        except ConnectionClosed:
            return
        except Problem as problem:
            log_lines.event(_log, logging.INFO, "channel refused", path=_path(socket.request), code=problem.code.value)
            await close(socket, BAD_FRAME, problem.code)
        except Exception:
            _log.exception("defect in a channel")
            raise
        finally:
            self._open -= 1


def _path(request: Request) -> str:
    return request.path.partition("?")[0]


@contextlib.asynccontextmanager
async def _local(settings: Settings, hall: Hall, reader: Reader) -> AsyncIterator[None]:
    answering = LocalServer(hall, reader.ring, settings.local_uids)
    with unix_socket.listening(settings.local_socket) as listening:
        server = await answering.start(listening)
        try:
            yield
        finally:
            server.close()
            answering.stop()


@contextlib.asynccontextmanager
async def _channels(settings: Settings, door: Door) -> AsyncIterator[None]:
    options: dict[str, Any] = {
        "process_request": door.admit,
        "compression": None,
        "max_size": wire.MESSAGE_BYTES,
        "max_queue": RECEIVE_QUEUE,
        "ping_interval": PING_S,
        "ping_timeout": PING_S,
        "close_timeout": CLOSE_S,
        "open_timeout": CLOSE_S,
        "server_header": None,
    }
    async with contextlib.AsyncExitStack() as stack:
        if settings.channel_socket is not None:
            listening = stack.enter_context(unix_socket.listening(settings.channel_socket))
            await stack.enter_async_context(websockets.serve(door.serve, unix=True, sock=listening, **options))
        if settings.channel_port is not None:
            serving = websockets.serve(door.serve, "127.0.0.1", settings.channel_port, **options)
            server = await stack.enter_async_context(serving)
            port = next(iter(server.sockets)).getsockname()[1]
            log_lines.event(_log, logging.INFO, "listening", port=port)
        log_lines.event(_log, logging.INFO, "started")
        yield


async def _until(stopped: asyncio.Event, tasks: list[asyncio.Task[None]]) -> None:
    """Wait for the signal; a task of ours that fails is a defect and ends the process."""
    waiting = asyncio.create_task(stopped.wait())
    done, _ = await asyncio.wait({waiting, *tasks[:2]}, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
