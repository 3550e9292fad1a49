"""Seals the audit logs: whenever a log has grown keyd signs a checkpoint of its newest row.

Rows are chained already as they are written; the seal is what somebody with the database in hand cannot make anew. keyd
refuses one for a log that went back, which shows here as an error that repeats until somebody looks.
"""

import logging
from typing import Final

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from hanare_core import log_lines
from hanare_core.messages import keyd
from hanare_core.problems import Problem
from hanare_server import keyd_client
from hanare_server.audit.models import AuditRow, Checkpoint
from hanare_server.directory.models import Organisation

_log: Final = logging.getLogger(__name__)


def seal_all() -> int:
    """Seal every log that has grown since its last checkpoint; return how many were sealed."""
    return sum(seal(organisation) for organisation in _grown())


def seal(organisation: Organisation) -> bool:
    """Have the newest row signed and keep the checkpoint; say whether that was done."""
    newest = AuditRow.objects.filter(organisation=organisation).order_by("-number").first()
    if newest is None:
        return False
    request = keyd.CheckpointRequest(organisation.pk, newest.number, newest.row_hash)
    try:
        signed = keyd_client.ask(request, keyd.CheckpointAnswer).signed
    except Problem as problem:
        log_lines.event(
            _log, logging.ERROR, "audit log not sealed", organisation=organisation.pk, code=problem.code.value
        )
        return False
    Checkpoint.objects.get_or_create(
        organisation=organisation, number=newest.number, defaults={"row_hash": newest.row_hash, "signed": signed}
    )
    return True


def newest_checkpoint(organisation: Organisation) -> Checkpoint | None:
    """Return the newest checkpoint, if there is one."""
    return Checkpoint.objects.filter(organisation=organisation).order_by("-number").first()


def _grown() -> QuerySet[Organisation]:
    newest = Checkpoint.objects.filter(organisation=OuterRef("pk")).order_by("-number").values("number")[:1]
    sealed = Coalesce(Subquery(newest), 0)
    return Organisation.objects.annotate(sealed=sealed).filter(audit_number__gt=F("sealed"))
