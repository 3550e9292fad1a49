"""The pages of messages to sticks: what was sent, a new one, and how far one has come."""

from typing import Any, Final

from django.contrib import messages as said
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from hanare_core.problems import Code, Problem
from hanare_server.clock import now_ms
from hanare_server.console import addresses, lists, scope
from hanare_server.console.cells import Cell
from hanare_server.console.guard import administrator, permitted
from hanare_server.console.lists import Column, Filter, Table
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission
from hanare_server.console.templatetags.hanare import day_and_time
from hanare_server.directory.models import Department, Stick
from hanare_server.directory.pages.tables import link
from hanare_server.helpdesk import messages
from hanare_server.helpdesk.diagnostics_pages import WORDS
from hanare_server.helpdesk.models import TEXT_CHARACTERS, Bundle, Delivery, Message

STATES: Final = {
    Delivery.State.WAITING: (gettext_lazy("not delivered yet"), ""),
    Delivery.State.DELIVERED: (gettext_lazy("on the stick, no screen yet"), "yellow"),
    Delivery.State.SHOWN: (gettext_lazy("waiting on the screen"), "blue"),
    Delivery.State.READ: (gettext_lazy("read"), "green"),
}

_HOURS: Final = {
    1: gettext_lazy("one hour"),
    8: gettext_lazy("eight hours"),
    24: gettext_lazy("a day"),
}


@permitted(Permission.HELP_DESK)
@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """List what was sent, newest first."""
    account = administrator(request)
    context = {
        "heading": gettext("Messages"),
        "lead": gettext(
            "What the office has said to whoever sits at a stick. It waits on their screen until it is read."
        ),
        "listing": lists.listing(request, account, _TABLE, _counted(account)),
        "empty": gettext("Nothing was sent yet."),
    }
    return render(request, "helpdesk/messages.html", context)


@permitted(Permission.HELP_DESK)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Ask for the text and for whom it is; send it."""
    account = administrator(request)
    if request.method == "GET":
        return _ask(request, account, request.GET)
    department = _department(account, request.POST.get("department", ""))
    sticks = messages.recipients(
        scope.rows(account, Stick), department=department.pk if department else "", stick=_clean(request, "stick")
    )
    texts = {language: request.POST.get(language, "") for language in ("ja", "en")}
    hours = request.POST.get("hours", "")
    try:
        row = messages.send(account, texts, sticks, int(hours) if hours in {"1", "8", "24"} else 0, department)
    except Problem as problem:
        return _ask(request, account, request.POST, _FAULTS.get(problem.detail.get("path", ""), _FAULTS[""]), 422)
    said.success(request, gettext("Sent. It reaches the screen within seconds where a stick is on."))
    return redirect("messages:messages-one", row.pk)


@permitted(Permission.HELP_DESK)
@require_safe
def one(request: HttpRequest, identifier: str) -> HttpResponse:
    """Show a message, and on which sticks it has come how far; asking the sticks costs the hub nothing.

    Its page draws anew only what changes: never the search that somebody types in, nor the log that somebody reads.
    """
    account = administrator(request)
    row = scope.one(account, Message, identifier)
    living = row.until_ms > now_ms()
    if living:
        messages.deliver(row)
    deliveries = scope.rows(account, Delivery).filter(message=row).select_related("stick__department")
    counted = dict(deliveries.order_by().values_list("state").annotate(Count("pk")))
    bundle = scope.rows(account, Bundle).filter(delivery__message=row).first() if row.diagnostics else None
    context = {
        "heading": gettext("Message"),
        "row": row,
        "living": living,
        "bundle": bundle,
        "facts": [(WORDS.get(name, name), value) for name, value in (bundle.facts if bundle else {}).items()],
        "counts": [(label, tone, counted.get(state, 0)) for state, (label, tone) in STATES.items()],
        "listing": lists.listing(request, account, _DELIVERIES, deliveries),
        "empty": gettext("It went to no stick."),
    }
    return render(request, "helpdesk/message.html", context)


def _ask(request: HttpRequest, account: Administrator, wish: Any, fault: Any = "", status: int = 200) -> HttpResponse:
    stick = scope.one(account, Stick, _clean_text(wish.get("stick", ""))) if wish.get("stick") else None
    context = {
        "heading": gettext("New message"),
        "stick": stick,
        "departments": scope.rows(account, Department).order_by("name", "pk"),
        "department": wish.get("department", ""),
        "ja": wish.get("ja", ""),
        "en": wish.get("en", ""),
        "hours": [(str(hours), label, str(hours) == wish.get("hours", "8")) for hours, label in _HOURS.items()],
        "longest": TEXT_CHARACTERS,
        "fault": fault,
    }
    return render(request, "helpdesk/new_message.html", context, status=status)


def _department(account: Administrator, identifier: str) -> Department | None:
    return scope.one(account, Department, identifier) if identifier else None


def _clean(request: HttpRequest, name: str) -> str:
    return _clean_text(request.POST.get(name, ""))


def _clean_text(text: str) -> str:
    if "\0" in text:
        raise Problem(Code.NOT_FOUND)
    return text


def _counted(account: Administrator) -> QuerySet[Any]:
    found = scope.rows(account, Message).select_related("sent_by", "department")
    read = Count("deliveries", filter=Q(deliveries__state=Delivery.State.READ))
    shown = Count("deliveries", filter=Q(deliveries__state__in=[Delivery.State.SHOWN, Delivery.State.READ]))
    return found.annotate(to=Count("deliveries"), read=read, shown=shown)


def _text(row: Message) -> Cell:
    return Cell(str(row)[:80], addresses.of("messages:messages-one", row.pk))


def _stick(row: Delivery) -> Cell:
    return link("sticks", row.stick)._replace(key=f"to-{row.stick_id}")


def _state(row: Delivery) -> Cell:
    label, tone = STATES[Delivery.State(row.state)]
    return Cell(label, tone=tone)


_FAULTS: Final = {
    "": gettext_lazy("There is no stick that it could go to."),
    "ja": gettext_lazy("Write a text of at most 500 characters in at least one language."),
    "en": gettext_lazy("Write a text of at most 500 characters in at least one language."),
    "hours": gettext_lazy("Choose for how long it may be delivered."),
}

_TABLE: Final = Table(
    columns=(
        Column("text", gettext_lazy("Message"), _text),
        Column("to", gettext_lazy("Sticks"), lambda row: Cell(str(row.to), note=row.department or "")),
        Column("shown", gettext_lazy("On the screen"), lambda row: str(row.shown), ("shown",)),
        Column("read", gettext_lazy("Read"), lambda row: str(row.read), ("read",)),
        Column("sent", gettext_lazy("Sent"), lambda row: Cell(day_and_time(row.sent_ms), note=row.sent_by.name)),
    ),
    order=("-sent_ms", "pk"),
    search=("ja", "en"),
)

_DELIVERIES: Final = Table(
    columns=(
        Column("stick", gettext_lazy("Stick"), _stick, ("stick__label",)),
        Column("department", gettext_lazy("Department"), lambda row: str(row.stick.department or "–")),
        Column("state", gettext_lazy("How far"), _state, ("state",)),
        Column("since", gettext_lazy("Since"), lambda row: day_and_time(row.changed_ms) or "–", ("changed_ms",)),
    ),
    order=("stick__label", "pk"),
    search=("stick__label",),
    filters=(
        Filter(
            "state",
            gettext_lazy("How far"),
            lambda _account: [(state.value, label) for state, (label, _) in STATES.items()],
            lambda value: Q(state=value),
        ),
    ),
)
