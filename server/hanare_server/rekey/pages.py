"""The re-key's pages: how far each stick is, which are late, and the form that asks a second person to begin one."""

from typing import Any, Final

from django.db.models import Q, Value
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from hanare_core.problems import Code, Problem
from hanare_server.approvals import requests, waiting
from hanare_server.approvals.models import Loosening
from hanare_server.console import addresses, lists, scope
from hanare_server.console.cells import Cell
from hanare_server.console.guard import administrator, permitted
from hanare_server.console.lists import Column, Filter, Table
from hanare_server.console.roles import Permission
from hanare_server.console.templatetags.hanare import day_and_time
from hanare_server.directory.models import Stick
from hanare_server.rekey import rounds
from hanare_server.rekey.rounds import Progress

WORDS: Final[dict[str, Promise]] = {
    Progress.UNSEEN: gettext_lazy("Not seen since"),
    Progress.ASKED: gettext_lazy("Waits for the kitting station"),
    Progress.CERTIFIED: gettext_lazy("Old and new keys valid"),
    Progress.DONE: gettext_lazy("New keys"),
}
LATE: Final = "late"
_TONES: Final = {Progress.UNSEEN: "secondary", Progress.ASKED: "yellow", Progress.CERTIFIED: "azure"}


@permitted(Permission.GATEWAYS_READ)
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """List every stick with its progress in the open round."""
    account = administrator(request)
    rekey = rounds.present(account.here.pk)
    sticks = scope.rows(account, Stick).select_related("department")
    if rekey is None:
        lead = gettext("No re-key has been begun. Two people begin one: who asks, and who approves.")
        found: Any = sticks.none().annotate(progress=Value(""), late=Value(value=False))
    else:
        lead = gettext("Begun {start}; sticks without new keys by {end} are shown as late. None is cut off.").format(
            start=day_and_time(rekey.started_ms), end=day_and_time(rekey.deadline_ms)
        )
        found = rounds.with_progress(sticks, rekey)
    context = {
        "heading": gettext("Re-key"),
        "lead": lead,
        "listing": lists.listing(request, account, _TABLE, found),
        "empty": gettext("There is nothing to show."),
    }
    return render(request, "rekey/page.html", context)


@permitted(Permission.REKEY)
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Ask for a re-key of every stick; another administrator approves it."""
    if request.method == "POST":
        what = {"days": _days(request.POST.get("days", ""))}
        asked = requests.ask(administrator(request), Loosening.START_REKEY, what, request.POST.get("reason", ""))
        return waiting.show(request, asked)
    context = {"heading": gettext("Begin a re-key"), "days": rounds.DAYS, "most": rounds.MAX_DAYS}
    return render(request, "rekey/start.html", context)


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(rounds.MAX_DAYS))):
        raise Problem(Code.MALFORMED, detail={"path": "days"})
    return int(text)


def _stick(stick: Any) -> Cell:
    return Cell(str(stick), addresses.of("directory:sticks-one", stick.pk))


def _department(stick: Any) -> str:
    return str(stick.department or "–")


def _progress(stick: Any) -> Cell:
    if stick.late:
        return Cell(WORDS[stick.progress], tone="red", note=gettext("Late"))
    return Cell(WORDS[stick.progress], tone=_TONES.get(stick.progress, "green"))


def _narrow(wish: str) -> Q:
    if wish == LATE:
        return Q(late=True)
    return Q(progress=wish) if wish in {value.value for value in Progress} else Q()


_TABLE: Final = Table(
    columns=(
        Column("label", gettext_lazy("Stick"), _stick, ("label", "pk")),
        Column("department", gettext_lazy("Department"), _department, ("department__name",)),
        Column("progress", gettext_lazy("New keys"), _progress, ("progress",)),
    ),
    order=("progress", "label", "pk"),
    search=("label", "pk"),
    filters=(
        Filter(
            "progress",
            gettext_lazy("New keys"),
            lambda _: [(LATE, gettext_lazy("Late")), *((value.value, WORDS[value]) for value in Progress)],
            _narrow,
        ),
    ),
)
