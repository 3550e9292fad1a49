"""Messages to sticks: sent, listed, and how far each has come."""

from django.http import HttpRequest
from ninja import Query, Router

from hanare_server.api.bearer import account_of
from hanare_server.api.demands import answers, demands
from hanare_server.api.message_shapes import DeliveryRow, DeliveryWish, Diagnostics, MessageRow, Sending
from hanare_server.api.reads import page, rows
from hanare_server.api.shapes import Page, Wish
from hanare_server.api.things import Identifier
from hanare_server.console import scope
from hanare_server.console.roles import Permission
from hanare_server.directory.models import Department, Stick
from hanare_server.helpdesk import diagnostics, messages
from hanare_server.helpdesk.models import Delivery, Message

router = Router()


@router.get("/messages", response=answers(Page[MessageRow]), **demands(Permission.HELP_DESK))
def listed(request: HttpRequest, wish: Query[Wish]) -> Page[MessageRow]:
    """List messages."""
    return page(rows(request, Message, wish), wish, _row)


@router.post("/messages", response=answers(MessageRow), **demands(Permission.HELP_DESK))
def send(request: HttpRequest, sending: Sending) -> MessageRow:
    """Send a message; it is handed to sticks that are on at once, and to others when they are switched on in time."""
    account = account_of(request)
    department = scope.one(account, Department, sending.department) if sending.department else None
    stick = scope.one(account, Stick, sending.stick).pk if sending.stick else ""
    sticks = messages.recipients(
        scope.rows(account, Stick), department=department.pk if department else "", stick=stick
    )
    texts = {"ja": sending.text, "en": sending.english or ""}
    return _row(messages.send(account, texts, sticks, sending.hours, department))


@router.get("/deliveries", response=answers(Page[DeliveryRow]), **demands(Permission.HELP_DESK))
def deliveries(request: HttpRequest, wish: Query[DeliveryWish]) -> Page[DeliveryRow]:
    """List on which sticks a message has come how far, as the worker knew it some seconds ago."""
    return page(rows(request, Delivery, wish), wish, _delivery)


@router.post("/sticks/{identifier}/diagnostics", response=answers(MessageRow), **demands(Permission.HELP_DESK))
def ask_for_diagnostics(request: HttpRequest, identifier: Identifier) -> MessageRow:
    """Ask whoever sits at the stick for its diagnostics; the answer is the message that asks them."""
    return _row(diagnostics.ask(account_of(request), identifier))


@router.get("/messages/{identifier}/diagnostics", response=answers(Diagnostics), **demands(Permission.HELP_DESK))
def diagnostics_of(request: HttpRequest, identifier: Identifier) -> Diagnostics:
    """Give what came; 404 while nothing has come, because nobody has agreed yet, or has declined."""
    found = diagnostics.sent_for(account_of(request), identifier)
    return Diagnostics(stick=found.delivery.stick_id, received_ms=found.received_ms, facts=found.facts, log=found.log)


def _row(row: Message) -> MessageRow:
    return MessageRow(
        id=row.pk,
        ja=row.ja,
        en=row.en,
        department=row.department_id,
        sent_by=row.sent_by_id,
        sent_ms=row.sent_ms,
        until_ms=row.until_ms,
    )


def _delivery(row: Delivery) -> DeliveryRow:
    return DeliveryRow(
        id=row.pk, message=row.message_id, stick=row.stick_id, state=row.state, changed_ms=row.changed_ms
    )
