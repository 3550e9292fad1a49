"""The audit list: every act, newest first, searched and filtered, a page at a time; and the whole log as a file.

Searching asks the names first (users, sticks, accounts …), then the log by their ids: it is indexed by actor, object,
act and time, so a log of a million rows answers as a short one does.
"""

from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from hanare_server.approvals import requests, waiting
from hanare_server.approvals.models import Loosening
from hanare_server.audit import export as log_export
from hanare_server.audit import seal
from hanare_server.audit.log import Act
from hanare_server.audit.models import AuditRow
from hanare_server.console import audit_lines, cells, reasons, scope
from hanare_server.console.guard import administrator, permitted
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission
from hanare_server.console.words import ACTS

PAGE_ROWS: Final = 100

SEARCHED_CHARACTERS: Final = 64
"""Longest text that is searched for: an identifier's length."""

NAMED: Final = 200
"""Most things whose name matches a search; a search that matches more is too wide to be one."""

_DIGITS: Final = 18
"""Longest row number in an address: still a 64-bit integer."""


@permitted(Permission.AUDIT_READ)
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show one page of rows, those with a number below `?before=`."""
    account = administrator(request)
    found = _narrowed(account, scope.rows(account, AuditRow), request.GET).order_by("-number")
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) <= _DIGITS:
        found = found.filter(number__lt=int(before))
    rows = list(found[: PAGE_ROWS + 1])
    shown = rows[:PAGE_ROWS]
    names = audit_lines.names_of(account, shown)
    context = {
        "heading": gettext("Audit log"),
        "lead": gettext("Every act and sign-in. No row can be changed; another program can verify the export."),
        "lines": [audit_lines.line(row, names) for row in shown],
        "older": _older(request.GET, rows[PAGE_ROWS - 1].number) if len(rows) > PAGE_ROWS else "",
        "acts": cells.options(_acts(), request.GET.get("act", "")),
        "checkpoint": seal.newest_checkpoint(account.here),
        "wish": {name: request.GET.get(name, "")[:SEARCHED_CHARACTERS] for name in ("q", "act", "from", "until")},
    }
    return render(request, "console/audit.html", context)


@permitted(Permission.AUDIT_EXPORT)
@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    """Ask for the whole log: that takes two people."""
    account = administrator(request)
    return waiting.show(request, requests.ask(account, Loosening.EXPORT_AUDIT, {}, reasons.required(request)))


@permitted(Permission.AUDIT_EXPORT)
@require_POST
def fetch(request: HttpRequest, identifier: str) -> HttpResponseBase:
    """Give the whole log with its checkpoints, as `tools/verify_audit.py` reads it; the export itself is an act."""
    account = administrator(request)
    requests.fetch_export(account, identifier)
    seal.seal(account.here)
    answer = StreamingHttpResponse(log_export.lines(account.here), content_type="application/jsonl")
    answer["Content-Disposition"] = f'attachment; filename="audit-{account.here.pk}.jsonl"'
    return answer


def _narrowed(account: Administrator, rows: QuerySet[AuditRow], wish: QueryDict) -> QuerySet[AuditRow]:
    """Return the rows that the address asks for; what it says wrongly is ignored."""
    chosen, searched = wish.get("act", ""), wish.get("q", "").replace("\0", "").strip()[:SEARCHED_CHARACTERS]
    if chosen in set(Act):
        rows = rows.filter(act=chosen)
    if searched:
        known = _identifiers(account, searched)
        rows = rows.filter(Q(actor__in=known) | Q(object__in=known))
    first, last = _midnight(wish.get("from", "")), _midnight(wish.get("until", ""), days=1)
    if first is not None:
        rows = rows.filter(time_ms__gte=first)
    if last is not None:
        rows = rows.filter(time_ms__lt=last)
    return rows


def _identifiers(account: Administrator, searched: str) -> list[str]:
    """Return the ids whose names contain the text, and the text itself, which may be an id."""
    questions = [_matching(scope.rows(account, model), fields, searched) for _, model, fields in audit_lines.NAMES]
    return [searched, *(key for (key,) in questions[0].union(*questions[1:], all=True)[:NAMED])]


def _matching(rows: QuerySet[Any], fields: tuple[str, ...], searched: str) -> QuerySet[Any]:
    named = Q()
    for field in fields:
        named |= Q(**{f"{field}__icontains": searched})
    return rows.filter(named).order_by().values_list("pk")


def _acts() -> list[tuple[str, str]]:
    return sorted(((one.value, str(word)) for one, word in ACTS.items()), key=lambda pair: pair[1])


def _midnight(text: str, days: int = 0) -> int | None:
    """Return the beginning of a date in the organisation's zone, or of a day after it, in Unix milliseconds."""
    try:
        day = date.fromisoformat(text) + timedelta(days=days)
        moment = datetime.combine(day, time(), timezone.get_current_timezone())
        return int(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _older(wish: QueryDict, before: int) -> str:
    kept = wish.copy()
    kept["before"] = str(before)
    return f"?{kept.urlencode()}"
