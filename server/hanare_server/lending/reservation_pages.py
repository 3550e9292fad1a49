"""Reserving a stick for somebody's days, and giving it free again."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from hanare_core.problems import Code, Problem
from hanare_server.access.act import act
from hanare_server.console import scope
from hanare_server.console.guard import administrator, permitted
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission
from hanare_server.directory.models import Stick
from hanare_server.directory.pages.change import actor
from hanare_server.lending import loans, reservations
from hanare_server.lending.days import today_of
from hanare_server.lending.fields import borrower, day_of, suggested
from hanare_server.lending.models import Reservation


@permitted(Permission.LEND)
@require_http_methods(["GET", "POST"])
def reserve(request: HttpRequest, identifier: str) -> HttpResponse:
    """Ask for whom and which days; reserve."""
    account = administrator(request)
    stick = scope.one(account, Stick, identifier)
    if request.method == "GET":
        return _ask(request, account, stick)
    user = borrower(account, request.POST.get("user", ""))
    first, last = (day_of(request.POST.get(name, "")) for name in ("first", "last"))
    if user is None or first is None or last is None:
        fault = gettext("There is no such user.") if user is None else gettext("Choose the first and the last day.")
        return _ask(request, account, stick, fault=fault, status=422)
    try:
        with act(account.here.pk, actor(account)) as opened:
            reservations.reserve(opened, scope.one(account, Stick, identifier), user, first, last)
    except Problem as problem:
        return _ask(request, account, stick, fault=fault_of(problem), status=409)
    messages.success(request, gettext("{stick} is reserved for {user}.").format(stick=stick, user=user))
    return redirect("lending:scanned", stick.pk)


@permitted(Permission.LEND)
@require_POST
def cancel(request: HttpRequest, identifier: str) -> HttpResponse:
    """Give the days of a reservation free."""
    account = administrator(request)
    with act(account.here.pk, actor(account)) as opened:
        row = scope.one(account, Reservation, identifier)
        reservations.cancel(opened, row)
    messages.success(request, gettext("The reservation is cancelled."))
    return redirect("lending:scanned", row.stick_id)


def fault_of(problem: Problem) -> str:
    """Return why the stick is not to be had, as the form says it."""
    if problem.code is Code.MALFORMED:
        return gettext("The days are over, in the wrong order, or more than a year ahead.")
    if problem.code is Code.NOT_PERMITTED:
        return gettext("This user may not work from home at present.")
    if "reserved" in problem.detail:
        return gettext("Somebody else has reserved it from {day} on.").format(day=problem.detail["reserved"])
    return gettext("The stick is lent out until then, or is no longer used.")


def _ask(
    request: HttpRequest, account: Administrator, stick: Stick, *, fault: str = "", status: int = 200
) -> HttpResponse:
    today = today_of(account.here)
    context = {
        "heading": gettext("Reserve {stick}").format(stick=stick),
        "stick": stick,
        "users": suggested(account, stick),
        "user": request.POST.get("user", ""),
        "first": request.POST.get("first") or (today + timedelta(days=1)).isoformat(),
        "last": request.POST.get("last") or (today + timedelta(days=loans.DUE_DAYS)).isoformat(),
        "fault": fault,
    }
    return render(request, "lending/reserve.html", context, status=status)
