"""Asking for long work, and cancelling it."""

import zlib
from typing import Final

from django.conf import settings
from django.utils.translation import get_language

from hanare_core.problems import Code, Problem
from hanare_server import identifiers
from hanare_server.clock import now_ms
from hanare_server.console.models import Administrator
from hanare_server.jobs.models import Job

MOST_LIVING: Final = 10
"""Jobs of an organisation that wait or run: one person asks for a few, and each holds megabytes."""


def ask(account: Administrator, kind: str, subject: str, given: bytes, *, shown: str) -> Job:
    """Write the job down for the worker, who speaks the reader's language; raises Problem(CONFLICT) for too many."""
    living = Job.objects.filter(organisation=account.here, state__in=(Job.State.WAITING, Job.State.RUNNING))
    if living.count() >= MOST_LIVING:
        raise Problem(Code.CONFLICT)
    return Job.objects.create(
        id=identifiers.new("job"),
        organisation=account.here,
        asked_by=account,
        kind=kind,
        subject=subject,
        given=zlib.compress(given),
        shown=shown,
        language=get_language() or settings.LANGUAGE_CODE,
        asked_ms=now_ms(),
    )


def cancel(job: Job) -> bool:
    """End a job that has not ended; return False when it has. Its worker notices before it writes anything."""
    living = Job.objects.filter(pk=job.pk, state__in=(Job.State.WAITING, Job.State.RUNNING))
    return bool(living.update(state=Job.State.CANCELLED, ended_ms=now_ms(), given=b""))
