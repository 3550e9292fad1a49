"""The worker's side: takes the oldest job that waits, or whose worker has died, and runs it.

A worker that gives no sign of life for STALE_MS has died or will find its claim gone: its transaction, if it had one,
was rolled back by the database, so the next worker begins anew. A job that has killed its worker ATTEMPTS times fails.
"""

import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Final

from django.db import OperationalError
from django.db.models import F, Q
from django.utils import translation

from hanare_core import log_lines
from hanare_core.problems import Problem
from hanare_server.clock import now_ms
from hanare_server.directory.transfer import job as transfer
from hanare_server.jobs.models import CLAIM_CHARACTERS, Job
from hanare_server.jobs.progress import LostError, Progress

STALE_MS: Final = 10_000
"""Forty times the interval of signs of life: a busy machine is not a dead worker."""

ATTEMPTS: Final = 3

Runner = Callable[[Job, Progress], None]

RUNNERS: Final[Mapping[str, Runner]] = {transfer.KIND: transfer.run}

_log: Final = logging.getLogger(__name__)


def work() -> bool:
    """Do one job, if there is one to do; return whether there was."""
    job = _claim()
    if job is None:
        return False
    progress = Progress(job)
    try:
        with translation.override(job.language):
            _run(job, progress)
    except LostError:
        log_lines.event(_log, logging.INFO, "a job was cancelled or taken over", job=job.pk)
    return True


def _run(job: Job, progress: Progress) -> None:
    if job.attempts > ATTEMPTS:
        progress.end(Job.State.FAILED, {})
        return
    try:
        RUNNERS[job.kind](job, progress)
    except (LostError, OperationalError):
        raise
    except Problem as problem:
        progress.end(Job.State.REFUSED, {"code": problem.code.value})
    except Exception:  # noqa: BLE001 a fault of ours in one job must not stop the others
        _log.exception("a job failed")
        progress.end(Job.State.FAILED, {})


def _claim() -> Job | None:
    """Put a claim of our own on a job; of several workers that try, one finds the row as it was."""
    dead = Q(state=Job.State.RUNNING, beat_ms__lt=now_ms() - STALE_MS)
    free = Q(state=Job.State.WAITING) | dead
    found = Job.objects.filter(free).order_by("asked_ms", "pk").values_list("pk", flat=True).first()
    claim = secrets.token_hex(CLAIM_CHARACTERS // 2)
    mine = {"state": Job.State.RUNNING, "claim": claim, "beat_ms": now_ms(), "writing": False, "done": 0}
    if found is None or not Job.objects.filter(free, pk=found).update(attempts=F("attempts") + 1, **mine):
        return None
    return Job.objects.select_related("organisation", "asked_by__organisation").get(pk=found)
