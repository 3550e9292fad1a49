"""The pages of working hours and usage."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from hanare_core.problems import Code, Problem
from hanare_server.access.models import Session
from hanare_server.clock import MINUTE_MS, now_ms
from hanare_server.console import addresses, cells, scope
from hanare_server.console.cells import Cell
from hanare_server.console.guard import administrator, permitted
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission
from hanare_server.directory.models import Department, User
from hanare_server.reports import attendance, counted, plot
from hanare_server.reports.hours import Day, Total, total
from hanare_server.reports.rows import Month, worked

PAGE_USERS: Final = 50
SEARCHED_CHARACTERS: Final = 64


@permitted(Permission.HOURS_READ)
@require_safe
def hours(request: HttpRequest) -> HttpResponse:
    """List the users with their month."""
    account = administrator(request)
    month = _month(request, account)
    # By their keys first: all of them are put in order, and only those of one page come with their profiles.
    keys = _users(request, account).select_related(None).values_list("pk", flat=True)
    page = Paginator(keys, PAGE_USERS).get_page(request.GET.get("page"))
    users = list(_everybody(account).filter(pk__in=list(page.object_list)))
    found = worked(account.here, users, scope.rows(account, Session), month, now_ms())
    departments = scope.rows(account, Department).order_by("name").values_list("pk", "name")
    context = {
        "heading": gettext("Working hours"),
        "lead": _plainly(),
        "month": month,
        "lines": [_line(user, total(found[user.pk]), month) for user in users],
        "page": page,
        "departments": cells.options(departments, request.GET.get("department", "")),
        "wish": {name: request.GET.get(name, "")[:SEARCHED_CHARACTERS] for name in ("q", "department")},
    }
    return render(request, "reports/hours.html", context)


@permitted(Permission.HOURS_READ)
@require_safe
def hours_of(request: HttpRequest, identifier: str) -> HttpResponse:
    """Show one user's month, day by day."""
    account = administrator(request)
    month = _month(request, account)
    user = _everybody(account).filter(pk=identifier).first()
    if user is None:
        raise Problem(Code.NOT_FOUND)
    days = worked(account.here, [user], scope.rows(account, Session), month, now_ms())[user.pk]
    context = {
        "heading": gettext("Working hours of %(name)s") % {"name": user},
        "lead": _plainly(),
        "month": month,
        "user_row": user,
        "days": [_drawn(day, month) for day in days],
        "sum": _minutes(total(days)),
        "plot": plot.calendar(days, month),
    }
    return render(request, "reports/hours_of.html", context)


@permitted(Permission.HOURS_READ)
@require_safe
def hours_file(request: HttpRequest) -> HttpResponseBase:
    """Give the month of everybody as CSV."""
    account = administrator(request)
    month = _month(request, account)
    encoding = request.GET.get("encoding", "utf-8")
    if encoding not in attendance.ENCODINGS:
        raise Problem(Code.MALFORMED, detail={"path": "encoding"})
    answer = StreamingHttpResponse(
        attendance.lines(_in_batches(request, account, month), month, encoding),
        content_type=f"text/csv; charset={encoding}",
    )
    answer["Content-Disposition"] = f'attachment; filename="hours-{month.text}.csv"'
    return answer


@permitted(Permission.USAGE_READ)
@require_safe
def use(request: HttpRequest) -> HttpResponse:
    """Show the month's usage."""
    account = administrator(request)
    month = _month(request, account)
    found, refused, counted_ms = counted.of(account, month)
    context = {
        "heading": gettext("Usage"),
        "lead": gettext(
            "What the sticks were used for, by day and department: for the question whether it was worth it."
        ),
        "month": month,
        "usage": found,
        "plot": plot.columns([(day.day, day.sticks) for day in found.days]),
        "refused": refused,
        "counted_ms": counted_ms,
        "reliability": _share(found.sessions - found.broken, found.sessions),
        "let_in": _share(found.sessions, found.sessions + refused["ours"]),
    }
    return render(request, "reports/usage.html", context)


def _plainly() -> str:
    return gettext(
        "Computed from the sessions alone: when they began and ended. There are no keystrokes and no screenshots."
    )


def _month(request: HttpRequest, account: Administrator) -> Month:
    today = date.fromtimestamp(now_ms() / 1000)  # noqa: DTZ012 the month of the server's day is only the first shown
    return Month.of(request.GET.get("month", ""), account.here, today)


def _everybody(account: Administrator) -> QuerySet[User]:
    users = scope.rows(account, User).select_related("department__profile", "profile")
    return users.order_by("department__name", "name", "pk")


def _users(request: HttpRequest, account: Administrator) -> QuerySet[User]:
    found = _everybody(account).exclude(state=User.State.GONE)
    searched = request.GET.get("q", "").replace("\0", "").strip()[:SEARCHED_CHARACTERS]
    department = request.GET.get("department", "").replace("\0", "")
    if searched:
        found = found.filter(Q(name__icontains=searched) | Q(full_name__icontains=searched))
    return found.filter(department=department) if department else found


def _in_batches(request: HttpRequest, account: Administrator, month: Month) -> Iterator[tuple[User, list[Day]]]:
    """Give every user with their days, some users at a time: a year of 10,000 users never stands in memory."""
    pages = Paginator(_users(request, account), PAGE_USERS)
    now = now_ms()
    for number in pages.page_range:
        users = list(pages.page(number).object_list)
        found = worked(account.here, users, scope.rows(account, Session), month, now)
        yield from ((user, found[user.pk]) for user in users)


def _line(user: User, summed: Total, month: Month) -> SafeString:
    address = f"{addresses.of('reports:hours-of', user.pk)}?month={month.text}"
    numbers = "".join(f'<td class="number">{text}</td>' for text in _minutes(summed).values())
    return SafeString(cells.draw(Cell(str(user), address)) + cells.draw(user.department.name) + numbers)


def _minutes(summed: Total) -> dict[str, str]:
    return {
        "days": str(summed.days),
        "active": _span(summed.active_ms),
        "idle": _span(summed.idle_ms),
        "late": _span(summed.late_ms),
        "holidays": str(summed.holidays),
    }


def _drawn(day: Day, month: Month) -> dict[str, Any]:
    return {
        "day": day.day,
        "start": attendance.clock(day.start, day, month),
        "end": attendance.clock(day.end, day, month),
        "active": _span(day.active_ms),
        "idle": _span(day.idle_ms),
        "late": _span(day.late_ms),
        "holiday": day.holiday,
        "weekday": datetime(day.day.year, day.day.month, day.day.day),  # noqa: DTZ001 for its weekday's name
    }


def _span(length_ms: int) -> str:
    minutes = length_ms // MINUTE_MS
    return f"{minutes // 60}:{minutes % 60:02}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"
