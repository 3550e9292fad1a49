"""The lists: each is one row scope, its filters, and a page of at most 200 rows in the order of the ids."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from ninja import Query, Router

from hanare_core.problems import Code, Problem
from hanare_server.access.models import Session
from hanare_server.api.audit_shapes import AuditLine, AuditPage, AuditWish
from hanare_server.api.bearer import account_of
from hanare_server.api.demands import answers, demands
from hanare_server.api.directory_shapes import (
    AdministratorRow,
    DepartmentRow,
    GatewayRow,
    OfficePCRow,
    ProfileRow,
    StandingWish,
    StickRow,
    UserRow,
)
from hanare_server.api.lending_shapes import LoanRow, LoanWish
from hanare_server.api.session_shapes import SessionRow, SessionWish
from hanare_server.api.shapes import Page, Wish
from hanare_server.audit.models import AuditRow
from hanare_server.console import scope
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission
from hanare_server.directory.models import Department, Gateway, Loan, OfficePC, Profile, Stick, User

M = TypeVar("M", bound=Model)
R = TypeVar("R")

NAME_SHOWN: Final = 64
"""Characters of an unknown filter's name in the answer."""

router = Router()


@router.get("/sessions", response=answers(Page[SessionRow]), **demands(Permission.LIVE_READ))
def sessions(request: HttpRequest, wish: Query[SessionWish]) -> Page[SessionRow]:
    """List who is using it now."""
    found = rows(request, Session, wish).filter(state=Session.State.OPEN)
    return page(found.select_related("user").prefetch_related("leases"), wish, session_row)


@router.get("/sticks", response=answers(Page[StickRow]), **demands(Permission.DIRECTORY_READ))
def sticks(request: HttpRequest, wish: Query[StandingWish]) -> Page[StickRow]:
    """List sticks."""
    return page(rows(request, Stick, wish), wish, stick_row)


@router.get("/users", response=answers(Page[UserRow]), **demands(Permission.DIRECTORY_READ))
def users(request: HttpRequest, wish: Query[StandingWish]) -> Page[UserRow]:
    """List users."""
    return page(rows(request, User, wish), wish, user_row)


@router.get("/departments", response=answers(Page[DepartmentRow]), **demands(Permission.DIRECTORY_READ))
def departments(request: HttpRequest, wish: Query[Wish]) -> Page[DepartmentRow]:
    """List departments."""
    return page(rows(request, Department, wish), wish, department_row)


@router.get("/office-pcs", response=answers(Page[OfficePCRow]), **demands(Permission.DIRECTORY_READ))
def office_pcs(request: HttpRequest, wish: Query[Wish]) -> Page[OfficePCRow]:
    """List office PCs."""
    return page(rows(request, OfficePC, wish), wish, office_pc_row)


@router.get("/gateways", response=answers(Page[GatewayRow]), **demands(Permission.GATEWAYS_READ))
def gateways(request: HttpRequest, wish: Query[Wish]) -> Page[GatewayRow]:
    """List gateways."""
    return page(rows(request, Gateway, wish), wish, _plain(GatewayRow))


@router.get("/profiles", response=answers(Page[ProfileRow]), **demands(Permission.SETTINGS_READ))
def profiles(request: HttpRequest, wish: Query[Wish]) -> Page[ProfileRow]:
    """List profiles with their settings."""
    return page(rows(request, Profile, wish), wish, _plain(ProfileRow))


@router.get("/loans", response=answers(Page[LoanRow]), **demands(Permission.LOANS_READ))
def loans(request: HttpRequest, wish: Query[LoanWish]) -> Page[LoanRow]:
    """List loans, also those that are over."""
    return page(rows(request, Loan, wish), wish, loan_row)


@router.get("/administrators", response=answers(Page[AdministratorRow]), **demands(Permission.ADMINISTRATORS_READ))
def administrators(request: HttpRequest, wish: Query[Wish]) -> Page[AdministratorRow]:
    """List console accounts."""
    return page(rows(request, Administrator, wish), wish, _plain(AdministratorRow))


@router.get("/audit", response=answers(AuditPage), **demands(Permission.AUDIT_READ))
def audit(request: HttpRequest, wish: Query[AuditWish]) -> AuditPage:
    """List the audit log, newest first."""
    found = rows(request, AuditRow, wish).filter(**wish.filters()).order_by("-number")
    there = list(found[: wish.limit + 1])
    lines = [AuditLine.from_orm(row) for row in there[: wish.limit]]
    return AuditPage(rows=lines, next=lines[-1].number if len(there) > wish.limit else None)


def loan_row(loan: Loan) -> LoanRow:
    """Return a loan's row."""
    return LoanRow(
        id=loan.pk,
        stick=loan.stick_id,
        user=loan.user_id,
        since_ms=loan.since_ms,
        due_ms=loan.due_ms,
        returned_ms=loan.returned_ms,
    )


def rows(request: HttpRequest, model: type[M], wish: Wish | AuditWish) -> QuerySet[M]:
    """Return what the account may see. A filter that does not exist is refused: ignored, it would show too much."""
    for name in request.GET:
        if name not in type(wish).model_fields:
            raise Problem(Code.MALFORMED, detail={"path": f"query.{name[:NAME_SHOWN]}"})
    return scope.rows(account_of(request), model)


def page(found: QuerySet[M], wish: Wish, row: Callable[[M], R]) -> Page[R]:
    """Return the rows after the last one that the program has, and what it asks for next."""
    narrowed = found.filter(**wish.filters())
    if wish.after is not None:
        narrowed = narrowed.filter(pk__gt=wish.after)
    things = list(narrowed.order_by("pk")[: wish.limit + 1])
    shown = things[: wish.limit]
    return Page(rows=[row(thing) for thing in shown], next=str(shown[-1].pk) if len(things) > wish.limit else None)


def session_row(session: Session) -> SessionRow:
    """Return an open session's row."""
    return SessionRow(
        id=session.pk,
        stick=session.stick_id,
        user=session.user_id,
        user_name=session.user.name,
        department=session.department_id,
        office_pc=session.office_pc_id,
        opened_ms=session.opened_ms,
        ends_ms=session.ends_ms,
        gateways=[lease.gateway_id for lease in session.leases.all()],
    )


def stick_row(stick: Stick) -> StickRow:
    """Return a stick's row."""
    return StickRow(
        id=stick.pk,
        label=stick.label,
        department=stick.department_id,
        state=stick.state,
        image=stick.image,
        seen_ms=stick.seen_ms,
    )


def user_row(user: User) -> UserRow:
    """Return a user's row."""
    return UserRow(
        id=user.pk,
        name=user.name,
        full_name=user.full_name,
        department=user.department_id,
        state=user.state,
        has_pin=bool(user.envelope),
        permitted_until_ms=user.permitted_until_ms,
    )


def department_row(department: Department) -> DepartmentRow:
    """Return a department's row."""
    return DepartmentRow(
        id=department.pk, name=department.name, suspended=department.suspended, profile=department.profile_id
    )


def office_pc_row(office_pc: OfficePC) -> OfficePCRow:
    """Return an office PC's row."""
    return OfficePCRow(
        id=office_pc.pk,
        name=office_pc.name,
        user=office_pc.user_id,
        kind=office_pc.kind,
        address=office_pc.address,
        port=office_pc.port,
        zone=office_pc.zone,
    )


def _plain(shape: Any) -> Callable[[Any], Any]:
    """Return what makes a row from the fields of the same names."""
    make: Callable[[Any], Any] = shape.from_orm
    return make
