"""Acts on many rows at once: first what it would do, then all of it in one act or nothing of it."""

from typing import Any, Final

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from hanare_core.problems import Code, Problem
from hanare_server.approvals import waiting
from hanare_server.approvals.models import Request
from hanare_server.console import lists, reasons, scope
from hanare_server.console.guard import View, administrator, permitted
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission
from hanare_server.directory import many
from hanare_server.directory.models import Department
from hanare_server.directory.pages.kinds import COME_BACK, LEAVE, MOVE, RESUME, SUSPEND, Kind

NAMED: Final = 20
"""Rows that the confirmation names; of the others it says how many."""


def view_of(kind: Kind) -> View:
    """Return the view that asks, and with `confirmed` does."""

    @permitted(Permission.DIRECTORY_EDIT)
    @require_POST
    def view(request: HttpRequest) -> HttpResponse:
        account, wanted = administrator(request), request.POST.get("act", "")
        if wanted not in {bulk.name for bulk in kind.bulk}:
            raise Problem(Code.MALFORMED, detail={"path": "act"})
        rows = lists.selected(request, kind.table, kind.rows(account))
        if not request.POST.get("confirmed"):
            return _ask(request, account, kind, rows)
        done = _done(request, account, kind, list(rows.order_by("pk")[: many.MOST + 1]))
        if isinstance(done, Request):
            return waiting.show(request, done)
        messages.success(request, gettext("Done: {count} rows.").format(count=done))
        return redirect(f"directory:{kind.word}")

    return view


def _ask(request: HttpRequest, account: Administrator, kind: Kind, rows: QuerySet[Any]) -> HttpResponse:
    wanted = request.POST["act"]
    count = rows.order_by()[: many.MOST + 1].count()
    context = {
        "heading": next(bulk.label for bulk in kind.bulk if bulk.name == wanted),
        "kind": kind,
        "act": wanted,
        "count": count,
        "too_many": count > many.MOST,
        "most": many.MOST,
        "named": list(rows.order_by("pk")[:NAMED]),
        "rest": max(0, count - NAMED),
        "ticked": request.POST.getlist("row"),
        "all": request.POST.get("all", ""),
        "query": request.POST.get("query", ""),
        "departments": scope.rows(account, Department).order_by("name", "pk") if wanted == MOVE.name else [],
        "list_address": reverse(f"directory:{kind.word}"),
        "danger": wanted in {SUSPEND.name, LEAVE.name},
        "said": _SAID.get(wanted, ""),
        "asks_why": wanted != MOVE.name,
        "needs_why": wanted in {RESUME.name, COME_BACK.name, LEAVE.name},
    }
    return render(request, "directory/bulk.html", context)


def _done(request: HttpRequest, account: Administrator, kind: Kind, rows: list[Any]) -> int | Request:
    """Do what the form wants; return how many rows, or the request that waits for a second person."""
    wanted = request.POST["act"]
    if wanted == MOVE.name:
        target = scope.one(account, Department, request.POST.get("department", ""))
        return many.move(account, kind.thing, rows, target)
    if wanted == SUSPEND.name:
        return many.suspend(account, kind.thing, rows, reasons.given(request))
    if wanted == RESUME.name:
        return many.ask_or_resume(account, kind.thing, rows, reasons.required(request))
    leaves = wanted == LEAVE.name
    return (many.ask_or_leave if leaves else many.ask_or_bring_back)(account, rows, reasons.required(request))


_SAID: Final = {
    LEAVE.name: gettext_lazy(
        "Their sessions end at once, the PIN is destroyed and reservations are cancelled. A stick that they still hold "
        "is due now. Their records stay for ever. Many at once take a second administrator."
    ),
    COME_BACK.name: gettext_lazy("Who came back stands as before and needs a new one-time code for a new PIN."),
}
"""What an act means for those whom it concerns."""
