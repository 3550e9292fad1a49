"""Follows the office's gateways: where the session is placed, and which it has to leave.

The session goes where the door goes. The door leaves a gateway that falls silent by itself (`keeper`); here it leaves
one that the session was not placed at, and one that the hub has lost: its leases end although its tunnel works.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable

from hanare_core import log_lines
from hanare_core.messages.api import SessionAnswer
from hanare_core.messages.stick import Away
from hanare_core.site import GatewaySite
from hanare_stick.door import Door
from hanare_stick.line import Line
from hanare_stick.session import Session

_log = logging.getLogger(__name__)


class Follow:
    """`session` returns the open session, `note` tells the screen.

    `changed` is called when the door has come to another gateway: its address is another, so what was connected
    through it carries nothing any more.
    """

    def __init__(
        self,
        session: Callable[[], Session | None],
        note: Callable[[str, str], None],
        changed: Callable[[], Awaitable[None]],
    ) -> None:
        self._session = session
        self._note = note
        self._changed = changed
        self._door: Door | None = None
        self._gateway = ""
        self._work: asyncio.Task[None] | None = None

    async def opened(self, door: Door, gateways: Iterable[GatewaySite]) -> None:
        """Take the door that was opened; join it with the session that an earlier agent left."""
        self._door, self._gateway = door, door.line.gateway.id
        session = self._session()
        if session is None:
            return
        door.preferred = frozenset(path.gateway for path in session.facts.paths)
        with contextlib.suppress(OSError):
            key = session.gateway_key()
            here = next((gateway.id for gateway in gateways if gateway.wireguard_key == key), "")
            await door.go_to(here)
            if door.line.gateway.wireguard_key != key:
                await self.moved(door.line)

    def heard(self, message: Away) -> None:
        """Leave a gateway that the hub has lost; the newest word counts."""
        self.stop()
        self._work = asyncio.create_task(self._leave(frozenset(message.gateways)))

    async def placed(self, door: Door, answer: SessionAnswer) -> None:
        """Take the door to the gateway at which the session was placed."""
        door.preferred = frozenset(path.gateway for path in answer.paths)
        await door.go_to(answer.paths[0].gateway)
        await self._arrived(door.line)

    async def moved(self, line: Line) -> None:
        """Take the session's tunnel along to the door's new line."""
        session = self._session()
        if session is not None:
            try:
                await session.move(line)
            except OSError as error:
                log_lines.event(_log, logging.WARNING, "session not moved", error=str(error))
        self._note("line", line.name)
        await self._arrived(line)

    def stop(self) -> None:
        """Let go of what is under way."""
        if self._work is not None:
            self._work.cancel()

    async def _arrived(self, line: Line) -> None:
        if line.gateway.id != self._gateway:
            self._gateway = line.gateway.id
            await self._changed()

    async def _leave(self, away: frozenset[str]) -> None:
        """Go with the session to its other gateway, if that is the better one."""
        door, session = self._door, self._session()
        if door is None or session is None or door.line.gateway.id not in away:
            return
        others = [path.gateway for path in session.facts.paths if path.gateway not in away]
        if others:
            await door.go_to(others[0])
            await self.moved(door.line)
