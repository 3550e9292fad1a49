"""The agent's control socket: how a screen asks for a sign-in and hears what happens.

A unix stream socket in the agent's folder, one JSON object a line. One client at a time matters; all hear the events.
What the worker typed travels here and nowhere else.
"""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Final

import msgspec

from hanare_core import wire
from hanare_core.messages.api import Totp
from hanare_core.problems import Code, Problem
from hanare_core.sentences import LANGUAGES, sentence

SOCKET: Final = "control.sock"

_log = logging.getLogger(__name__)

Typed = Annotated[str, msgspec.Meta(min_length=1, max_length=256, pattern=r"^[^\x00-\x1f\x7f]+\Z")]
"""What a person types on one line."""


class SignIn(wire.Message, frozen=True, tag_field="type", tag="sign-in"):
    """Sign in and show the desktop."""

    user: wire.UserName
    pin: Typed
    office_user: Typed
    office_password: Typed
    totp: Totp = ""


class FirstPin(wire.Message, frozen=True, tag_field="type", tag="first-pin"):
    """Set the first PIN by a one-time code."""

    user: wire.UserName
    code: Typed
    pin: Typed


class End(wire.Message, frozen=True, tag_field="type", tag="end"):
    """End the session."""


class Status(wire.Message, frozen=True, tag_field="type", tag="status"):
    """Say where we are; answered by a Reached event of the present phase."""


Request = SignIn | FirstPin | End | Status


class Reached(wire.Message, frozen=True, tag_field="type", tag="reached"):
    """A step is done; `at_ns` is the machine's monotonic clock."""

    step: str
    at_ns: int
    detail: str = ""
    marks: dict[str, int] = msgspec.field(default_factory=dict)
    """In the answer to Status: every step reached since the last sign-in began, and when."""


class Said(wire.Message, frozen=True):
    """A sentence of `hanare_core.sentences`: what happened and what to do now."""

    title: str
    next: str


class Refused(wire.Message, frozen=True, tag_field="type", tag="refused"):
    """Something was refused or has ended, and why."""

    code: Code
    at_ns: int
    detail: dict[str, str] = msgspec.field(default_factory=dict)
    ja: Said | None = None
    en: Said | None = None


Event = Reached | Refused


def refused(problem: Problem, *, at_ns: int, help_desk: str) -> Refused:
    """Return the event that tells a problem to programs and to people."""
    ja, en = (Said(*sentence(problem.code, language, help_desk=help_desk)) for language in LANGUAGES)
    return Refused(code=problem.code, at_ns=at_ns, detail=dict(problem.detail), ja=ja, en=en)


class Control:
    """Serves the socket; `handle` is called for each request, `tell` reaches every client."""

    def __init__(self, folder: Path, handle: Callable[[Request], Awaitable[None]]) -> None:
        self._path = folder / SOCKET
        self._handle = handle
        self._clients: set[asyncio.StreamWriter] = set()

    async def serve(self) -> None:
        """Serve until cancelled; the socket is open to its owner alone."""
        self._path.unlink(missing_ok=True)
        mask = os.umask(0o177)
        try:
            server = await asyncio.start_unix_server(self._client, self._path, limit=wire.MESSAGE_BYTES)
        finally:
            os.umask(mask)
        try:
            await asyncio.Event().wait()
        finally:
            server.close()
            for writer in self._clients:
                writer.close()

    def tell(self, event: Event) -> None:
        """Send an event to every client."""
        for writer in self._clients:
            writer.write(wire.encode(event) + b"\n")

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        try:
            while line := await reader.readline():
                await self._request(line, writer)
        except (OSError, ValueError) as error:  # gone, or a line beyond the limit
            _log.debug("control client left: %s", type(error).__name__)
        finally:
            self._clients.discard(writer)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _request(self, line: bytes, writer: asyncio.StreamWriter) -> None:
        try:
            request: Request = wire.decode(line, Request)
        except Problem as problem:
            writer.write(wire.encode(Refused(code=problem.code, at_ns=time.monotonic_ns())) + b"\n")
            return
        await self._handle(request)
