"""The audit list: every act, newest first, a page at a time."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hanare_server.audit.models import AuditRow
from hanare_server.console import scope
from hanare_server.console.guard import administrator, permitted
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission
from hanare_server.directory.models import Department, Gateway, OfficePC, Stick, User

PAGE_ROWS: Final = 100

_DIGITS: Final = 18
"""Longest row number in an address: still a 64-bit integer."""


@permitted(Permission.AUDIT_READ)
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show one page of rows, those with a number below `?before=`."""
    account = administrator(request)
    found = scope.rows(account, AuditRow).order_by("-number")
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) <= _DIGITS:
        found = found.filter(number__lt=int(before))
    rows = list(found[: PAGE_ROWS + 1])
    more = rows[PAGE_ROWS - 1].number if len(rows) > PAGE_ROWS else None
    shown = rows[:PAGE_ROWS]
    names = _names(account, {row.object for row in shown} | {row.actor for row in shown})
    lines = [(row, names.get(row.actor, row.actor), names.get(row.object, row.object)) for row in shown]
    return render(request, "console/audit.html", {"lines": lines, "more": more})


def _names(account: Administrator, identifiers: set[str]) -> dict[str, str]:
    """Return the names for people of those ids that have one."""
    models = (Administrator, Department, Gateway, OfficePC, Stick, User)
    return {row.pk: str(row) for model in models for row in scope.rows(account, model).filter(pk__in=identifiers)}
