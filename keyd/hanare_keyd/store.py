"""The database's one writer: a thread that puts waiting operations into one transaction and one fsync.

Each operation runs under a savepoint of its own: if it raises, its writes alone are undone. Nobody gets a result before
the commit that holds it, so an evaluation never precedes its count. The time of a transaction is read once: `wall_ms`
from the clock, and `count_ms`, which is never lower than the highest time ever committed, so that a clock set
back ages no attempt. (A clock set forward does; only who rules the server's clock can do that.)
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from hanare_keyd import schema

BATCH_OPERATIONS: Final = 64
"""Most operations in one transaction: bounds how long the first one waits for the last."""

T = TypeVar("T")
Clock = Callable[[], int]
"""Returns Unix time in milliseconds."""


@dataclass(frozen=True)
class Moment:
    """One transaction and its time, Unix milliseconds."""

    database: sqlite3.Connection
    wall_ms: int
    count_ms: int


class Store:
    """The database of a running keyd."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._clock = clock
        self._writer = schema.connect(path)
        self._reader = schema.connect(path)
        self._jobs: queue.SimpleQueue[_Job[Any] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="keyd-store", daemon=True)
        self._thread.start()

    @property
    def reader(self) -> sqlite3.Connection:
        """A connection that sees the last commit; for single reads in the event loop's thread."""
        return self._reader

    def now_ms(self) -> int:
        """Return the wall clock."""
        return self._clock()

    async def write(self, operation: Callable[[Moment], T], *, destroys: bool = False) -> T:
        """Run the operation in the next transaction; return its result, or raise its error, after the commit.

        destroys: it erases keys; the result comes only when the write-ahead log holds no older copy of their pages.
        """
        job = _Job(operation, destroys=destroys)
        self._jobs.put(job)
        return await asyncio.wrap_future(job.future)

    def close(self) -> None:
        """Finish what was asked, then close."""
        self._jobs.put(None)
        self._thread.join()
        self._writer.close()
        self._reader.close()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            jobs, ended = self._gather(job)
            self._run(jobs)
            if ended:
                return

    def _gather(self, first: "_Job[Any]") -> tuple[list["_Job[Any]"], bool]:
        jobs = [first]
        while len(jobs) < BATCH_OPERATIONS:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return jobs, True
            jobs.append(job)
        return jobs, False

    def _run(self, jobs: list["_Job[Any]"]) -> None:
        try:
            moment = self._begin()
            for job in jobs:
                job.run(moment)
            self._writer.execute("COMMIT")
            if any(job.destroys for job in jobs):
                self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it; the thread goes on
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            for job in jobs:
                job.future.set_exception(error)
            return
        for job in jobs:
            job.settle()

    def _begin(self) -> Moment:
        self._writer.execute("BEGIN IMMEDIATE")
        wall_ms = self._clock()
        self._writer.execute("UPDATE clock SET highest_ms = ? WHERE highest_ms < ?", (wall_ms, wall_ms))
        count_ms: int = self._writer.execute("SELECT highest_ms FROM clock").fetchone()[0]
        return Moment(self._writer, wall_ms, count_ms)


class _Job(Generic[T]):
    """One operation, its outcome, and who waits for it."""

    def __init__(self, operation: Callable[[Moment], T], *, destroys: bool) -> None:
        self.future: Future[T] = Future()
        self.future.set_running_or_notify_cancel()  # a waiter that gives up must not undo what was counted
        self.destroys = destroys
        self._operation = operation
        self._outcome: Callable[[], object] = self.future.cancel

    def run(self, moment: Moment) -> None:
        """Run under a savepoint; keep the outcome for settle()."""
        moment.database.execute("SAVEPOINT operation")
        try:
            self._outcome = partial(self.future.set_result, self._operation(moment))
        except Exception as error:  # noqa: BLE001 - handed to whoever waits
            self._outcome = partial(self.future.set_exception, error)
            moment.database.execute("ROLLBACK TO operation")
        moment.database.execute("RELEASE operation")

    def settle(self) -> None:
        """Hand the outcome over; only after the commit."""
        self._outcome()


def once(path: Path, clock: Clock, operation: Callable[[Moment], T]) -> T:
    """Run one operation in a transaction of its own, beside a running keyd: for the admin command."""
    store = Store(path, clock)
    try:
        return asyncio.run(store.write(operation))
    finally:
        store.close()
