"""Brings one TCP port of the host into the lab: connections to the inherited socket go on to an address of the lab.

The socket was made in the host's network before the lab was entered (``enter --listen``) and stays there; the relay
runs on the machine that reaches the target. At most CONNECTIONS at once; a connection that moves nothing for
IDLE_SECONDS is closed.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import sys
from pathlib import Path
from typing import Final

from hanare_lab import inside
from hanare_lab.errors import LabError
from hanare_lab.machine import Machine
from hanare_lab.process import Process
from hanare_lab.wait import until

CONNECTIONS: Final = 128  # a person's browser needs about ten
IDLE_SECONDS: Final = 600.0  # longer than the console's live channel is ever silent
CONNECT_SECONDS: Final = 5.0
CHUNK_BYTES: Final = 65_536
READY_SECONDS: Final = 60.0


def start(machine: Machine, host: str, port: int) -> Process:
    """Start the relay on ``machine`` to (host, port) for the socket of ``enter --listen``."""
    listener = os.environ.get(inside.LISTEN_FD_ENV)
    if listener is None:
        raise LabError("no port of the host was brought in: enter the lab with --listen ADDRESS:PORT")
    package = str(Path(__file__).resolve().parents[1])
    command = [sys.executable, "-m", "hanare_lab.forward", listener, host, str(port)]
    process = machine.start("forward", command, env={"PYTHONPATH": package}, pass_fds=(int(listener),))
    until(lambda: "ready" in process.log_tail(), seconds=READY_SECONDS, what="the relay", process=process)
    return process


class Relay:
    """Relays every connection to one address."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._open = 0

    async def serve(self, listener: socket.socket) -> None:
        """Serve the listening socket until cancelled."""
        server = await asyncio.start_server(self._connected, sock=listener)
        print("ready", flush=True)
        async with server:
            await server.serve_forever()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._open >= CONNECTIONS:
            writer.transport.abort()
            return
        self._open += 1
        try:
            await self._relay(reader, writer)
        except (OSError, TimeoutError):  # either end went away: so does the other
            pass
        finally:
            writer.transport.abort()
            self._open -= 1

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(CONNECT_SECONDS):
            target_reader, target_writer = await asyncio.open_connection(*self._target)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_copy(reader, target_writer))
                group.create_task(_copy(target_reader, writer))
        except* (OSError, TimeoutError):
            pass
        finally:
            target_writer.transport.abort()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while True:
        async with asyncio.timeout(IDLE_SECONDS):
            chunk = await source.read(CHUNK_BYTES)
            if not chunk:
                break
            target.write(chunk)
            await target.drain()
    if target.can_write_eof():
        target.write_eof()


def main() -> None:
    """Relay until killed: arguments are the socket's descriptor, the target's host and port."""
    parser = argparse.ArgumentParser(prog="hanare_lab.forward")
    parser.add_argument("listener", type=int)
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    options = parser.parse_args()
    listener = socket.socket(fileno=options.listener)
    listener.setblocking(False)
    asyncio.run(Relay(options.host, options.port).serve(listener))


if __name__ == "__main__":
    main()
