"""Acts on many users or sticks at once, all or nothing, by the functions that the console's lists call."""

from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any, Final

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status
from pydantic import ConfigDict

from hanare_core.problems import Code, Problem
from hanare_server.api.bearer import account_of
from hanare_server.api.demands import answers, demands
from hanare_server.api.shapes import Id, Reason, Standing, Why
from hanare_server.approvals.models import Request
from hanare_server.console import scope
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission
from hanare_server.directory import many
from hanare_server.directory.models import Department, Stick, User
from hanare_server.directory.pages import kinds

router = Router()


class Many(StrEnum):
    """What there are many of."""

    STICKS = "sticks"
    USERS = "users"


class Chosen(Schema):
    """Which ones."""

    model_config = ConfigDict(extra="forbid")

    rows: Annotated[list[Id], Field(min_length=1, max_length=many.MOST)]


class Moving(Chosen):
    """Which ones go to which department."""

    department: Id


class Standstill(Chosen, Why):
    """Which ones are to stop or to work again, and why."""


class Leaving(Chosen):
    """Which users left or came back, and why: whoever approves reads it, and the log keeps it."""

    reason: Annotated[Reason, Field(min_length=1)]


class Changed(Schema):
    """How many were not so before."""

    changed: int


_MODELS: Final = {Many.STICKS: Stick, Many.USERS: User}
_THINGS: Final = {kind.word: kind.thing for kind in kinds.KINDS}


@router.post("/many/move/{things}", response=answers(Changed), **demands(Permission.DIRECTORY_EDIT))
def move(request: HttpRequest, things: Many, wanted: Moving) -> Changed:
    """Move all of these to a department; 404, and nothing is moved, where one of them does not exist."""
    account = account_of(request)
    target = scope.one(account, Department, wanted.department)
    return Changed(changed=many.move(account, _THINGS[things], _rows(account, things, wanted), target))


@router.post("/many/suspend/{things}", response=answers(Changed), **demands(Permission.SUSPEND))
def suspend(request: HttpRequest, things: Many, wanted: Standstill) -> Changed:
    """Suspend all of these; a stop of many lapses after an hour unless a second person confirms it."""
    account = account_of(request)
    found = _rows(account, things, wanted)
    return Changed(changed=many.suspend(account, _THINGS[things], found, wanted.reason))


@router.post("/many/resume/{things}", response=answers(Changed, waiting=True), **demands(Permission.RESUME))
def resume(request: HttpRequest, things: Many, wanted: Standstill) -> Status[Changed | Standing]:
    """Resume all of these, or ask for it (202) where that takes two."""
    account = account_of(request)
    return _answer(many.ask_or_resume(account, _THINGS[things], _rows(account, things, wanted), wanted.reason))


@router.post("/many/leave/users", response=answers(Changed, waiting=True), **demands(Permission.DIRECTORY_EDIT))
def leave(request: HttpRequest, wanted: Leaving) -> Status[Changed | Standing]:
    """Mark these users as left, at once and with their sessions, or ask for it (202) where that takes two."""
    account = account_of(request)
    return _answer(many.ask_or_leave(account, _rows(account, Many.USERS, wanted), wanted.reason))


@router.post("/many/bring-back/users", response=answers(Changed, waiting=True), **demands(Permission.DIRECTORY_EDIT))
def bring_back(request: HttpRequest, wanted: Leaving) -> Status[Changed | Standing]:
    """Bring these users back, as they stood and without a PIN, or ask for it (202) where that takes two."""
    account = account_of(request)
    return _answer(many.ask_or_bring_back(account, _rows(account, Many.USERS, wanted), wanted.reason))


def _answer(done: int | Request) -> Status[Changed | Standing]:
    if isinstance(done, Request):
        return Status(HTTPStatus.ACCEPTED, Standing(state="waiting"))
    return Status(HTTPStatus.OK, Changed(changed=done))


def _rows(account: Administrator, things: Many, wanted: Chosen) -> list[Any]:
    named = set(wanted.rows)
    found = list(scope.rows(account, _MODELS[things]).filter(pk__in=named).select_related("department").order_by("pk"))
    if len(found) != len(named):
        raise Problem(Code.NOT_FOUND)
    return found
