"""Working hours, usage, what holds for a user, why one cannot sign in, and what waits for a second person."""

from datetime import date
from typing import cast

import msgspec
from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Router

from hanare_core.problems import Code, Problem
from hanare_server.access.models import Session
from hanare_server.api.bearer import account_of
from hanare_server.api.demands import answers, demands
from hanare_server.api.reads import page, rows
from hanare_server.api.report_shapes import (
    Against,
    ApprovalRow,
    Explained,
    Held,
    HeldSettings,
    HoursDay,
    HoursRow,
    HoursWish,
    MonthWish,
    UsageMonth,
    UsedDay,
    UsedDepartment,
    WhenWish,
)
from hanare_server.api.shapes import Page, Wish
from hanare_server.api.things import Identifier
from hanare_server.approvals.models import Request
from hanare_server.clock import now_ms
from hanare_server.console import scope
from hanare_server.console.language import reader_language
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission
from hanare_server.directory.models import Stick, User
from hanare_server.helpdesk.explain import explain
from hanare_server.profiles.resolve import layers_of, resolve
from hanare_server.reports import counted
from hanare_server.reports.hours import Day
from hanare_server.reports.rows import Month, worked

router = Router()


@router.get("/hours", response=answers(Page[HoursRow]), **demands(Permission.HOURS_READ))
def hours(request: HttpRequest, wish: Query[HoursWish]) -> Page[HoursRow]:
    """List each user's days of a month, as the console's file for attendance systems has them."""
    account = account_of(request)
    month = _month(account, wish.month)
    users = rows(request, User, wish).exclude(state=User.State.GONE).select_related("department__profile", "profile")
    found = page(users, wish, lambda user: user)
    days = worked(account.here, found.rows, scope.rows(account, Session), month, now_ms())
    return Page(rows=[_hours_row(user, days[user.pk]) for user in found.rows], next=found.next)


@router.get("/usage", response=answers(UsageMonth), **demands(Permission.USAGE_READ))
def usage(request: HttpRequest, wish: Query[MonthWish]) -> UsageMonth:
    """Tell what the sticks were used for in a month."""
    account = account_of(request)
    month = _month(account, wish.month)
    found, refused, counted_ms = counted.of(account, month)
    return UsageMonth(
        month=month.text,
        counted_ms=counted_ms,
        days=[UsedDay(**day._asdict()) for day in found.days],
        departments=[
            UsedDepartment(name=name, sticks=sticks, users=users, hours=spent)
            for name, sticks, users, spent in found.departments
        ],
        sessions=found.sessions,
        broken=found.broken,
        peak=found.peak,
        refused=refused,
    )


@router.get("/users/{identifier}/settings", response=answers(HeldSettings), **demands(Permission.SETTINGS_READ))
def settings(request: HttpRequest, identifier: Identifier) -> HeldSettings:
    """Tell every setting that holds for the user, and where it comes from."""
    account = account_of(request)
    resolved = resolve(layers_of(account.here, _user(account, identifier)))
    values = cast("dict[str, object]", msgspec.to_builtins(resolved.settings))
    return HeldSettings(
        settings=[
            Held(field=field, value=values[field], level=layer.level.value, profile=layer.profile)
            for field, layer in resolved.origins.items()
        ]
    )


@router.get("/users/{identifier}/explanation", response=answers(Explained), **demands(Permission.EXPLAIN))
def explanation(request: HttpRequest, identifier: Identifier, wish: Query[WhenWish]) -> Explained:
    """Tell whether the user could sign in, by the function that decides it, with every reason if not."""
    account = account_of(request)
    user = _user(account, identifier)
    stick = scope.one(account, Stick, wish.stick) if wish.stick else None
    at_ms = now_ms() if wish.at_ms is None else wish.at_ms
    found = explain(account.here, user, stick, now_ms=at_ms, language=reader_language())
    return Explained(
        stick=None if found.supposed else found.stick.pk,
        has_pin=found.has_pin,
        reasons=[Against(code=code.value, title=said.title, next=said.next) for code, said in found.reasons],
    )


@router.get("/approvals", response=answers(Page[ApprovalRow]), **demands(Permission.APPROVALS_READ))
def approvals(request: HttpRequest, wish: Query[Wish]) -> Page[ApprovalRow]:
    """List what waits for a second person, and what was decided."""
    return page(rows(request, Request, wish), wish, _approval_row)


def _month(account: Administrator, text: str | None) -> Month:
    today = date.fromtimestamp(now_ms() / 1000)  # noqa: DTZ012 the month of the server's day is only the first shown
    return Month.of(text or "", account.here, today)


def _user(account: Administrator, identifier: str) -> User:
    users: QuerySet[User] = scope.rows(account, User).select_related("department__profile", "profile")
    found = users.filter(pk=identifier).first()
    if found is None:
        raise Problem(Code.NOT_FOUND)
    return found


def _hours_row(user: User, days: list[Day]) -> HoursRow:
    return HoursRow(
        user=user.pk,
        name=user.name,
        department=user.department_id,
        days=[
            HoursDay(
                day=day.day,
                start_ms=day.start,
                end_ms=day.end,
                active_ms=day.active_ms,
                idle_ms=day.idle_ms,
                late_ms=day.late_ms,
                day_off=day.holiday,
            )
            for day in days
        ],
    )


def _approval_row(row: Request) -> ApprovalRow:
    expired = row.state == Request.State.WAITING and row.expires_ms <= now_ms()
    return ApprovalRow(
        id=row.pk,
        act=row.act,
        state=Request.State.EXPIRED.value if expired else row.state,
        reason=row.reason,
        requester=row.requester_id,
        asked_ms=row.asked_ms,
        expires_ms=row.expires_ms,
        decided_by=row.decided_by_id,
        decided_ms=row.decided_ms,
    )
