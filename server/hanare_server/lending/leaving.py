"""Marks users as left, many at once too, and brings back who came back.

Leaving works at once: sessions end, the PIN is gone here, reservations are cancelled, and a stick that somebody still
holds is due now; it stays lent until it is back. Rows and history stay for ever. keyd then destroys its keys: of a few
users right away, of the others, and while keyd is away, with the rounds of the worker, which finds them by the public
key that stays until then. More than a few within the hour take two people (security.md §4.9): it cannot be undone that
a PIN is destroyed. Who comes back stands as they did before, and needs a new one-time code.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hanare_core.messages import keyd
from hanare_core.problems import Code, Problem
from hanare_server import keyd_client
from hanare_server.access import receipts, sessions
from hanare_server.access.act import OpenAct, act
from hanare_server.access.bulk import is_many
from hanare_server.access.models import Session
from hanare_server.audit.log import Act, Actor, ActorKind, Thing
from hanare_server.audit.models import AuditRow
from hanare_server.clock import HOUR_MS, now_ms
from hanare_server.directory.models import Loan, Organisation, User
from hanare_server.lending import reservations

SOON: Final = 20
"""So many users' keys are destroyed while the browser waits, each by a question to keyd."""

EACH_ROUND: Final = 200
"""And so many by one round of the worker: sessions that end by their hours wait for it."""

_STOOD: Final = "state"
"""In the log's row of a leaving: how the user stood before."""


def leave(organisation: str, actor: Actor, identifiers: Sequence[str], *, why: str = "") -> int:
    """Mark these as left, in one act or not at all; return how many had not left. Raises Problem(NOT_FOUND).

    Problem(CONFLICT) when an administrator may not do it alone (`takes_two`).
    """
    with act(organisation, actor) as opened:
        if takes_two(organisation, actor, Act.LEFT, identifiers):
            raise Problem(Code.CONFLICT, detail={"kind": "user"})
        gone, leases = leave_in(opened, identifiers, why=why)
    if leases:
        receipts.collect(organisation, leases)
    forget(organisation, SOON)
    return gone


def leave_in(opened: OpenAct, identifiers: Sequence[str], *, why: str = "") -> tuple[int, list[str]]:
    """Mark these as left inside an act; return how many, and the leases whose receipts are to come."""
    users = [user for user in _users(opened.organisation, identifiers) if user.state != User.State.GONE]
    now = now_ms()
    for user in users:
        detail = {_STOOD: str(user.state), **({"why": why} if why else {})}
        user.state, user.envelope = User.State.GONE, ""
        opened.write(Act.LEFT, Thing("user", user.pk), detail)
    User.objects.bulk_update(users, ["state", "envelope"], batch_size=500)
    keys = [user.pk for user in users]
    for row in reservations.standing(opened.organisation).filter(user__in=keys):
        reservations.cancel(opened, row)
    held = Loan.objects.filter(organisation=opened.organisation, user__in=keys, returned_ms=None)
    (held.filter(due_ms=None) | held.filter(due_ms__gt=now)).update(due_ms=now)
    own = Session.objects.filter(organisation=opened.organisation, user__in=keys, state=Session.State.OPEN)
    leases = sessions.end_all(opened, own, Code.NOT_PERMITTED, now_ms=now)
    if users:
        opened.raise_epoch()
    return len(users), leases


def come_back(organisation: str, actor: Actor, identifiers: Sequence[str], *, why: str = "") -> int:
    """Bring these back in one act; return how many had left. Raises as `leave` does."""
    with act(organisation, actor) as opened:
        if takes_two(organisation, actor, Act.CAME_BACK, identifiers):
            raise Problem(Code.CONFLICT, detail={"kind": "user"})
        return come_back_in(opened, identifiers, why=why)


def come_back_in(opened: OpenAct, identifiers: Sequence[str], *, why: str = "") -> int:
    """Bring these back inside an act: as they stood when they left, and without a PIN."""
    users = [user for user in _users(opened.organisation, identifiers) if user.state == User.State.GONE]
    rows = AuditRow.objects.filter(organisation=opened.organisation, act=Act.LEFT.value, object__in=identifiers)
    stood = {row.object: row.detail.get(_STOOD) for row in rows.order_by("number")}
    for user in users:
        suspended = stood.get(user.pk) == User.State.SUSPENDED
        user.state = User.State.SUSPENDED if suspended else User.State.ACTIVE
        opened.write(Act.CAME_BACK, Thing("user", user.pk), {"why": why} if why else {})
    User.objects.bulk_update(users, ["state"], batch_size=500)
    return len(users)


def takes_two(organisation: str, actor: Actor, what: Act, identifiers: Sequence[str]) -> bool:
    """Return whether this administrator may not do this (LEFT or CAME_BACK) to these alone, with those of the hour."""
    if actor.kind is not ActorKind.ADMINISTRATOR:
        return False
    rows = AuditRow.objects.filter(organisation=organisation, act=what.value, actor=actor.id)
    lately = rows.filter(time_ms__gt=now_ms() - HOUR_MS).values_list("object", flat=True)
    return is_many(organisation, "user", sorted({*identifiers, *lately}))


def standing_of(organisation: Organisation, what: Mapping[str, Any]) -> Any:
    """Return how these users stand, for a request's payload; raises Problem(NOT_FOUND)."""
    return {user.pk: user.state for user in _users(organisation, what["users"])}


def forget(organisation: str, most: int = EACH_ROUND) -> int:
    """Have keyd destroy what it keeps of users who have left, so many at once; return how many. Repeat it freely."""
    waiting = User.objects.filter(organisation=organisation, state=User.State.GONE).exclude(user_key="")
    done = 0
    for user in list(waiting[:most]):
        try:
            keyd_client.ask(keyd.ForgetUserRequest(organisation=organisation, user=user.pk), keyd.DoneAnswer)
        except Problem:
            break  # keyd is away: the user is out all the same, and the next round asks again
        done += User.objects.filter(pk=user.pk, state=User.State.GONE).update(user_key="")
    return done


def _users(organisation: Organisation, identifiers: Sequence[str]) -> list[User]:
    found = list(User.objects.filter(organisation=organisation, pk__in=identifiers).order_by("pk"))
    if len(found) != len(set(identifiers)):
        raise Problem(Code.NOT_FOUND)
    return found
