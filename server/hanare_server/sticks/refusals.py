"""What keyd says against a stick or a person is audited, and a stick that it has locked is marked."""

from typing import Final

from hanare_core.messages import keyd
from hanare_core.problems import Code, Problem
from hanare_server import keyd_client
from hanare_server.access.act import act
from hanare_server.audit.log import Act, Actor, ActorKind, Thing
from hanare_server.directory.models import Stick

_AUDITED: Final = frozenset(
    {Code.CODE_WRONG, Code.FACTOR_WANTED, Code.PIN_LOCKED, Code.SIGN_IN_FAILED, Code.STICK_LOCKED, Code.USER_LOCKED}
)
"""Refusals of keyd that say something about a person or stick; the others are accidents of the line."""


def ask_keyd(stick: Stick, request: keyd.AnyRequest, shape: type[keyd_client.A]) -> keyd_client.A:
    """Return keyd's answer; raises the Problem with which it refused, after writing it down."""
    try:
        return keyd_client.ask(request, shape)
    except Problem as problem:
        if problem.code in _AUDITED:
            _audit(stick, problem.code, getattr(request, "user", ""))
        raise


def _audit(stick: Stick, code: Code, user: str) -> None:
    with act(stick.organisation_id, Actor(ActorKind.STICK, stick.id)) as opened:
        thing = Thing("stick", stick.id)
        opened.write(Act.SIGN_IN_REFUSED, thing, {"reason": code.value} | ({"user": user} if user else {}))
        current = Stick.objects.get(pk=stick.pk)
        if code is Code.STICK_LOCKED and current.state == Stick.State.ACTIVE:
            current.state = Stick.State.LOCKED
            opened.touch(current)
            opened.write(Act.LOCKED, thing)
