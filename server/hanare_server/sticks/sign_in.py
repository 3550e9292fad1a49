"""begin and finish: one counted PIN attempt, and its proof.

Nothing is kept between the two: keyd holds the nonce. After finish the ticket waits in a SignIn row, bound to
the nonce, until the stick confirms that the next generation is written (`hanare_server.sticks.confirm`).
"""

from typing import Final

from hanare_core import signed
from hanare_core.messages import keyd
from hanare_core.messages.api import (
    NONCE_LIFE_MS,
    Begin,
    BeginAnswer,
    BeginBody,
    Finish,
    FinishAnswer,
    FinishBody,
)
from hanare_core.problems import Code, Problem
from hanare_core.signed import Kind
from hanare_server.access.act import act
from hanare_server.audit.log import Actor, ActorKind
from hanare_server.clock import now_ms
from hanare_server.directory import names
from hanare_server.directory.models import Stick, User
from hanare_server.sticks import people, ratchet, refusals, whereabouts
from hanare_server.sticks.guard import heard_stick
from hanare_server.sticks.models import SignIn
from hanare_server.sticks.ratchet import Sighting
from hanare_server.throttle import Throttle

CONFIRM_MS: Final = NONCE_LIFE_MS
"""How long a ticket waits for its confirm: a stick writes the generation in milliseconds."""


PAIR_BURST: Final = 30
"""Tries of one name on one stick at once: a hurried worker and a covered screen that is unlocked often."""

PAIR_PER_SECOND: Final = 0.2
"""Tries of one name on one stick in the long run; more cost keyd work and bring nobody in."""

pair_throttle: Final = Throttle(burst=PAIR_BURST, per_second=PAIR_PER_SECOND)


def begin(message: Begin, source: str) -> BeginAnswer:
    """Have keyd count the attempt and evaluate; the same shape for every name."""
    stick = heard_stick(message.stick, source)
    body = signed.verify(Kind.BEGIN, message.signed, stick.identity_key, BeginBody)
    if not pair_throttle.allows(f"{stick.id} {names.normalise(body.user)}"):
        raise Problem(Code.THROTTLED)
    person = people.find(stick, body.user)
    request = keyd.BeginRequest(
        organisation=stick.organisation_id,
        user=person.id,
        certificate=stick.certificate,
        signed=message.signed,
        factors=person.factors,
    )
    answer = refusals.ask_keyd(stick, request, keyd.BeginAnswer)
    return BeginAnswer(
        evaluation=answer.evaluation,
        envelope=person.envelope,
        factors=answer.factors,
        failures=answer.failures,
        security_keys=answer.security_keys,
    )


def finish(message: Finish, source: str) -> FinishAnswer:
    """Have keyd verify the proof and sign the ticket; offer the next generation."""
    stick = heard_stick(message.stick, source)
    body = signed.verify(Kind.FINISH_STICK, message.by_stick, stick.identity_key, FinishBody)
    earlier = SignIn.objects.filter(nonce=body.nonce, stick=stick).first()
    if earlier is not None:
        return _repeated(earlier, body)
    request = keyd.FinishRequest(
        organisation=stick.organisation_id,
        certificate=stick.certificate,
        by_user=message.by_user,
        by_stick=message.by_stick,
    )
    answer = refusals.ask_keyd(stick, request, keyd.FinishAnswer)
    return _keep(stick, body, answer, source)


def _repeated(earlier: SignIn, body: FinishBody) -> FinishAnswer:
    """Answer a stick that did not hear the first answer; another key under the same nonce is out of order."""
    if earlier.session_key != body.session_key:
        raise Problem(Code.OUT_OF_ORDER)
    return FinishAnswer(next_generation=earlier.next_generation)


def _keep(stick: Stick, body: FinishBody, answer: keyd.FinishAnswer, source: str) -> FinishAnswer:
    """Check the generation and keep the ticket, in one act."""
    stale = ratchet.is_stale(Stick.objects.get(pk=stick.pk), answer.generation)
    line = whereabouts.line_of(stick.organisation_id, stick.pk) if stale else ""
    with act(stick.organisation_id, Actor(ActorKind.USER, answer.user)) as opened:
        earlier = SignIn.objects.filter(nonce=body.nonce, stick=stick).first()
        if earlier is not None:
            # Sent again while the first was on its way: it was kept meanwhile, and no second generation is offered.
            return _repeated(earlier, body)
        user = User.objects.get(pk=answer.user, organisation=stick.organisation_id)
        if not user.user_key:
            # Reset since keyd looked: the PIN that was proven is no more.
            raise Problem(Code.SIGN_IN_FAILED)
        current = Stick.objects.get(pk=stick.pk)
        offered = ratchet.offer(opened, current, Sighting(answer.generation, source, answer.user, line))
        if offered is not None:
            SignIn.objects.create(
                nonce=body.nonce,
                stick=current,
                user=user,
                ticket=answer.ticket,
                session_key=body.session_key,
                next_generation=offered,
                not_after_ms=now_ms() + CONFIRM_MS,
            )
    if offered is None:
        raise Problem(Code.STICK_QUARANTINED)
    return FinishAnswer(next_generation=offered)
