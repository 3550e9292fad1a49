"""Begins a re-key, and says how far each stick has come in it. Two people begin one: hanare_server.approvals."""

from enum import StrEnum
from typing import Any, Final

from django.db.models import BooleanField, Case, CharField, Exists, OuterRef, Q, QuerySet, Value, When

from hanare_server import identifiers
from hanare_server.access.act import OpenAct
from hanare_server.audit.log import Act, Thing
from hanare_server.clock import DAY_MS, now_ms
from hanare_server.directory.models import Stick
from hanare_server.rekey.models import GatewayListRow, Rekey, Renewal

DAYS: Final = 14
"""Time that sticks get unless it is said otherwise: who is ill for a week is no case."""

MAX_DAYS: Final = 365
"""A round that takes longer than this is none."""

IN_USE = (Stick.State.ACTIVE, Stick.State.SUSPENDED, Stick.State.QUARANTINED, Stick.State.LOCKED)
"""Sticks that have a door."""


class Progress(StrEnum):
    """How far a stick is in the open round."""

    UNSEEN = "unseen"
    """It has not asked since the round began: it is switched off, or may not be heard."""
    ASKED = "asked"
    """Its request waits for the kitting station."""
    CERTIFIED = "certified"
    """Its certificate waits for the stick; old and new keys are valid."""
    DONE = "done"


def start(opened: OpenAct, *, days: int) -> Rekey:
    """Begin a round; the one before ends. Sticks without new keys after so many days are listed as late."""
    now = now_ms()
    Rekey.objects.filter(organisation=opened.organisation, ended_ms=None).update(ended_ms=now)
    made = Rekey.objects.create(
        id=identifiers.new("rek"), organisation=opened.organisation, started_ms=now, deadline_ms=now + days * DAY_MS
    )
    opened.write(Act.REKEY_STARTED, Thing("organisation", opened.organisation.id), {"rekey": made.id})
    return made


def present(organisation: str) -> Rekey | None:
    """Return the open round."""
    return Rekey.objects.filter(organisation=organisation, ended_ms=None).first()


def newest_list(organisation: str) -> GatewayListRow | None:
    """Return the newest gateway list."""
    return GatewayListRow.objects.filter(organisation=organisation).order_by("-number").first()


def with_progress(sticks: QuerySet[Stick], rekey: Rekey) -> QuerySet[Any]:
    """Return the sticks that have a door, each with its `progress` in this round and whether it is `late`."""
    own = Renewal.objects.filter(stick=OuterRef("pk"), rekey=rekey)
    progress = Case(
        When(Exists(own.filter(done_ms__isnull=False)), then=Value(Progress.DONE.value)),
        When(Exists(own.filter(certified_ms__isnull=False)), then=Value(Progress.CERTIFIED.value)),
        When(Exists(own), then=Value(Progress.ASKED.value)),
        default=Value(Progress.UNSEEN.value),
        output_field=CharField(),
    )
    late = Case(
        When(~Q(progress=Progress.DONE.value), then=Value(now_ms() >= rekey.deadline_ms)),
        default=Value(value=False),
        output_field=BooleanField(),
    )
    return sticks.filter(state__in=IN_USE).annotate(progress=progress).annotate(late=late)
