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
from hanare_server.audit.log import Act
from hanare_server.directory.models import User
from hanare_server.sticks import people, pin_rules, refusals
from hanare_server.sticks.change_pin import keep_envelope
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
    answer = refusals.ask_keyd(stick, request, keyd.FirstPinBeginAnswer)
    user = User.objects.filter(pk=person.id, organisation=stick.organisation_id).first()
    if user is None:
        raise Problem(Code.CODE_WRONG)
    return FirstPinBeginAnswer(
        evaluation=answer.evaluation,
        user_id=user.id,
        totp_secret=answer.totp_secret,
        rules=pin_rules.of(user),
        factors=person.factors,
    )


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
    keep_envelope(stick.organisation_id, stick.id, answer, Act.PIN_SET)
    return Done()
