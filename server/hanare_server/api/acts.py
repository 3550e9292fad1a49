"""The acts: stop and resume, lend and take back, issue a one-time code. Each calls what the console's button calls."""

from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpRequest
from ninja import Router, Status

from hanare_server.access import drain, resumption
from hanare_server.access import suspend as stopping
from hanare_server.access.act import act
from hanare_server.access.standing import Kind
from hanare_server.api.bearer import account_of
from hanare_server.api.demands import answers, demands
from hanare_server.api.directory_shapes import OneTimeCode
from hanare_server.api.lending_shapes import Lending, LoanRow
from hanare_server.api.reads import loan_row
from hanare_server.api.session_shapes import Stop
from hanare_server.api.shapes import Standing, Why
from hanare_server.api.things import Identifier, actor
from hanare_server.approvals import codes, requests
from hanare_server.approvals.models import Loosening, Request
from hanare_server.console import scope, stop
from hanare_server.console.roles import Permission
from hanare_server.directory.models import Gateway, Stick, User
from hanare_server.lending import loans

router = Router()


class Things(StrEnum):
    """What the API stops: the whole organisation is left to people."""

    DEPARTMENTS = "departments"
    SESSIONS = "sessions"
    STICKS = "sticks"
    USERS = "users"


_KINDS: Final = {
    Things.DEPARTMENTS: Kind.DEPARTMENT,
    Things.SESSIONS: Kind.SESSION,
    Things.STICKS: Kind.STICK,
    Things.USERS: Kind.USER,
}


@router.post("/{things}/{identifier}/suspend", response=answers(Stop), **demands(Permission.SUSPEND))
def suspend(request: HttpRequest, things: Things, identifier: Identifier, why: Why | None = None) -> dict[str, Any]:
    """Stop it; the answer has the receipts that came within two seconds. Repeating it changes nothing."""
    account, kind = account_of(request), _KINDS[things]
    stop.must_see(account, kind, identifier)
    return stop.told(stopping.suspend(account.here.pk, actor(account), kind, identifier, why=_said(why)))


@router.post("/{things}/{identifier}/resume", response=answers(Standing), **demands(Permission.RESUME))
def resume(request: HttpRequest, things: Things, identifier: Identifier, why: Why | None = None) -> Standing:
    """Let it work again, or ask for it (`waiting`) where that takes two; a stopped session stays ended (409)."""
    account, kind = account_of(request), _KINDS[things]
    stop.must_see(account, kind, identifier)
    if resumption.takes_two(account.here.pk, actor(account), kind, [identifier]):
        what = {"kind": kind.value, "identifiers": [identifier]}
        requests.ask(account, Loosening.RESUME, what, _said(why))
        return Standing(state="waiting")
    stopping.resume(account.here.pk, actor(account), kind, identifier, why=_said(why))
    return Standing(state="active")


@router.post("/sticks/{identifier}/lost", response=answers(Stop), **demands(Permission.SUSPEND))
def lost(request: HttpRequest, identifier: Identifier) -> dict[str, Any]:
    """Stop the stick and put its loss on record: from then on it takes two to resume it."""
    account = account_of(request)
    return stop.told(loans.report_lost(account.here.pk, actor(account), scope.one(account, Stick, identifier)))


@router.post("/gateways/{identifier}/drain", response=answers(Standing), **demands(Permission.GATEWAYS_EDIT))
def drain_gateway(request: HttpRequest, identifier: Identifier) -> Standing:
    """Let no new session come to the gateway; those that it has go on. `draining-last`: no other takes any."""
    account = account_of(request)
    gateway = scope.one(account, Gateway, identifier)
    others = drain.set_draining(account.here.pk, actor(account), gateway.pk, draining=True)
    return Standing(state="draining" if others else "draining-last")


@router.post("/gateways/{identifier}/undrain", response=answers(Standing), **demands(Permission.GATEWAYS_EDIT))
def undrain_gateway(request: HttpRequest, identifier: Identifier) -> Standing:
    """Let new sessions come again."""
    account = account_of(request)
    gateway = scope.one(account, Gateway, identifier)
    drain.set_draining(account.here.pk, actor(account), gateway.pk, draining=False)
    return Standing(state="active")


@router.post("/sticks/{identifier}/lend", response=answers(LoanRow), **demands(Permission.LEND))
def lend(request: HttpRequest, identifier: Identifier, lending: Lending) -> LoanRow:
    """Lend the stick to a user until the end of a day."""
    account = account_of(request)
    with act(account.here.pk, actor(account)) as opened:
        stick, user = scope.one(account, Stick, identifier), scope.one(account, User, lending.user)
        return loan_row(loans.lend(opened, stick, user, lending.due))


@router.post("/sticks/{identifier}/take-back", response=answers(Standing), **demands(Permission.LEND))
def take_back(request: HttpRequest, identifier: Identifier) -> Standing:
    """Take the stick back; one that is not out stays as it is."""
    account = account_of(request)
    with act(account.here.pk, actor(account)) as opened:
        loans.take_back(opened, scope.one(account, Stick, identifier))
    return Standing(state="in-office")


@router.post(
    "/users/{identifier}/one-time-code", response=answers(OneTimeCode, waiting=True), **demands(Permission.CODE_ISSUE)
)
def one_time_code(
    request: HttpRequest, identifier: Identifier, why: Why | None = None
) -> Status[OneTimeCode | Standing]:
    """Destroy the user's PIN and give a one-time code, in clear this once; 202: many of them take a second person.

    When that was approved, ask again.
    """
    account = account_of(request)
    user = scope.one(account, User, identifier)
    issued = codes.issue(account, user, _said(why))
    if isinstance(issued, Request):
        return Status(HTTPStatus.ACCEPTED, Standing(state="waiting"))
    return Status(HTTPStatus.OK, OneTimeCode(code=issued.code, not_after_ms=issued.not_after_ms))


def _said(why: Why | None) -> str:
    return why.reason if why else ""
