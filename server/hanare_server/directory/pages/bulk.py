"""Acts on many rows at once: first what it would do, then all of it in one act or nothing of it."""

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from hanare_core.problems import Code, Problem
from hanare_server.access import reassigned, resumption, standing
from hanare_server.access import suspend as stopping
from hanare_server.access.act import act
from hanare_server.approvals import requests, waiting
from hanare_server.approvals.models import Loosening
from hanare_server.audit.log import Act, Thing
from hanare_server.console import lists, scope
from hanare_server.console.guard import View, administrator, permitted
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission
from hanare_server.directory.models import Department, Stick, User
from hanare_server.directory.pages import change
from hanare_server.directory.pages.kinds import MOVE, RESUME, SUSPEND, Kind

MOST: Final = 5_000
"""Rows of one act: a bigger one would hold the organisation's lock for longer than a sign-in should wait."""

NAMED: Final = 20
"""Rows that the confirmation names; of the others it says how many."""


def view_of(kind: Kind) -> View:
    """Return the view that asks, and with `confirmed` does."""

    @permitted(Permission.DIRECTORY_EDIT)
    @require_POST
    def view(request: HttpRequest) -> HttpResponse:
        account, wanted = administrator(request), request.POST.get("act", "")
        if wanted not in _DO or wanted not in {bulk.name for bulk in kind.bulk}:
            raise Problem(Code.MALFORMED, detail={"path": "act"})
        rows = lists.selected(request, kind.table, kind.rows(account))
        if not request.POST.get("confirmed"):
            return _ask(request, account, kind, rows)
        chosen = list(rows.order_by("pk")[: MOST + 1])
        if wanted == RESUME.name and (asked := _ask_to_resume(request, account, kind, chosen)) is not None:
            return asked
        done = _DO[wanted](request, account, kind, chosen)
        messages.success(request, gettext("Done: {count} rows.").format(count=done))
        return redirect(f"directory:{kind.word}")

    return view


def _ask(request: HttpRequest, account: Administrator, kind: Kind, rows: QuerySet[Any]) -> HttpResponse:
    wanted = request.POST["act"]
    count = rows.order_by()[: MOST + 1].count()
    context = {
        "heading": next(bulk.label for bulk in kind.bulk if bulk.name == wanted),
        "kind": kind,
        "act": wanted,
        "count": count,
        "too_many": count > MOST,
        "most": MOST,
        "named": list(rows.order_by("pk")[:NAMED]),
        "rest": max(0, count - NAMED),
        "ticked": request.POST.getlist("row"),
        "all": request.POST.get("all", ""),
        "query": request.POST.get("query", ""),
        "departments": scope.rows(account, Department).order_by("name", "pk") if wanted == MOVE.name else [],
        "list_address": reverse(f"directory:{kind.word}"),
        "danger": wanted == SUSPEND.name,
    }
    return render(request, "directory/bulk.html", context)


def _move(request: HttpRequest, account: Administrator, kind: Kind, rows: list[Any]) -> int:
    _not_too_many(rows)
    target = scope.one(account, Department, request.POST.get("department", ""))
    with act(account.here.pk, change.actor(account)) as opened:
        moved = [row for row in rows if row.department_id != target.pk]
        for row in moved:
            before = row.department
            row.department = target
            change.write(opened, row)
            detail = {"department": f"{before or '–'} → {target}"}
            opened.write(Act.CHANGED, Thing(kind.thing, row.pk), detail)
        reassigned.end_changed(opened, moved)
    return len(moved)


def _suspend(request: HttpRequest, account: Administrator, kind: Kind, rows: list[Any]) -> int:
    del request
    _not_too_many(rows)
    found = [row for row in rows if row.state == _ACTIVE]
    keys = [row.pk for row in found]
    stopping.suspend_many(account.here.pk, change.actor(account), standing.Kind(kind.thing), keys)
    return len(found)


def _resume(request: HttpRequest, account: Administrator, kind: Kind, rows: list[Any]) -> int:
    del request
    _not_too_many(rows)
    found = [row for row in rows if row.state == _SUSPENDED]
    keys = [row.pk for row in found]
    stopping.resume_many(account.here.pk, change.actor(account), standing.Kind(kind.thing), keys)
    return len(found)


def _ask_to_resume(request: HttpRequest, account: Administrator, kind: Kind, rows: list[Any]) -> HttpResponse | None:
    """Return the page of the request when these take two people; None when one may resume them."""
    _not_too_many(rows)
    thing, keys = standing.Kind(kind.thing), [row.pk for row in rows if row.state == _SUSPENDED]
    if not resumption.takes_two(account.here.pk, change.actor(account), thing, keys):
        return None
    return waiting.show(request, requests.ask(account, Loosening.RESUME, {"kind": thing.value, "identifiers": keys}))


def _not_too_many(rows: list[Any]) -> None:
    if len(rows) > MOST:
        raise Problem(Code.TOO_LARGE, detail={"most": str(MOST)})


_ACTIVE: Final = Stick.State.ACTIVE.value
_SUSPENDED: Final = User.State.SUSPENDED.value

_DO: Final[dict[str, Callable[[HttpRequest, Administrator, Kind, list[Any]], int]]] = {
    MOVE.name: _move,
    SUSPEND.name: _suspend,
    RESUME.name: _resume,
}
