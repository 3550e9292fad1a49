"""Things imported from a CSV file or the office's directory: previewed, then carried out as a job that can be followed.

Reader, plan, digest and job are the console's own. Each import is a job, however short: one way for programs.
"""

import base64
import binascii
from enum import StrEnum
from typing import Any, Final

from django.http import HttpRequest
from ninja import Query, Router

from hanare_core.problems import Code, Problem
from hanare_server.api.bearer import account_of
from hanare_server.api.demands import answers, demands
from hanare_server.api.import_shapes import (
    Confirmed,
    Difference,
    DirectoryPreview,
    FaultyRow,
    Given,
    ImportPreview,
    JobRow,
    PlannedRow,
    Shown,
)
from hanare_server.api.reads import page, rows
from hanare_server.api.shapes import Page, Standing, Wish
from hanare_server.api.things import Identifier
from hanare_server.console import scope
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission
from hanare_server.directory.transfer import job, plan, text
from hanare_server.directory.transfer.kinds import TRANSFERS, Transfer
from hanare_server.jobs import asked
from hanare_server.jobs.models import Job
from hanare_server.ldap_directory import people

ROWS_SHOWN: Final = 200
"""Rows of a preview, and names that are absent; a program wants the figures and the faults."""

router = Router()


class Files(StrEnum):
    """What comes by file."""

    DEPARTMENTS = "departments"
    OFFICE_PCS = "office-pcs"
    STICKS = "sticks"
    USERS = "users"


_TRANSFERS: Final = {Files(transfer.kind.word): transfer for transfer in TRANSFERS}
_EDIT: Final = Permission.DIRECTORY_EDIT


@router.post("/imports/{files}/preview", response=answers(ImportPreview), **demands(_EDIT))
def preview(request: HttpRequest, files: Files, given: Given) -> ImportPreview:
    """Tell what a file would do, and every row that is wrong; nothing is changed."""
    return ImportPreview(**_shown(account_of(request), _TRANSFERS[files], _raw(given)))


@router.post("/imports/{files}", response=answers(JobRow), **demands(_EDIT))
def carry_out(request: HttpRequest, files: Files, confirmed: Confirmed) -> JobRow:
    """Have a file that was previewed imported, all or nothing; refused when it would now do something else."""
    raw = _raw(confirmed)
    _readable(raw)
    return _job(account_of(request), _TRANSFERS[files], raw, confirmed.shown)


@router.post("/directory/preview", response=answers(DirectoryPreview), **demands(_EDIT))
def preview_directory(request: HttpRequest) -> DirectoryPreview:
    """Tell what taking the users over from the office's directory would do; 404 where the office has none."""
    account = account_of(request)
    found = people.read(account)
    absent = [user.name for user in found.absent[:ROWS_SHOWN]]
    return DirectoryPreview(**_shown(account, people.USERS, found.file), absent=absent)


@router.post("/directory/sync", response=answers(JobRow), **demands(_EDIT))
def sync(request: HttpRequest, wanted: Shown) -> JobRow:
    """Take them over as previewed; refused when the directory or the users are not as they were then."""
    account = account_of(request)
    return _job(account, people.USERS, people.read(account).file, wanted.shown)


@router.get("/jobs", response=answers(Page[JobRow]), **demands(_EDIT))
def listed(request: HttpRequest, wish: Query[Wish]) -> Page[JobRow]:
    """List jobs, also those that have ended."""
    return page(rows(request, Job, wish), wish, _row)


@router.get("/jobs/{identifier}", response=answers(JobRow), **demands(_EDIT))
def one(request: HttpRequest, identifier: Identifier) -> JobRow:
    """Tell how far a job is."""
    return _row(scope.one(account_of(request), Job, identifier))


@router.post("/jobs/{identifier}/cancel", response=answers(Standing), **demands(_EDIT))
def cancel(request: HttpRequest, identifier: Identifier) -> Standing:
    """End a job that has not ended; 409 when it has."""
    if not asked.cancel(scope.one(account_of(request), Job, identifier)):
        raise Problem(Code.CONFLICT)
    return Standing(state=Job.State.CANCELLED.value)


def _shown(account: Administrator, transfer: Transfer, raw: bytes) -> dict[str, Any]:
    made = plan.plan(transfer.reader(account), _readable(raw))
    return {
        "added": made.added,
        "changed": made.changed,
        "unchanged": made.unchanged,
        "faulty": len(made.faults),
        "faults": [FaultyRow(**fault._asdict()) for fault in made.faults[: plan.FAULTS_SHOWN]],
        "rows": [_planned(step) for step in made.steps[:ROWS_SHOWN]],
        "shown": plan.digest(made),
    }


def _planned(step: plan.Step) -> PlannedRow:
    changes = [
        Difference(column=column, before=before, after=after) for column, (before, after) in step.differences.items()
    ]
    return PlannedRow(name=str(step.row), added=step.added, differences=changes)


def _raw(given: Given) -> bytes:
    try:
        return base64.b64decode(given.file, validate=True)
    except binascii.Error as error:
        raise Problem(Code.MALFORMED, detail={"path": "body.file"}) from error


def _readable(raw: bytes) -> list[list[str]]:
    try:
        return text.read(raw)
    except text.UnreadableError as error:
        detail = {"path": "body.file", "fault": error.fault, "line": str(error.line)}
        raise Problem(Code.MALFORMED, detail=detail) from error


def _job(account: Administrator, transfer: Transfer, raw: bytes, shown: str) -> JobRow:
    return _row(asked.ask(account, job.KIND, transfer.kind.word, raw, shown=shown))


def _row(row: Job) -> JobRow:
    return JobRow(
        id=row.pk,
        kind=row.kind,
        subject=row.subject,
        state=row.state,
        done=row.done,
        total=row.total,
        result=row.result,
        asked_by=row.asked_by_id,
        asked_ms=row.asked_ms,
        ended_ms=row.ended_ms,
    )
