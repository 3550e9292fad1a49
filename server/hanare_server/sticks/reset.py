"""A user's PIN is reset by a new one-time code.

It destroys the OPRF key in keyd and the envelope here. The code comes back to the caller once, in clear, and is kept by
nobody. What becomes of a user who leaves stands in `hanare_server.lending.leaving`.
"""

from typing import NamedTuple

from hanare_core.messages import keyd
from hanare_core.problems import Code, Problem
from hanare_server import keyd_client
from hanare_server.access.act import act
from hanare_server.audit.log import Act, Actor, Thing
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
