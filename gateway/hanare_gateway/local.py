"""The agent's own socket: what somebody with a shell on the gateway may ask while the server is away.

A unix stream socket beside the state file, for the agent's user and root alone: one JSON object a line, one question a
connection.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

from hanare_core import wire
from hanare_core.problems import Problem
from hanare_gateway.settings import Settings

SOCKET_NAME: Final = "control.sock"
ANSWER_S: Final = 5.0
"""A kill takes milliseconds; an agent that is frozen does not answer, and then the kernel is asked directly."""


class Kill(wire.Message, frozen=True):
    """End what is called so, for ever: a session, a stick, a user, or `all` sessions."""

    kill: wire.Id


class Killed(wire.Message, frozen=True):
    """How many leases ended; -1: nothing is called so."""

    leases: int


def path_of(settings: Settings) -> Path:
    """Return where the socket is."""
    return Path(settings.state).with_name(SOCKET_NAME)


async def serve(settings: Settings, kill: Callable[[str], int | None]) -> None:
    """Answer until cancelled; `kill` returns how many leases ended, or None when nothing is called so."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(Problem, OSError, ValueError):
            asked = wire.decode(await reader.readline(), Kill)
            ended = kill(asked.kill)
            writer.write(wire.encode(Killed(-1 if ended is None else ended)) + b"\n")
            await writer.drain()
        writer.close()

    path = path_of(settings)
    path.unlink(missing_ok=True)
    mask = os.umask(0o177)
    try:
        server = await asyncio.start_unix_server(answer, path, limit=wire.MESSAGE_BYTES)
    finally:
        os.umask(mask)
    async with server:
        await server.serve_forever()


def ask(settings: Settings, name: str) -> int | None:
    """Ask a living agent to kill; return its number, or None when no agent answers."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(ANSWER_S)
            connection.connect(str(path_of(settings)))
            connection.sendall(wire.encode(Kill(name)) + b"\n")
            return wire.decode(connection.makefile("rb").readline(), Killed).leases
    except (OSError, Problem):
        return None
