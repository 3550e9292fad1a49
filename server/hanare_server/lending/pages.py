"""The pages of lending: the ledger, lending and taking back, the page behind a scanned label, and a lost stick."""

from datetime import timedelta
from typing import Any, Final

from django.contrib import messages
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, NullIf
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hanare_core.problems import Code, Problem, http_status
from hanare_server.access.act import act
from hanare_server.clock import now_ms
from hanare_server.console import addresses, lists, scope
from hanare_server.console.cells import Button, Cell
from hanare_server.console.guard import administrator, permitted
from hanare_server.console.lists import Column, Filter, Table
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission, may
from hanare_server.console.templatetags.hanare import day_and_time
from hanare_server.directory.models import Department, Loan, Stick
from hanare_server.directory.pages.change import actor
from hanare_server.directory.pages.tables import link, state
from hanare_server.lending import loans, reservation_pages, reservations
from hanare_server.lending.days import today_of
from hanare_server.lending.fields import borrower, day_of, suggested
from hanare_server.lending.models import LostStick


@permitted(Permission.LOANS_READ)
@require_safe
def ledger(request: HttpRequest) -> HttpResponse:
    """List every stick with its holder."""
    account = administrator(request)
    table = _TABLE if may(account.role, Permission.LEND) else _READ_TABLE
    context = {
        "heading": gettext("Lending"),
        "lead": gettext("Who holds which stick. A label that is scanned with a telephone leads here too."),
        "listing": lists.listing(request, account, table, _sticks(account)),
        "empty": gettext("No stick is registered yet."),
    }
    return render(request, "console/list.html", context)


@permitted(Permission.LOANS_READ)
@require_safe
def scanned(request: HttpRequest, identifier: str) -> HttpResponse:
    """Show the stick whose label was scanned, with what one may want to do."""
    stick = scope.one(administrator(request), Stick, identifier)
    return render(request, "lending/stick.html", _about(request, stick))


@permitted(Permission.LEND)
@require_http_methods(["GET", "POST"])
def lend(request: HttpRequest, identifier: str) -> HttpResponse:
    """Ask to whom and until when; lend."""
    account = administrator(request)
    stick = scope.one(account, Stick, identifier)
    if request.method == "GET":
        return _ask(request, account, stick)
    user, due = borrower(account, request.POST.get("user", "")), day_of(request.POST.get("due", ""))
    if user is None or due is None:
        fault = gettext("There is no such user.") if user is None else gettext("Choose the day of return.")
        return _ask(request, account, stick, fault=fault, status=422)
    try:
        with act(account.here.pk, actor(account)) as opened:
            loans.lend(opened, scope.one(account, Stick, identifier), user, due)
    except Problem as problem:
        return _ask(request, account, stick, fault=_fault(problem, stick), status=http_status(problem.code))
    messages.success(request, gettext("{stick} is lent to {user}.").format(stick=stick, user=user))
    return redirect("lending:ledger")


@permitted(Permission.LEND)
@require_POST
def take_back(request: HttpRequest, identifier: str) -> HttpResponse:
    """Take the stick back."""
    account = administrator(request)
    with act(account.here.pk, actor(account)) as opened:
        stick = scope.one(account, Stick, identifier)
        loans.take_back(opened, stick)
    messages.success(request, gettext("{stick} is back.").format(stick=stick))
    return redirect("lending:ledger")


@permitted(Permission.SUSPEND)
@require_http_methods(["GET", "POST"])
def lost(request: HttpRequest, identifier: str) -> HttpResponse:
    """Ask once; stop the stick; show what is known of it and what to do next."""
    account = administrator(request)
    stick = scope.one(account, Stick, identifier)
    context: dict[str, Any] = {}
    if request.method == "POST":
        stopped = loans.report_lost(account.here.pk, actor(account), stick)
        context["unconfirmed"] = len(stopped.receipts) < len(stopped.leases)
        context["last_packet_ms"] = max((lease.last_packet_ms or 0 for lease in stopped.receipts), default=0)
        stick.refresh_from_db()
    return render(request, "lending/lost.html", {**_about(request, stick), **context})


def _fault(problem: Problem, stick: Stick) -> str:
    out = Loan.objects.filter(stick=stick, returned_ms=None).select_related("user").first()
    if problem.code is Code.CONFLICT and "reserved" not in problem.detail and out is not None:
        return gettext("{stick} is lent to {user}; take it back first.").format(stick=stick, user=out.user)
    if problem.code is Code.MALFORMED:
        return gettext("The day of return is over, or more than a year ahead.")
    return reservation_pages.fault_of(problem)


