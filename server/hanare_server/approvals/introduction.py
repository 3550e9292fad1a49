"""Who has handed whom the first password lately: for a week these two are no two people yet.

Whoever issues a first password has read it, could enter the account in its owner's place, enrol a factor of their own,
and be both persons of an approval. The owner, who then never gets in, and who is told by mail, has noticed within a
week; until then neither of the two decides for the other, and an office of these two alone is one with a single
administrator. Read from the audit log, which nobody shortens. Nobody knows who held a sealed code's envelope: what its
account has issued counts as issued by everybody.
"""

from typing import Final

from django.db.models import Q, QuerySet

from hanare_server.audit.log import Act
from hanare_server.audit.models import AuditRow
from hanare_server.clock import DAY_MS, now_ms
from hanare_server.console.models import Administrator

WAIT_MS: Final = 7 * DAY_MS
"""As long as somebody who was locked out may take to notice (`hanare_server.approvals.solitude`)."""


def until_ms(one: Administrator, other: Administrator) -> int:
    """Return until when these two do not decide for each other; 0: neither has handed the other a password lately."""
    rows = AuditRow.objects.filter(
        organisation=one.organisation_id, act=Act.FIRST_PASSWORD_ISSUED.value, time_ms__gt=now_ms() - WAIT_MS
    )
    handed = list(rows.values_list("actor", "object", "time_ms"))
    if not handed:
        return 0
    first, second = _of(one), _of(other)
    sealed = set(_here(one).filter(sealed_until_ms__isnull=False).values_list("pk", flat=True))
    times = [
        time_ms
        for actor, entered, time_ms in handed
        if (actor in first | sealed and entered in second) or (actor in second | sealed and entered in first)
    ]
    return max(times) + WAIT_MS if times else 0


def _of(account: Administrator) -> set[str]:
    """Return all accounts of the account's natural person."""
    own = Q(pk=account.pk) | Q(person=account.person) if account.person else Q(pk=account.pk)
    return set(_here(account).filter(own).values_list("pk", flat=True))


def _here(account: Administrator) -> QuerySet[Administrator]:
    return Administrator.objects.filter(organisation=account.organisation_id)
