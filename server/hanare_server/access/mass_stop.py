"""Notes a stop of many by one administrator, in the stop's own act, and lets it lapse when nobody confirms it.

What one account has stopped within the hour counts together: five hundred single stops are a stop of five hundred.
A lapse resumes what this stop has suspended and nobody has suspended since; a lost or copied stick stays suspended.
"""

from typing import Final

from django.db.models import QuerySet

from hanare_server import identifiers
from hanare_server.access.act import OpenAct, act
from hanare_server.access.bulk import guarded_sticks, is_many
from hanare_server.access.standing import Kind, go_on
from hanare_server.approvals.models import MassStop
from hanare_server.audit.log import SYSTEM, Act, ActorKind, Thing
from hanare_server.audit.models import AuditRow
from hanare_server.clock import now_ms
from hanare_server.directory.models import Department, Organisation, Stick, User

LAPSE_MS: Final = 60 * 60 * 1000
"""So long a stop of many holds by one person's word; long enough to reach a second one on the telephone."""


def note(opened: OpenAct, kind: Kind) -> None:
    """Look, after a stop was written, whether the account's stops of the last hour are many."""
    if opened.actor.kind is not ActorKind.ADMINISTRATOR or kind is Kind.SESSION:
        return
    opened.store_audit()
    now, organisation = now_ms(), opened.organisation.pk
    stopped = set(
        _stops(organisation, kind)
        .filter(actor=opened.actor.id, time_ms__gt=now - LAPSE_MS)
        .values_list("object", flat=True)
    )
    if not is_many(organisation, kind.value, sorted(stopped)):
        return  # as nearly always, with no more questions: the stop waits for each
    known = MassStop.objects.filter(
        organisation=organisation, stopped_by=opened.actor.id, kind=kind.value, stopped_ms__gt=now - LAPSE_MS
    )
    covered = {identifier for listed in known.values_list("identifiers", flat=True) for identifier in listed}
    found = sorted(stopped - covered)
    if not is_many(organisation, kind.value, found):
        return
    row = MassStop.objects.create(
        id=identifiers.new("mas"),
        organisation=opened.organisation,
        kind=kind.value,
        identifiers=found,
        stopped_by_id=opened.actor.id,
        stopped_ms=now,
        lapses_ms=now + LAPSE_MS,
    )
    opened.write(Act.MASS_STOPPED, Thing("request", row.pk), {"kind": kind.value, "count": str(len(found))})


def round_of(organisation: Organisation) -> int:
    """Let lapse what nobody has confirmed in time; return how many stops lapsed."""
    over = MassStop.objects.filter(
        organisation=organisation, state=MassStop.State.STANDING, lapses_ms__lte=now_ms()
    ).values_list("pk", flat=True)
    return sum(_lapse(organisation.pk, identifier) for identifier in list(over))


def _lapse(organisation: str, identifier: str) -> bool:
    with act(organisation, SYSTEM) as opened:
        row = MassStop.objects.get(pk=identifier)
        if row.state != MassStop.State.STANDING:
            return False
        kind = Kind(row.kind)
        row.state = MassStop.State.LAPSED
        row.save(update_fields=["state"])
        later = _stops(organisation, kind).filter(object__in=row.identifiers, time_ms__gt=row.stopped_ms)
        kept = {*later.values_list("object", flat=True), *guarded_sticks(organisation, row.identifiers)}
        found = [one for one in _still_stopped(opened, kind, row.identifiers) if one not in kept]
        opened.write(Act.STOP_LAPSED, Thing("request", row.pk), {"resumed": str(len(found))})
        go_on(opened, kind, found)
    return True


def _stops(organisation: str, kind: Kind) -> QuerySet[AuditRow]:
    return AuditRow.objects.filter(organisation=organisation, act=Act.SUSPENDED.value, object_kind=kind.value)


def _still_stopped(opened: OpenAct, kind: Kind, identifiers: list[str]) -> list[str]:
    organisation = opened.organisation
    if kind is Kind.ORGANISATION:
        return identifiers if organisation.state == Organisation.State.OFF else []
    rows: dict[Kind, QuerySet[Stick] | QuerySet[User] | QuerySet[Department]] = {
        Kind.STICK: Stick.objects.filter(state=Stick.State.SUSPENDED),
        Kind.USER: User.objects.filter(state=User.State.SUSPENDED),
        Kind.DEPARTMENT: Department.objects.filter(suspended=True),
    }
    return [
        str(pk) for pk in rows[kind].filter(organisation=organisation, pk__in=identifiers).values_list("pk", flat=True)
    ]