def _about(request: HttpRequest, stick: Stick) -> dict[str, Any]:
    account = administrator(request)
    held = scope.rows(account, Loan).filter(stick=stick).select_related("user").order_by("-since_ms")[:5]
    return {
        "heading": str(stick),
        "stick": stick,
        "standing": state(stick),
        "loans": list(held),
        "out": next((loan for loan in held if loan.returned_ms is None), None),
        "loss": scope.rows(account, LostStick).filter(stick=stick, found_ms=None).first(),
        "now_ms": now_ms(),
        "reservations": reservations.standing(account.here)
        .filter(stick=stick)
        .select_related("user")
        .order_by("first"),
    }


def _ask(
    request: HttpRequest, account: Administrator, stick: Stick, *, fault: str = "", status: int = 200
) -> HttpResponse:
    due = today_of(account.here) + timedelta(days=loans.DUE_DAYS)
    context = {
        "heading": gettext("Lend {stick}").format(stick=stick),
        "stick": stick,
        "users": suggested(account, stick),
        "user": request.POST.get("user", ""),
        "due": request.POST.get("due") or due.isoformat(),
        "fault": fault,
    }
    return render(request, "lending/lend.html", context, status=status)


def _sticks(account: Administrator) -> QuerySet[Any]:
    named = Coalesce(NullIf(F("user__full_name"), Value("")), F("user__name"))
    out = Loan.objects.filter(stick=OuterRef("pk"), returned_ms=None).annotate(named=named)
    missing = LostStick.objects.filter(stick=OuterRef("pk"), found_ms=None)
    fields = {field: Subquery(out.values(field)[:1]) for field in ("named", "since_ms", "due_ms")}
    found = scope.rows(account, Stick).exclude(state__in=Stick.RETIRED).select_related("department")
    return found.annotate(lost=Exists(missing), **fields)


def _due(row: Any) -> Cell:
    if row.due_ms is None:
        return Cell("–")
    overdue = row.due_ms < now_ms()
    return Cell(
        day_and_time(row.due_ms)[:10] if not overdue else gettext_lazy("overdue"), tone="red" if overdue else ""
    )


def _standing(row: Any) -> Cell:
    return Cell(gettext_lazy("Lost"), tone="red") if row.lost else state(row)


def _acts(row: Any) -> Cell:
    if row.named is not None:
        return Cell("", buttons=(Button(gettext_lazy("Take back"), addresses.of("lending:take-back", row.pk)),))
    if row.state == Stick.State.ACTIVE:
        return Cell(gettext_lazy("Lend…"), addresses.of("lending:lend", row.pk))
    return Cell("")


def _whereabouts(value: str) -> Q:
    """Narrow by the loans themselves: what a row shows of its loan is computed for the rows of one page only."""
    out = Loan.objects.filter(returned_ms=None).order_by()
    lost = LostStick.objects.filter(found_ms=None).order_by()
    return {
        "out": Q(pk__in=out.values("stick")),
        "in": ~Q(pk__in=out.values("stick")),
        "overdue": Q(pk__in=out.filter(due_ms__lt=now_ms()).values("stick")),
        "lost": Q(pk__in=lost.values("stick")),
    }.get(value, Q())


_WHEREABOUTS: Final = (
    ("out", gettext_lazy("lent out")),
    ("in", gettext_lazy("in the office")),
    ("overdue", gettext_lazy("overdue")),
    ("lost", gettext_lazy("lost")),
)

_COLUMNS: Final = (
    Column("label", gettext_lazy("Stick"), lambda row: link("sticks", row), ("label",)),
    Column("department", gettext_lazy("Department"), lambda row: str(row.department or "–"), ("department__name",)),
    Column("holder", gettext_lazy("Holder"), lambda row: row.named or "–", ("named",)),
    Column("since", gettext_lazy("Lent on"), lambda row: day_and_time(row.since_ms)[:10] or "–", ("since_ms",)),
    Column("due", gettext_lazy("Due"), _due, ("due_ms",)),
    Column("state", gettext_lazy("Standing"), _standing, ("state",)),
)

_FILTERS: Final = (
    Filter(
        "department",
        gettext_lazy("Department"),
        lambda account: scope.rows(account, Department).order_by("name").values_list("pk", "name"),
        lambda value: Q(department=value),
    ),
    Filter("where", gettext_lazy("Whereabouts"), lambda _account: _WHEREABOUTS, _whereabouts),
)

_READ_TABLE: Final = Table(
    columns=_COLUMNS, order=("label", "pk"), search=("label", "pk", "department__name", "named"), filters=_FILTERS
)
_TABLE: Final = Table(
    columns=(*_COLUMNS, Column("acts", "", _acts)),
    order=_READ_TABLE.order,
    search=_READ_TABLE.search,
    filters=_FILTERS,
)
