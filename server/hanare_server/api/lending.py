"""Reservations of sticks: read, made and given free by the functions that the console's pages call."""

from django.http import HttpRequest
from ninja import Query, Router

from hanare_server.access.act import act
from hanare_server.api.bearer import account_of
from hanare_server.api.demands import answers, demands
from hanare_server.api.lending_shapes import ReservationRow, ReservationWish, Reserving
from hanare_server.api.reads import page, rows
from hanare_server.api.shapes import Page, Standing
from hanare_server.api.things import Identifier, actor
from hanare_server.console import scope
from hanare_server.console.roles import Permission
from hanare_server.directory.models import Stick, User
from hanare_server.lending import reservations
from hanare_server.lending.models import Reservation

router = Router()


@router.get("/reservations", response=answers(Page[ReservationRow]), **demands(Permission.LOANS_READ))
def listed(request: HttpRequest, wish: Query[ReservationWish]) -> Page[ReservationRow]:
    """List reservations, also those that are over."""
    return page(rows(request, Reservation, wish), wish, _row)


@router.post("/sticks/{identifier}/reserve", response=answers(ReservationRow), **demands(Permission.LEND))
def reserve(request: HttpRequest, identifier: Identifier, wanted: Reserving) -> ReservationRow:
    """Reserve the stick for a user and some days; 409 when one of them is taken."""
    account = account_of(request)
    with act(account.here.pk, actor(account)) as opened:
        stick, user = scope.one(account, Stick, identifier), scope.one(account, User, wanted.user)
        return _row(reservations.reserve(opened, stick, user, wanted.first, wanted.last))


@router.post("/reservations/{identifier}/cancel", response=answers(Standing), **demands(Permission.LEND))
def cancel(request: HttpRequest, identifier: Identifier) -> Standing:
    """Give the days free; what is used or over stays as it is."""
    account = account_of(request)
    with act(account.here.pk, actor(account)) as opened:
        reservations.cancel(opened, scope.one(account, Reservation, identifier))
    return Standing(state="cancelled")


def _row(row: Reservation) -> ReservationRow:
    return ReservationRow(
        id=row.pk,
        stick=row.stick_id,
        user=row.user_id,
        first=row.first,
        last=row.last,
        cancelled_ms=row.cancelled_ms,
        loan=row.loan_id,
    )
