"""Notes a stop of many by one administrator, and lets it lapse when nobody confirms it.

What one account has stopped within the hour counts together: five hundred single stops are a stop of five hundred. The
stop itself waits for none of this: one looks after its act, and the worker looks again, should the process have died
in between. A lapse resumes what this stop has suspended and nobody has suspended since; a lost or copied stick stays
suspended.
"""

from typing import Final

from django.db.models import QuerySet

from hanare_server import identifiers
from hanare_server.access.act import OpenAct, act
from hanare_server.access.bulk import guarded_sticks, is_many
from hanare_server.access.standing import Kind, go_on
from hanare_server.approvals.models import MassStop
from hanare_server.audit.log import SYSTEM, Act, Actor, ActorKind, Thing
from hanare_server.audit.models import AuditRow
from hanare_server.clock import HOUR_MS, now_ms
from hanare_server.directory.models import Department, Organisation, Stick, User

LAPSE_MS: Final = HOUR_MS
"""So long a stop of many holds by one person's word; long enough to reach a second one on the telephone."""


def look(organisation: str, actor: Actor, kind: Kind) -> None:
    """Note, after a stop's act, that the account's stops of the last hour are many, if they are and nobody has yet."""
    if actor.kind is not ActorKind.ADMINISTRATOR or kind is Kind.SESSION:
        return
    if not is_many(organisation, kind.value, sorted(_stopped_lately(organisation, actor, kind))):
        return
    with act(organisation, actor) as opened:
        stopped = _stopped_lately(organisation, actor, kind)
        found = sorted(stopped.keys() - _noted_lately(organisation, actor, kind))
        if is_many(organisation, kind.value, found):
            _note(opened, kind, found, max(stopped[one] for one in found))


def round_of(organisation: Organisation) -> int:
    """Note what is not noted yet, and let lapse what nobody has confirmed in time; return how many stops lapsed."""
    for actor, kind in _who_stopped_lately(organisation.pk):
        look(organisation.pk, Actor(ActorKind.ADMINISTRATOR, actor), Kind(kind))
    over = MassStop.objects.filter(
        organisation=organisation, state=MassStop.State.STANDING, lapses_ms__lte=now_ms()
    ).values_list("pk", flat=True)
    return sum(_lapse(organisation.pk, identifier) for identifier in list(over))


def _stopped_lately(organisation: str, actor: Actor, kind: Kind) -> dict[str, int]:
    """Return what the account has stopped within the hour, and when last (server time, ms)."""
    rows = _stops(organisation, kind).filter(actor=actor.id, time_ms__gt=now_ms() - LAPSE_MS)
    return dict(rows.order_by("number").values_list("object", "time_ms"))


def _noted_lately(organisation: str, actor: Actor, kind: Kind) -> set[str]:
    known = MassStop.objects.filter(
        organisation=organisation, stopped_by=actor.id, kind=kind.value, stopped_ms__gt=now_ms() - LAPSE_MS
    )
    return {identifier for listed in known.values_list("identifiers", flat=True) for identifier in listed}


def _note(opened: OpenAct, kind: Kind, found: list[str], stopped_ms: int) -> None:
    """Write it down; what is suspended after `stopped_ms`, the last of these stops, is somebody's own stop."""
    row = MassStop.objects.create(
        id=identifiers.new("mas"),
        organisation=opened.organisation,
        kind=kind.value,
        identifiers=found,
        stopped_by_id=opened.actor.id,
        stopped_ms=stopped_ms,
        lapses_ms=stopped_ms + LAPSE_MS,
    )
    opened.write(Act.MASS_STOPPED, Thing("request", row.pk), {"kind": kind.value, "count": str(len(found))})


def _who_stopped_lately(organisation: str) -> list[tuple[str, str]]:
    """Return (account, kind) of every administrator's stops of the last hour."""
    rows = AuditRow.objects.filter(
        organisation=organisation,
        act=Act.SUSPENDED.value,
        actor_kind=ActorKind.ADMINISTRATOR.value,
        time_ms__gt=now_ms() - LAPSE_MS,
    )
    return list(rows.exclude(object_kind=Kind.SESSION.value).order_by().values_list("actor", "object_kind").distinct())


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
