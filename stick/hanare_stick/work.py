"""One piece of work at a time, that can be ended with a reason."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from hanare_core.problems import Code, Problem


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
        problem: Problem | None = None
        try:
            await work
        except Problem as raised:
            problem = raised
        except OSError:
            problem = Problem(Code.INTERNAL, detail={"part": "stick"})
        except asyncio.CancelledError:
            problem = Problem(self._reason or Code.ENDED_BY_USER)
        await self._finished(problem)
