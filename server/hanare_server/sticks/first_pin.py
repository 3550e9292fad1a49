"""first-pin: a user sets the PIN with a one-time code. keyd verifies it; the server keeps the envelope."""

from hanare_core import signed
from hanare_core.messages import keyd
from hanare_core.messages.api import (
    Done,
    FirstPinBegin,
    FirstPinBeginAnswer,
    FirstPinBeginBody,
    FirstPinFinish,
)
from hanare_core.problems import Code, Problem
from hanare_core.signed import Kind
from hanare_server import keyd_client
from hanare_server.access.act import act
from hanare_server.audit.log import Act, Actor, ActorKind, Thing
from hanare_server.directory.models import User
from hanare_server.sticks import people
from hanare_server.sticks.guard import heard_stick


def begin(message: FirstPinBegin, source: str) -> FirstPinBeginAnswer:
    """Have keyd count the code and evaluate under the new key."""
    stick = heard_stick(message.stick, source)
    body = signed.verify(Kind.FIRST_PIN_BEGIN, message.signed, stick.identity_key, FirstPinBeginBody)
    person = people.find(stick, body.user)
    request = keyd.FirstPinBeginRequest(
        organisation=stick.organisation_id,
        user=person.id,
        certificate=stick.certificate,
        signed=message.signed,
        factors=person.factors,
    )
    answer = keyd_client.ask(request, keyd.FirstPinBeginAnswer)
    return FirstPinBeginAnswer(evaluation=answer.evaluation, user_id=person.id, totp_secret=answer.totp_secret)


def finish(message: FirstPinFinish, source: str) -> Done:
    """Have keyd use up the code, then keep the envelope; the same message again is answered alike."""
    stick = heard_stick(message.stick, source)
    request = keyd.FirstPinFinishRequest(
        organisation=stick.organisation_id,
        certificate=stick.certificate,
        by_user=message.by_user,
        by_stick=message.by_stick,
    )
    answer = keyd_client.ask(request, keyd.FirstPinFinishAnswer)
    with act(stick.organisation_id, Actor(ActorKind.USER, answer.user)) as opened:
        user = User.objects.filter(pk=answer.user, organisation=stick.organisation_id).first()
        if user is None:
            raise Problem(Code.NOT_FOUND)
        if user.envelope != answer.envelope:
            user.envelope = answer.envelope
            user.save(update_fields=["envelope"])
            opened.write(Act.PIN_SET, Thing("user", user.id), {"stick": stick.id})
    return Done()
