"""An import as a job: checked row by row with progress, then written in one transaction, all or nothing.

What its asker was shown is carried out, or nothing is. Between checking and writing the organisation's lock is taken;
when its audit log has grown by then (no row, no act), somebody may have changed something, and all is checked again.
"""

import zlib
from typing import Final

from hanare_core.problems import Code, Problem
from hanare_server.access.act import act
from hanare_server.audit.log import Actor, ActorKind
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission, may
from hanare_server.directory.models import Organisation
from hanare_server.directory.transfer import plan, text
from hanare_server.directory.transfer.kinds import TRANSFERS, Transfer
from hanare_server.jobs.models import Job
from hanare_server.jobs.progress import Progress

KIND: Final = "import"

JOB_ROWS: Final = 500
"""A file of more rows than this is a job: fewer are written within a second, while the browser waits."""

DIGEST_CHARACTERS: Final = 64

_TRANSFERS: Final = {transfer.kind.word: transfer for transfer in TRANSFERS}


def run(job: Job, progress: Progress) -> None:
    """Carry the import out; raises LostError, or Problem when its asker may not do it any more."""
    account, transfer = _asker(job), _TRANSFERS[job.subject]
    rows = text.read(zlib.decompress(job.given))
    seen = Organisation.objects.values_list("audit_number", flat=True).get(pk=job.organisation_id)
    made = plan.plan(transfer.reader(account), rows, progress.tell)
    progress.writing()
    with act(job.organisation_id, Actor(ActorKind.ADMINISTRATOR, account.pk)) as opened:
        progress.hold()
        if opened.organisation.audit_number != seen:
            made = plan.plan(transfer.reader(account), rows)
        if made.faults or plan.digest(made) != job.shown:
            progress.end(Job.State.REFUSED, {})
            return
        plan.carry_out(opened, made)
        progress.end(Job.State.DONE, {"added": made.added, "changed": made.changed})


def transfer_of(job: Job) -> Transfer:
    """Return the kind that is imported."""
    return _TRANSFERS[job.subject]


def _asker(job: Job) -> Administrator:
    account = job.asked_by
    if not (account.is_active and may(account.role, Permission.DIRECTORY_EDIT)):
        raise Problem(Code.NOT_PERMITTED)
    return account
