"""One piece of work at a time, that can be ended with a reason."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from hanare_core import log_lines
from hanare_core.problems import Code, Problem

_log = logging.getLogger(__name__)


class Work:
    """Runs one coroutine at a time; `finished` hears why it ended (None: it was done) before the next may start."""

    def __init__(self, finished: Callable[[Problem | None], Coroutine[Any, Any, None]]) -> None:
        self._finished = finished
        self._task: asyncio.Task[None] | None = None
        self._reason: Code | None = None

    @property
    def busy(self) -> bool:
        """Whether a piece of work runs."""
        return self._task is not None and not self._task.done()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Start the work; raise Problem(OUT_OF_ORDER) when another runs."""
        if self.busy:
            work.close()
            raise Problem(Code.OUT_OF_ORDER)
        self._reason = None
        self._task = asyncio.create_task(self._guarded(work))

    def cancel(self, reason: Code) -> None:
        """End it now; `finished` hears the reason."""
        if self._task is not None and self.busy:
            self._reason = reason
            self._task.cancel()

    async def stop(self, reason: Code) -> None:
        """End it and wait until everything that hangs on it is cleaned up."""
        self.cancel(reason)
        if self._task is not None and self.busy:
            await asyncio.wait([self._task])

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            problem = await outcome(work)
        except asyncio.CancelledError:
            problem = Problem(self._reason or Code.ENDED_BY_USER)
        await self._finished(problem)


async def outcome(work: Coroutine[Any, Any, None]) -> Problem | None:
    """Do the work and return why it failed; None: it was done. What nobody foresaw is logged, so that nobody waits."""
    try:
        await work
    except Problem as problem:
        return problem
    except Exception as error:  # noqa: BLE001 - the person hears of it and goes on; the log has its place
        log_lines.failure(_log, "work failed", error)
        return Problem(Code.INTERNAL, detail={"part": "stick"})
    return None
