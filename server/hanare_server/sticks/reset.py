"""A user's PIN is reset by a new one-time code, and goes for good when the user leaves.

Both destroy the OPRF key in keyd and the envelope here. A code comes back to the caller once, in clear, and is kept by
nobody. Leaving stops first and destroys then: if keyd is away, the user is out all the same, and it is repeated.
"""

from typing import NamedTuple

from hanare_core.messages import keyd
from hanare_core.problems import Code, Problem
from hanare_server import keyd_client
from hanare_server.access import sessions
from hanare_server.access.act import act
from hanare_server.access.models import Session
from hanare_server.audit.log import Act, Actor, Thing
from hanare_server.clock import now_ms
from hanare_server.directory.models import User
from hanare_server.sticks.models import SignIn


class OneTimeCode(NamedTuple):
    """What the user needs to set a PIN."""

    code: str
    not_after_ms: int


def issue_code(organisation: str, actor: Actor, identifier: str) -> OneTimeCode:
    """Destroy the user's PIN and return a one-time code; raises Problem(NOT_FOUND or KEYD_UNREACHABLE)."""
    user = User.objects.filter(pk=identifier, organisation=organisation).exclude(state=User.State.GONE).first()
    if user is None:
        raise Problem(Code.NOT_FOUND)
    request = keyd.IssueCodeRequest(organisation=organisation, user=user.id)
    answer = keyd_client.ask(request, keyd.IssueCodeAnswer)
    with act(organisation, actor) as opened:
        User.objects.filter(pk=user.pk).update(envelope="", user_key="")
        # What was proven with the old PIN opens nothing any more; an open session rests on its own ticket.
        SignIn.objects.filter(user=user, refusal="").update(refusal=Code.SIGN_IN_FAILED.value)
        opened.write(Act.CODE_ISSUED, Thing("user", user.id))
    return OneTimeCode(answer.code, answer.not_after_ms)


def leave(organisation: str, actor: Actor, identifier: str) -> None:
    """Take the user out for ever; raises Problem(NOT_FOUND).

    Problem(KEYD_UNREACHABLE) says that the user is out already, but keyd has not yet destroyed the keys.
    """
    with act(organisation, actor) as opened:
        user = User.objects.filter(pk=identifier, organisation=organisation).first()
        if user is None:
            raise Problem(Code.NOT_FOUND)
        if user.state != User.State.GONE:
            user.state, user.envelope, user.user_key = User.State.GONE, "", ""
            user.save(update_fields=["state", "envelope", "user_key"])
            own = Session.objects.filter(user=user, state=Session.State.OPEN)
            sessions.end_all(opened, own, Code.NOT_PERMITTED, now_ms=now_ms())
            opened.raise_epoch()
            opened.write(Act.LEFT, Thing("user", user.id))
    keyd_client.ask(keyd.ForgetUserRequest(organisation=organisation, user=identifier), keyd.DoneAnswer)
