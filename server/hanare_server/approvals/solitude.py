"""Who has made an office's administrators fewer: read from the audit log, which nobody shortens.

Closing, demoting or resetting somebody takes one person and must stay quick. So that it is no way to become the only
administrator, who has done it to an approver waits a week before deciding anything alone; an auditor who was closed or
demoted is told as before.
"""

from typing import Final

from django.db.models import Q, QuerySet

from hanare_server.audit.log import Act, ActorKind
from hanare_server.audit.models import AuditRow
from hanare_server.clock import DAY_MS, now_ms
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission, Role, may

WAIT_MS: Final = 7 * DAY_MS
"""Somebody who was locked out, or their superior, has noticed within a week of work."""

_ACTS: Final = (Act.ACCOUNT_CLOSED, Act.ACCOUNT_RESET, Act.CHANGED)


def until_ms(account: Administrator) -> int:
    """Return until when this person decides nothing alone; 0: they have touched no approver within WAIT_MS.

    What a sealed code's account did counts for everybody: nobody knows who held the envelope.
    """
    here = Administrator.objects.filter(organisation=account.organisation_id)
    own = here.filter(Q(pk=account.pk) | Q(sealed_until_ms__isnull=False))
    same = own | here.filter(person=account.person) if account.person else own
    rows = _touched(account.organisation_id).filter(
        actor_kind=ActorKind.ADMINISTRATOR.value, actor__in=same.values_list("pk", flat=True)
    )
    times = [row.time_ms for row in rows.exclude(object=account.pk) if may(_role_before(row), Permission.APPROVE)]
    return max(times) + WAIT_MS if times else 0


def former_auditors(organisation: str) -> set[str]:
    """Return the accounts that were auditors until somebody closed, demoted or reset them within WAIT_MS."""
    return {row.object for row in _touched(organisation) if _role_before(row) == Role.AUDITOR}


def _touched(organisation: str) -> QuerySet[AuditRow]:
    rows = AuditRow.objects.filter(organisation=organisation, object_kind="administrator", act__in=_ACTS)
    return rows.filter(time_ms__gt=now_ms() - WAIT_MS)


def _role_before(row: AuditRow) -> str:
    """Return the role that the account had: the log has it alone, or as “before → after”."""
    return str(row.detail.get("role", "")).partition(" → ")[0]
