"""change-pin and new-pin: after a begin, a user replaces the PIN. keyd verifies; the server keeps the envelope.

The session that may be open goes on: it rests on its own ticket. Between keyd's word and our row a power cut would
leave the old envelope, which nothing opens any more; the stick repeats new-pin until it is answered.
"""

from hanare_core import signed
from hanare_core.messages import keyd
from hanare_core.messages.api import ChangePin, ChangePinAnswer, ChangePinBody, Done, NewPin
from hanare_core.problems import Code, Problem
from hanare_core.signed import Kind
from hanare_server import keyd_client
from hanare_server.access.act import act
from hanare_server.audit.log import Act, Actor, ActorKind, Thing
from hanare_server.directory.models import User
from hanare_server.sticks import pin_rules, refusals
from hanare_server.sticks.guard import heard_stick


def change(message: ChangePin, source: str) -> ChangePinAnswer:
    """Have keyd verify the present PIN and evaluate the new one."""
    stick = heard_stick(message.stick, source)
    signed.verify(Kind.CHANGE_PIN_STICK, message.by_stick, stick.identity_key, ChangePinBody)
    request = keyd.ChangePinRequest(
        organisation=stick.organisation_id,
        certificate=stick.certificate,
        by_user=message.by_user,
        by_stick=message.by_stick,
    )
    answer = refusals.ask_keyd(stick, request, keyd.ChangePinAnswer)
    user = User.objects.filter(pk=answer.user, organisation=stick.organisation_id).first()
    if user is None:
        raise Problem(Code.NOT_FOUND)
    return ChangePinAnswer(evaluation=answer.evaluation, rules=pin_rules.of(user))


def new(message: NewPin, source: str) -> Done:
    """Have keyd destroy the old key, then keep the new envelope."""
    stick = heard_stick(message.stick, source)
    request = keyd.NewPinRequest(
        organisation=stick.organisation_id,
        certificate=stick.certificate,
        by_user=message.by_user,
        by_stick=message.by_stick,
    )
    answer = keyd_client.ask(request, keyd.NewPinAnswer)
    keep_envelope(stick.organisation_id, stick.id, answer, Act.PIN_CHANGED)
    return Done()


def keep_envelope(
    organisation: str, stick: str, answer: keyd.NewPinAnswer | keyd.FirstPinFinishAnswer, written: Act
) -> None:
    """Keep what keyd has accepted; once, whatever is repeated."""
    with act(organisation, Actor(ActorKind.USER, answer.user)) as opened:
        user = User.objects.filter(pk=answer.user, organisation=organisation).first()
        if user is None:
            raise Problem(Code.NOT_FOUND)
        if user.envelope != answer.envelope:
            user.envelope, user.user_key = answer.envelope, answer.user_key
            user.save(update_fields=["envelope", "user_key"])
            opened.write(written, Thing("user", user.id), {"stick": stick})
