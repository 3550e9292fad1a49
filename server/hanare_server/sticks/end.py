"""end: the stick says that its session is over. A suspended stick may still say so."""

from hanare_core import signed
from hanare_core.messages.api import Done, End, EndBody
from hanare_core.problems import Code, Problem
from hanare_core.signed import Kind
from hanare_server.access import sessions
from hanare_server.access.act import act
from hanare_server.access.models import Session
from hanare_server.audit.log import Actor, ActorKind
from hanare_server.clock import now_ms
from hanare_server.sticks.guard import known_stick


def end(message: End, source: str) -> Done:
    """End the stick's own session; one that has ended keeps its first reason."""
    stick = known_stick(message.stick, source)
    body = signed.verify(Kind.END, message.signed, stick.identity_key, EndBody)
    with act(stick.organisation_id, Actor(ActorKind.STICK, stick.id)) as opened:
        session = Session.objects.filter(pk=body.session, stick=stick).first()
        if session is None:
            raise Problem(Code.NOT_FOUND)
        if session.state == Session.State.OPEN:
            sessions.end_session(opened, session, body.reason, now_ms=now_ms())
    return Done()
