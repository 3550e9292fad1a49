"""A stick's diagnostics by consent: asked for by a message, received once, seen by the help desk, forgotten.

The person before the stick reads who asks for what, and agrees or declines there. Without their yes nothing is sent.
"""

from typing import Final

from hanare_core import signed
from hanare_core.messages.api import Diagnostics, DiagnosticsBody, Done
from hanare_core.problems import Code, Problem
from hanare_core.signed import Kind
from hanare_server import identifiers
from hanare_server.access.act import act
from hanare_server.audit.log import Act, Actor, ActorKind, Thing
from hanare_server.clock import DAY_MS, HOUR_MS, MINUTE_MS, now_ms
from hanare_server.console import scope
from hanare_server.console.models import Administrator
from hanare_server.directory.models import Organisation, Stick
from hanare_server.helpdesk.messages import deliver, recipients
from hanare_server.helpdesk.models import Bundle, Delivery, Message
from hanare_server.sticks.guard import known_stick

ASKED_MS: Final = HOUR_MS
"""For so long the question stands on the screen."""

LATE_MS: Final = 10 * MINUTE_MS
"""A yes in the last moment is still heard."""

KEPT_MS: Final = 30 * DAY_MS
"""A help desk's case is closed by then."""

_TEXT: Final = {
    "ja": "管理者が、この端末の診断情報（版、回線の状態、動作の記録）の送信をお願いしています。"
    "文書・画面・パスワードは含まれません。送信してよろしいですか。",
    "en": "The administrator asks for this stick's diagnostics (versions, the line, what its program has logged). "
    "No documents, screens or passwords are in it. May it be sent?",
}


def ask(account: Administrator, identifier: str) -> Message:
    """Ask whoever sits at the stick; the question goes there as a message does. Raises Problem(NOT_FOUND)."""
    stick = scope.one(account, Stick, identifier)
    if not recipients(scope.rows(account, Stick), stick=stick.pk).exists():
        raise Problem(Code.NOT_FOUND)
    with act(account.here.pk, Actor(ActorKind.ADMINISTRATOR, account.pk)) as opened:
        now = now_ms()
        message = Message.objects.create(
            id=identifiers.new("msg"),
            organisation=opened.organisation,
            **_TEXT,
            diagnostics=True,
            sent_by=account,
            sent_ms=now,
            until_ms=now + ASKED_MS,
        )
        Delivery.objects.create(message=message, stick=stick, organisation=opened.organisation)
        opened.write(Act.DIAGNOSTICS_ASKED, Thing("stick", stick.pk), {"message": message.pk})
    deliver(message)
    return message


def sent_for(account: Administrator, message: str) -> Bundle:
    """Return what came for a question; raises Problem(NOT_FOUND) while nothing has come, or when it is forgotten."""
    found = scope.rows(account, Bundle).select_related("delivery").filter(delivery__message=message).first()
    if found is None:
        raise Problem(Code.NOT_FOUND)
    return found


def receive(request: Diagnostics, source: str) -> Done:
    """Take what a stick sends because it was asked; raises Problem(NOT_FOUND) for what nobody asked for."""
    stick = known_stick(request.stick, source)
    body = signed.verify(Kind.DIAGNOSTICS, request.signed, stick.identity_key, DiagnosticsBody)
    with act(stick.organisation_id, Actor(ActorKind.STICK, stick.pk)) as opened:
        asked = Delivery.objects.filter(message=body.note, message__diagnostics=True, stick=stick)
        delivery = asked.filter(message__until_ms__gt=now_ms() - LATE_MS).first()
        if delivery is None:
            raise Problem(Code.NOT_FOUND)
        if not Bundle.objects.filter(delivery=delivery).exists():
            Bundle.objects.create(
                delivery=delivery,
                organisation=opened.organisation,
                received_ms=now_ms(),
                facts=body.facts,
                log=list(body.log),
            )
            opened.write(Act.DIAGNOSTICS_RECEIVED, Thing("stick", stick.pk), {"message": body.note})
    return Done()


def round_of(organisation: Organisation) -> None:
    """Forget what is older than KEPT_MS; the audit log keeps that it was asked for and received."""
    Bundle.objects.filter(organisation=organisation, received_ms__lt=now_ms() - KEPT_MS).delete()
