"""Sends a message to sticks: written down first, then handed to the hub again and again until it is read or over.

The hub keeps nothing that it cannot lose, and a stick shows a message once however often it comes. So a stick that is
switched on within the message's time gets it, and a restart of anything costs at most a round of the worker.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from django.db.models import QuerySet

from hanare_core.messages.stick import Reading
from hanare_core.problems import Code, Problem
from hanare_server import hub_client, identifiers
from hanare_server.access.act import act
from hanare_server.audit.log import Act, Actor, ActorKind, Thing
from hanare_server.clock import HOUR_MS, now_ms
from hanare_server.console.models import Administrator
from hanare_server.directory import names
from hanare_server.directory.models import Department, Organisation, Stick
from hanare_server.helpdesk.models import TEXT_CHARACTERS, Delivery, Message
from hanare_server.sockets import Unreachable

BATCH: Final = 1_000
"""Sticks in one request to the hub; it allows 2,000."""


HOURS: Final = (1, 8, 24)
"""For how long a message may be delivered."""

_ORDER: Final = tuple(Delivery.State)
_AT_HOME: Final = (Stick.State.ACTIVE, Stick.State.SUSPENDED, Stick.State.LOCKED, Stick.State.QUARANTINED)
"""Standings with a door: a suspended stick may be told why."""


def recipients(rows: QuerySet[Stick], *, department: str = "", stick: str = "") -> QuerySet[Stick]:
    """Return the sticks that a message would go to, among those that the account may see."""
    found = rows.filter(state__in=_AT_HOME)
    if stick:
        return found.filter(pk=stick)
    return found.filter(department=department) if department else found


def send(
    account: Administrator,
    texts: Mapping[str, str],
    sticks: QuerySet[Stick],
    hours: int,
    department: Department | None = None,
) -> Message:
    """Write the message for these sticks, and hand it on at once; raises Problem(MALFORMED with path, NOT_FOUND)."""
    ja, en = (_checked(texts.get(language, ""), language) for language in ("ja", "en"))
    if not (ja or en):
        raise Problem(Code.MALFORMED, detail={"path": "ja"})
    if hours not in HOURS:
        raise Problem(Code.MALFORMED, detail={"path": "hours"})
    with act(account.here.pk, Actor(ActorKind.ADMINISTRATOR, account.pk)) as opened:
        now, here = now_ms(), opened.organisation
        message = Message.objects.create(
            id=identifiers.new("msg"),
            organisation=here,
            ja=ja,
            en=en,
            department=department,
            sent_by=account,
            sent_ms=now,
            until_ms=now + hours * HOUR_MS,
        )
        to = [Delivery(message=message, stick_id=pk, organisation=here) for pk in sticks.values_list("pk", flat=True)]
        if not to:
            raise Problem(Code.NOT_FOUND, detail={"path": "stick"})
        Delivery.objects.bulk_create(to, batch_size=BATCH)
        opened.write(Act.MESSAGE_SENT, Thing("message", message.pk), {"sticks": str(len(to)), "text": str(message)})
    deliver(message)
    return message


def round_of(organisation: Organisation) -> int:
    """Hand every message that is not over to the sticks that are on; return how many deliveries came further."""
    living = list(Message.objects.filter(organisation=organisation, until_ms__gt=now_ms()))
    return sum(deliver(message) for message in living)


def deliver(message: Message) -> int:
    """Hand the message to the sticks that are on and have not read it; return how many deliveries came further."""
    unread = dict(
        message.deliveries.exclude(state=Delivery.State.READ).values_list("stick", "state"),
    )
    if not unread:
        return 0
    try:
        on = [stick for stick in hub_client.facts(message.organisation_id).sticks if stick in unread]
        return sum(_hand_on(message, on[start : start + BATCH], unread) for start in range(0, len(on), BATCH))
    except Unreachable:
        return 0


def _hand_on(message: Message, sticks: Sequence[str], known: Mapping[str, str]) -> int:
    readings = hub_client.tell(
        message.organisation_id, message.pk, (message.ja, message.en), tuple(sticks), diagnostics=message.diagnostics
    )
    further = 0
    for reading in Reading:
        came = [stick for stick, now in readings.items() if now is reading and _is_further(known[stick], reading)]
        if came:
            rows = message.deliveries.filter(stick__in=came)
            further += rows.update(state=reading.value, changed_ms=now_ms())
    return further


def _is_further(known: str, reading: Reading) -> bool:
    return _ORDER.index(Delivery.State(reading.value)) > _ORDER.index(Delivery.State(known))


def _checked(text: str, path: str) -> str:
    """Return the text in one line, without characters that no screen shows."""
    readable = "".join(sign for sign in " ".join(text.split()) if names.is_text(sign))
    if len(readable) > TEXT_CHARACTERS:
        raise Problem(Code.MALFORMED, detail={"path": path})
    return readable
