"""Which resumptions take two people: of what is lost or copied, of many, and of what two people have stopped.

What one administrator has resumed alone within the hour counts together, as stops do: five at a time is a hundred too.
Looked at before a button becomes a request, and again inside the act that resumes.
"""

from collections.abc import Sequence

from django.db.models import QuerySet

from hanare_server.access.bulk import guarded_sticks, is_many
from hanare_server.access.standing import AGREED, Kind
from hanare_server.approvals.models import MassStop
from hanare_server.audit.log import Act, Actor, ActorKind
from hanare_server.audit.models import AuditRow
from hanare_server.clock import HOUR_MS, now_ms


def takes_two(organisation: str, actor: Actor, kind: Kind, identifiers: Sequence[str]) -> bool:
    """Return whether this administrator may not resume these alone; the server's own shell and worker always may."""
    if actor.kind is not ActorKind.ADMINISTRATOR or kind is Kind.SESSION or not identifiers:
        return False
    if kind is Kind.STICK and guarded_sticks(organisation, identifiers):
        return True
    together = {*identifiers, *_lately(organisation, actor, kind)}
    return is_many(organisation, kind.value, sorted(together)) or _were_stopped_by_two(organisation, kind, identifiers)


def _lately(organisation: str, actor: Actor, kind: Kind) -> set[str]:
    """Return what the account has resumed alone within the hour."""
    rows = _resumed(organisation, kind).filter(actor=actor.id, time_ms__gt=now_ms() - HOUR_MS)
    return {thing for thing, detail in rows.values_list("object", "detail") if AGREED not in detail}


def _were_stopped_by_two(organisation: str, kind: Kind, identifiers: Sequence[str]) -> bool:
    """Return whether any of these stands by a stop that a second person has confirmed, and was not resumed since."""
    confirmed = MassStop.objects.filter(organisation=organisation, kind=kind.value, state=MassStop.State.CONFIRMED)
    for listed, stopped_ms in confirmed.values_list("identifiers", "stopped_ms"):
        found = set(identifiers) & set(listed)
        since = _resumed(organisation, kind).filter(object__in=found, time_ms__gt=stopped_ms)
        if found - set(since.values_list("object", flat=True)):
            return True
    return False


def _resumed(organisation: str, kind: Kind) -> QuerySet[AuditRow]:
    return AuditRow.objects.filter(organisation=organisation, act=Act.RESUMED.value, object_kind=kind.value)
