"""One-time codes: a few by one person, many by two, because each destroys the PIN of a user who has one.

What one account has destroyed within the hour counts together, as stops do. It is written into the log under the
organisation's lock before keyd destroys anything, so that codes asked for at the same moment are counted one after the
other. A user's first code destroys nothing and is not counted: many new employees may get theirs on one morning.
"""

from hanare_server.access.act import OpenAct, act
from hanare_server.access.bulk import is_many
from hanare_server.approvals import loosening, requests
from hanare_server.approvals.models import Loosening, Request
from hanare_server.audit.log import Act, Actor, ActorKind, Thing
from hanare_server.audit.models import AuditRow
from hanare_server.clock import HOUR_MS, now_ms
from hanare_server.console.models import Administrator
from hanare_server.directory.models import User
from hanare_server.sticks import reset
from hanare_server.sticks.reset import OneTimeCode


def issue(account: Administrator, user: User, reason: str = "") -> OneTimeCode | Request:
    """Destroy the user's PIN and return a one-time code; or the request that waits for a second person.

    Once that is approved, the same call of its requester returns the code. Raises as `reset.issue_code`, and
    Problem(NOT_PERMITTED) as `requests.ask`.
    """
    if (user.user_key or user.envelope) and not _begin(account, user, reason):
        return requests.ask(account, Loosening.ISSUE_CODE, {"user": user.pk}, reason)
    return reset.issue_code(account.here.pk, _actor(account), user.pk)


def _begin(account: Administrator, user: User, reason: str) -> bool:
    """Write down that the PIN goes; return False, with nothing written, when two people must agree and have not."""
    with act(account.here.pk, _actor(account)) as opened:
        reset_lately = _of_the_hour(opened)
        few = user.pk in reset_lately or not is_many(opened.organisation.pk, "user", [*reset_lately, user.pk])
        if not few and not _use_up(opened, account, user):
            return False
        opened.write(Act.PIN_RESET, Thing("user", user.pk), {"why": reason} if reason else {})
    return True


def _use_up(opened: OpenAct, account: Administrator, user: User) -> bool:
    """Use up the account's approved request for this user as they stand now; return whether there was one."""
    payload = loosening.payload_of(opened.organisation, Loosening.ISSUE_CODE, {"user": user.pk})
    mine = Request.objects.filter(organisation=opened.organisation, requester=account)
    approved = mine.filter(state=Request.State.APPROVED, expires_ms__gt=now_ms())
    row = approved.filter(payload_hash=loosening.hash_of(payload)).first()
    if row is None:
        return False
    row.state = Request.State.DONE
    row.save(update_fields=["state"])
    return True


def _of_the_hour(opened: OpenAct) -> set[str]:
    rows = AuditRow.objects.filter(organisation=opened.organisation, actor=opened.actor.id, act=Act.PIN_RESET.value)
    return set(rows.filter(time_ms__gt=now_ms() - HOUR_MS).values_list("object", flat=True))


def _actor(account: Administrator) -> Actor:
    return Actor(ActorKind.ADMINISTRATOR, account.pk)
