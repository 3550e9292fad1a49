"""Ends the sessions that what an act has changed takes away: another office PC, another address, another department.

A lease lets through to the address of its beginning and belongs to the department of its beginning; neither is changed
while it lasts. Whoever may still work signs in again and gets what is given now. Always inside the act that changes it.
"""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Model, Q

from hanare_core.problems import Code
from hanare_server.access import crowd, sessions
from hanare_server.access.act import OpenAct
from hanare_server.access.decision import decide
from hanare_server.access.models import Session
from hanare_server.clock import now_ms
from hanare_server.directory.models import OfficePC, User


def end_changed(opened: OpenAct, rows: Iterable[Model]) -> list[str]:
    """End the open sessions that these saved users and office PCs no longer allow; return the leases that went."""
    now = now_ms()
    ending: dict[Code, list[str]] = defaultdict(list)
    users = _at_work(opened.organisation.pk, list(rows))
    for one in crowd.open_sessions(opened.organisation.pk, now, users) if users else ():
        reason = reason_against(one)
        if reason is not None:
            ending[reason].append(one.id)
    gone: list[str] = []
    for reason, found in ending.items():
        gone += sessions.end_all(opened, Session.objects.filter(pk__in=found), reason, now_ms=now)
    return gone


def reason_against(one: crowd.Open) -> Code | None:
    """Return why the session may not go on as it is; None: it may."""
    reasons = decide(one.question)
    if reasons:
        return reasons[0]
    return None if one.as_given else Code.ASSIGNMENT_CHANGED


def _at_work(organisation: str, rows: list[Model]) -> set[str]:
    """Return whose sessions may be touched: of these users, and of who works on these PCs or has them now."""
    pcs = [row for row in rows if isinstance(row, OfficePC)]
    users = [row.pk for row in rows if isinstance(row, User)]
    users += [row.user_id for row in pcs if row.user_id is not None]
    # By address too: one that joined the My Number zone closes it for every row.
    theirs = Q(office_pc__in=[row.pk for row in pcs]) | Q(office_pc__address__in={row.address for row in pcs})
    found = Session.objects.filter(organisation=organisation, state=Session.State.OPEN)
    return set(found.filter(Q(user__in=users) | theirs).values_list("user_id", flat=True))
