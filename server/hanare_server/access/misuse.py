"""Sticks that try other addresses than their own: noted once a session, and suspended where the profile says so.

What a session tried is counted by the gateway's kernel and comes with the hub's facts; nothing passed. A worker's
browser may touch one or two addresses by itself, so an alert needs TRIED_ALERT of them. The profile's `misuse_suspends`
says after how many alerts within a day the stick is suspended by itself; 0 leaves it to people.
"""

from collections.abc import Iterable
from typing import Final

from django.db.models import QuerySet

from hanare_core.messages.gateway import Fact
from hanare_server.access.act import act
from hanare_server.access.models import Lease, Session
from hanare_server.access.standing import Kind
from hanare_server.access.suspend import suspend
from hanare_server.audit.log import SYSTEM, Act, Thing
from hanare_server.audit.models import AuditRow
from hanare_server.clock import DAY_MS, now_ms
from hanare_server.directory.models import Organisation
from hanare_server.profiles.resolve import settings_of

TRIED_ALERT: Final = 5
"""Other addresses that one session tried."""


def look(organisation: Organisation, facts: Iterable[Fact]) -> list[str]:
    """Write what is new of misuse; return the sticks that were suspended for it."""
    tried = {fact.lease: fact.tried for fact in facts if fact.tried >= TRIED_ALERT}
    leases = Lease.objects.filter(organisation=organisation, pk__in=tried, session__state=Session.State.OPEN)
    sessions = {lease.session_id: (lease.session, tried[lease.pk]) for lease in leases.select_related("session")}
    suspected = [session for session, count in sessions.values() if _note(organisation, session, count)]
    return [stick for session in suspected if (stick := _suspend(organisation, session))]


def _note(organisation: Organisation, session: Session, tried: int) -> bool:
    """Write the alert, once a session; say whether it is new."""
    with act(organisation.pk, SYSTEM) as opened:
        if _alerts(organisation).filter(object_kind="session", object=session.pk).exists():
            return False
        detail = {"stick": session.stick_id, "user": session.user_id, "tried": str(tried)}
        opened.write(Act.MISUSE_SUSPECTED, Thing("session", session.pk), detail)
    return True


def _suspend(organisation: Organisation, session: Session) -> str | None:
    limit = settings_of(organisation, session.user).misuse_suspends
    lately = _alerts(organisation).filter(time_ms__gt=now_ms() - DAY_MS, detail__stick=session.stick_id).count()
    if not limit or lately < limit:
        return None
    suspend(organisation.pk, SYSTEM, Kind.STICK, session.stick_id)
    return session.stick_id


def _alerts(organisation: Organisation) -> QuerySet[AuditRow]:
    return AuditRow.objects.filter(organisation=organisation, act=Act.MISUSE_SUSPECTED.value)
