"""Keeps the world in step with the database: woken by the bell, and every POLL_S without one.

A first reading, and one after the database was away, are full; the others bring `revision > n`. The
bell is never trusted for more than a wake-up.
"""

import asyncio
import logging
import random
from typing import Final

from hanare_core import log_lines
from hanare_core.long_lived import keep_for_long
from hanare_hub import world
from hanare_hub.hall import Hall
from hanare_hub.rows import Database, DatabaseUnavailableError

POLL_S: Final = 2.0
"""Longest time that a missed bell costs."""

RETRY_S: Final = 1.0
"""Mean wait before an unreachable database is asked again; between half and one and a half of it."""

_log = logging.getLogger(__name__)


class Reader:
    """The loop between database and hall."""

    def __init__(self, database: Database, hall: Hall) -> None:
        self._database = database
        self._hall = hall
        self._bell = asyncio.Event()
        self._away = True

    def ring(self) -> None:
        """Wake the reader."""
        self._bell.set()

    async def run(self) -> None:
        """Read for ever."""
        while True:
            self._bell.clear()
            wait_s = POLL_S if await self._read() else _jittered(RETRY_S)
            await self._wait(wait_s)

    async def listen(self) -> None:
        """Hear the database's own bell for ever, where it has one."""
        while True:
            try:
                await self._database.listen(self.ring)
            except DatabaseUnavailableError as error:
                log_lines.event(_log, logging.WARNING, "bell of the database lost", error=str(error))
                await asyncio.sleep(_jittered(RETRY_S))
            else:
                return

    async def _read(self) -> bool:
        """Take over one reading; say whether the database answered."""
        try:
            reading = await self._database.read(self._hall.world.known, full=self._away, now_ms=world.now_ms())
        except DatabaseUnavailableError as error:
            if not self._away:
                log_lines.event(_log, logging.ERROR, "database away", error=str(error))
            self._away = True
            return False
        if self._away:
            log_lines.event(_log, logging.INFO, "database read", organisations=len(reading.changes))
        whole, self._away = self._away, False
        for applied in self._hall.world.apply(reading):
            self._hall.announce(applied)
        if whole:
            keep_for_long()
        return True

    async def _wait(self, wait_s: float) -> None:
        try:
            async with asyncio.timeout(wait_s):
                await self._bell.wait()
        except TimeoutError:
            return


def _jittered(mean_s: float) -> float:
    return mean_s * random.uniform(0.5, 1.5)  # noqa: S311 -- spreads load, guards nothing
