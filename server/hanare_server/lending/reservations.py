"""Reserves a stick for a user and some days, and gives it free again. No two reservations of one stick share a day.

Everything happens under the organisation's lock, so two people who reserve at once do not both get it. A reservation
binds lending: until its last day the stick is lent past its first day to its own user only, and lending it to that
user uses the reservation up.
"""

from datetime import date, timedelta
from typing import Final

from django.db.models import QuerySet

from hanare_core.problems import Code, Problem
from hanare_server import identifiers
from hanare_server.access.act import OpenAct
from hanare_server.audit.log import Act, Thing
from hanare_server.clock import now_ms
from hanare_server.directory.models import Loan, Organisation, Stick, User
from hanare_server.lending.days import start_of_day_ms, today_of
from hanare_server.lending.models import Reservation

AHEAD_DAYS: Final = 366
"""How far ahead one reserves: a school year of help with the same weeks."""


def reserve(opened: OpenAct, stick: Stick, user: User, first: date, last: date) -> Reservation:
    """Write the reservation.

    Raises Problem(MALFORMED) for days that are none, NOT_PERMITTED for the user, CONFLICT when the stick is gone,
    reserved on one of these days, or lent past the first.
    """
    today = today_of(opened.organisation)
    if not today <= first <= last <= today + timedelta(days=AHEAD_DAYS):
        raise Problem(Code.MALFORMED, detail={"path": "last" if first >= today else "first"})
    if user.state != User.State.ACTIVE:
        raise Problem(Code.NOT_PERMITTED, detail={"user": user.pk})
    taken = standing(opened.organisation).filter(stick=stick, first__lte=last, last__gte=first).first()
    if taken is not None:
        raise Problem(Code.CONFLICT, detail={"reserved": taken.first.isoformat()})
    if stick.state in Stick.RETIRED or _is_lent_past(stick, user, start_of_day_ms(first, opened.organisation)):
        raise Problem(Code.CONFLICT, detail={"stick": stick.pk})
    row = Reservation.objects.create(
        id=identifiers.new("rsv"),
        organisation=opened.organisation,
        stick=stick,
        user=user,
        first=first,
        last=last,
        made_ms=now_ms(),
        made_by=opened.actor.id,
    )
    detail = {"user": user.pk, "first": first.isoformat(), "last": last.isoformat()}
    opened.write(Act.RESERVED, Thing("stick", stick.pk), detail)
    return row


def cancel(opened: OpenAct, row: Reservation) -> None:
    """Give the days free; one that is over, used or cancelled stays as it is."""
    if row.cancelled_ms is None and row.loan_id is None:
        row.cancelled_ms = now_ms()
        row.save(update_fields=["cancelled_ms"])
        opened.write(Act.RESERVATION_CANCELLED, Thing("stick", row.stick_id), {"user": row.user_id})


def standing(organisation: Organisation) -> QuerySet[Reservation]:
    """Return the reservations that bind: neither used, nor cancelled, nor over."""
    today = today_of(organisation)
    return Reservation.objects.filter(organisation=organisation, cancelled_ms=None, loan=None, last__gte=today)


def in_the_way(organisation: Organisation, stick: Stick, user: User, due: date) -> Reservation | None:
    """Return the reservation of somebody else that begins before the stick would be back."""
    others = standing(organisation).filter(stick=stick, first__lte=due).exclude(user=user)
    return others.order_by("first").first()


def use(loan: Loan, today: date) -> None:
    """Note that the loan is what its user had reserved; one that begins later stays."""
    mine = standing(loan.organisation).filter(stick=loan.stick, user=loan.user, first__lte=today)
    mine.update(loan=loan)


def _is_lent_past(stick: Stick, user: User, first_ms: int) -> bool:
    return Loan.objects.filter(stick=stick, returned_ms=None, due_ms__gt=first_ms).exclude(user=user).exists()
