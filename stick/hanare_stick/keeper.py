"""Keeps the door on a line that works, and takes the session along.

A door that sends and hears nothing for SILENT_S looks for a line anew: another uplink, a network that now lets no UDP
out, a router that forgot, another gateway. The session's own line is touched only when another was found, so an outage
ends by itself. If the line is well and the server is not, the wait doubles, up to SILENT_MOST_S. From the carrier it
goes back to UDP when that works; it is asked at most every UDP_AGAIN_S, beside the running tunnel.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

from hanare_core import log_lines
from hanare_stick.door import Door
from hanare_stick.line import Line

SILENT_S: Final = 4.0
"""The channel's kernel asks after two seconds of silence and again each second: two answers are missing then."""

SILENT_MOST_S: Final = 60.0

UDP_AGAIN_S: Final = 600.0
"""Asking more often tears at homes where UDP never works."""

ANSWER_BYTES: Final = 96
"""Less is WireGuard's own keepalive: the line is well, but nobody behind the gateway answers."""

LOOK_S: Final = 0.5

_log = logging.getLogger(__name__)


async def keep(door: Door, moved: Callable[[Line], Awaitable[None]], *, udp_again_s: float = UDP_AGAIN_S) -> None:
    """Watch the door for ever; `moved` hears of each change of its line."""
    watch = _Watch(time.monotonic(), udp_again_s)
    while True:
        await asyncio.sleep(LOOK_S)
        before = door.line
        try:
            await watch.look(door)
        except OSError as error:
            log_lines.event(_log, logging.WARNING, "line not looked at", error=str(error))
        if door.line != before:
            log_lines.event(
                _log, logging.INFO, "line changed", before=before.name, now=door.line.name, gateway=door.line.gateway.id
            )
            await moved(door.line)


class _Watch:
    def __init__(self, now: float, udp_again_s: float) -> None:
        self._udp_again_s = udp_again_s
        self._patience_s = SILENT_S
        self._heard, self._heard_at, self._sent = -1, now, 0
        self._asked_udp_at = now

    async def look(self, door: Door) -> None:
        now = time.monotonic()
        received, sent = door.traffic()
        if received != self._heard:
            if self._heard >= 0 and received - self._heard >= ANSWER_BYTES:
                self._patience_s = SILENT_S
            self._heard, self._heard_at, self._sent = received, now, sent
        elif sent > self._sent and now - self._heard_at > self._patience_s:
            await self._reopen(door)
        if door.line.carried and now - self._asked_udp_at > self._udp_again_s:
            try:
                moved = await door.back_to_udp()
            finally:
                self._asked_udp_at = time.monotonic()
            log_lines.event(_log, logging.INFO, "UDP asked", answered=moved)

    async def _reopen(self, door: Door) -> None:
        found = await door.reopen()
        log_lines.event(
            _log,
            logging.INFO,
            "silent line asked again",
            answered=found,
            gateway=door.line.gateway.id,
            line=door.line.name,
        )
        self._patience_s = min(self._patience_s * 2, SILENT_MOST_S) if found else SILENT_S
        self._heard, self._heard_at = -1, time.monotonic()
        self._asked_udp_at = self._heard_at
