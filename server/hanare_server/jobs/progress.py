"""How far a job is, said by its worker; and the one moment in which it is still the worker's to finish.

Every sign of life is a conditional UPDATE: it finds no row once the job was cancelled or another worker has taken it
over, and then the worker leaves it. The end is written in the transaction of the work itself, with the row locked: so
work and end stand together or not at all, and a job that ran twice was done once.
"""

from typing import Final

from hanare_server.clock import now_ms
from hanare_server.jobs.models import Job

TELL_MS: Final = 250
"""Between two signs of life: a page that asks every second sees it move, and a row is not written for every line."""


class LostError(Exception):
    """The job was cancelled, or is another worker's."""


class Progress:
    """One worker's hold on one job."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._told_ms = 0

    def tell(self, done: int, total: int) -> None:
        """Say how many of how many are done; raises LostError."""
        now = now_ms()
        if now - self._told_ms >= TELL_MS:
            self._told_ms = now
            self._set(done=done, total=total, beat_ms=now)

    def writing(self) -> None:
        """Say that all is checked and that the writing begins; raises LostError."""
        self._set(writing=True, done=self._job.total, beat_ms=now_ms())

    def hold(self) -> None:
        """Lock the job within the work's own transaction; raises LostError."""
        mine = Job.objects.select_for_update().filter(pk=self._job.pk, claim=self._job.claim, state=Job.State.RUNNING)
        if mine.first() is None:
            raise LostError

    def end(self, state: str, result: dict[str, object]) -> None:
        """Write the end; raises LostError."""
        self._set(state=state, result=result, ended_ms=now_ms(), given=b"")

    def _set(self, **fields: object) -> None:
        mine = Job.objects.filter(pk=self._job.pk, claim=self._job.claim, state=Job.State.RUNNING)
        if not mine.update(**fields):
            raise LostError
