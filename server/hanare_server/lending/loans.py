"""Lends a stick, takes it back, and reports it lost: each one act with its audit row."""

from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from hanare_core.problems import Code, Problem
from hanare_server import identifiers
from hanare_server.access.act import OpenAct, act
from hanare_server.access.standing import Kind
from hanare_server.access.suspend import Stopped, collected, stop_in
from hanare_server.audit.log import Act, Actor, Thing
from hanare_server.clock import now_ms
from hanare_server.directory.models import Loan, Stick, User
from hanare_server.directory.pages.forms import end_of_day_ms
from hanare_server.lending import reservations
from hanare_server.lending.days import today_of
from hanare_server.lending.models import LostStick

DUE_DAYS: Final = 7
"""For how long a stick is lent unless somebody says otherwise: the yardstick city lends by the week."""

LONGEST_DAYS: Final = 366


def lend(opened: OpenAct, stick: Stick, user: User, due: date) -> Loan:
    """Write the loan.

    Raises Problem(CONFLICT) when the stick is out, reserved or not to be used, NOT_PERMITTED for the user.
    """
    if stick.state != Stick.State.ACTIVE or Loan.objects.filter(stick=stick, returned_ms=None).exists():
        raise Problem(Code.CONFLICT, detail={"stick": stick.pk})
    if user.state != User.State.ACTIVE:
        raise Problem(Code.NOT_PERMITTED, detail={"user": user.pk})
    today = today_of(opened.organisation)
    if not today <= due <= today + timedelta(days=LONGEST_DAYS):
        raise Problem(Code.MALFORMED, detail={"path": "due"})
    reserved = reservations.in_the_way(opened.organisation, stick, user, due)
    if reserved is not None:
        raise Problem(Code.CONFLICT, detail={"reserved": reserved.first.isoformat()})
    loan = Loan.objects.create(
        id=identifiers.new("loa"),
        organisation=opened.organisation,
        stick=stick,
        user=user,
        since_ms=now_ms(),
        due_ms=end_of_day_ms(due, ZoneInfo(opened.organisation.time_zone)),
    )
    reservations.use(loan, today)
    opened.write(Act.LENT, Thing("stick", stick.pk), {"user": user.pk, "due_ms": str(loan.due_ms)})
    return loan


def take_back(opened: OpenAct, stick: Stick) -> None:
    """End the stick's loan; what is not out stays as it is."""
    loan = Loan.objects.filter(stick=stick, returned_ms=None).first()
    if loan is None:
        return
    loan.returned_ms = now_ms()
    loan.save(update_fields=["returned_ms"])
    opened.write(Act.TAKEN_BACK, Thing("stick", stick.pk), {"user": loan.user_id})


def report_lost(organisation: str, actor: Actor, stick: Stick) -> Stopped:
    """Suspend the stick and note the loss in one act, so that nobody resumes it alone in between; await receipts."""
    with act(organisation, actor) as opened:
        leases = stop_in(opened, Kind.STICK, [stick.pk])
        _, added = LostStick.objects.get_or_create(
            organisation=opened.organisation,
            stick=stick,
            found_ms=None,
            defaults={"reported_ms": now_ms(), "reported_by": actor.id},
        )
        if added:
            opened.write(Act.LOST, Thing("stick", stick.pk))
    return collected(organisation, actor, Kind.STICK, leases)
