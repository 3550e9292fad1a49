"""The help desk's pages: find a user, see why they cannot sign in, and give them a new one-time code."""

from datetime import datetime
from typing import Final

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from hanare_core.problems import Code, Problem
from hanare_server.approvals import codes, waiting
from hanare_server.approvals.models import Request as Asked
from hanare_server.clock import now_ms
from hanare_server.console import addresses, cells, lists, reasons, scope
from hanare_server.console.cells import Cell
from hanare_server.console.guard import administrator, permitted
from hanare_server.console.language import reader_language
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission
from hanare_server.directory.models import Stick, User
from hanare_server.helpdesk import guesses
from hanare_server.helpdesk.explain import explain

CODE_GROUP: Final = 4
STICKS_SHOWN: Final = 500
"""Sticks in the choice: a department's, or a town's."""


@permitted(Permission.EXPLAIN)
@require_safe
def help_desk(request: HttpRequest) -> HttpResponse:
    """List the users to choose from."""
    account = administrator(request)
    rows = _users(account).exclude(state=User.State.GONE)
    context = {
        "heading": gettext("Help desk"),
        "lead": gettext("Find the user who called, and see why they cannot sign in."),
        "listing": lists.listing(request, account, _TABLE, rows),
        "empty": gettext("There is no user yet."),
    }
    return render(request, "console/list.html", context)


@permitted(Permission.EXPLAIN)
@require_safe
def one(request: HttpRequest, identifier: str) -> HttpResponse:
    """Say whether this user could sign in, on which stick and when, and each reason if not."""
    account = administrator(request)
    return _page(request, account, _user(account, identifier))


@permitted(Permission.CODE_ISSUE)
@require_POST
def new_code(request: HttpRequest, identifier: str) -> HttpResponse:
    """Destroy the user's PIN and show a one-time code, this once; many PINs take a second person."""
    account = administrator(request)
    user = _user(account, identifier)
    # A first code destroys nothing: the office's list of new employees is its reason.
    why = reasons.required(request) if user.envelope or user.user_key else reasons.given(request)
    issued = codes.issue(account, user, why)
    if isinstance(issued, Asked):
        return waiting.show(request, issued)
    parts = [issued.code[start : start + CODE_GROUP] for start in range(0, len(issued.code), CODE_GROUP)]
    context = {
        "heading": gettext("One-time code for %(name)s") % {"name": user},
        "lead": gettext(
            "It is shown this once. Tell it to the user in person or by telephone, after you know who it is."
        ),
        "code": " ".join(parts),
        "not_after_ms": issued.not_after_ms,
        "user_row": user,
        "back": reverse(_back_to(account), args=[user.pk]),
    }
    return render(request, "helpdesk/code.html", context)


def _back_to(account: Administrator) -> str:
    """Return the page that led here: a department contact has no help desk."""
    return "helpdesk:help-one" if account.may(Permission.EXPLAIN) else "directory:users-one"


def _page(request: HttpRequest, account: Administrator, user: User) -> HttpResponse:
    rows = scope.rows(account, Stick).order_by("label", "pk")
    chosen = rows.select_related("department").filter(pk=request.GET.get("stick", "").replace("\0", "")).first()
    moment = _moment(request.GET.get("at", ""))
    at_ms = int(moment.timestamp() * 1000) if moment else now_ms()
    found = explain(account.here, user, chosen, now_ms=at_ms, language=reader_language())
    context = {
        "heading": gettext("Can %(name)s sign in?") % {"name": user},
        "lead": gettext("The same rules answer as at a sign-in. Nothing is opened by asking."),
        "found": found,
        "guesses": guesses.lines(found.guesses) if found.guesses is not None else [],
        "user_row": user,
        "sticks": cells.options(_choices(rows), found.stick.pk),
        "at": f"{moment:%Y-%m-%dT%H:%M}" if moment else "",
        "at_ms": at_ms,
    }
    return render(request, "helpdesk/one.html", context)


def _choices(sticks: QuerySet[Stick]) -> list[tuple[str, str]]:
    return [(key, label or key) for key, label in sticks.values_list("pk", "label")[:STICKS_SHOWN]]


def _users(account: Administrator) -> QuerySet[User]:
    return scope.rows(account, User).select_related("department__profile", "profile")


def _user(account: Administrator, identifier: str) -> User:
    found = _users(account).filter(pk=identifier.replace("\0", "")).first()
    if found is None:
        raise Problem(Code.NOT_FOUND)
    return found


def _moment(text: str) -> datetime | None:
    """Return a time as a browser's field gives it, in the organisation's zone; None for anything else."""
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=timezone.get_current_timezone())
        moment.timestamp()
    except (ValueError, OverflowError):
        return None
    return moment


_STATES: Final = {
    User.State.ACTIVE: gettext_lazy("active"),
    User.State.SUSPENDED: gettext_lazy("suspended"),
    User.State.GONE: gettext_lazy("left"),
}

_TABLE: Final = lists.Table(
    columns=(
        lists.Column(
            "name",
            gettext_lazy("User"),
            lambda row: Cell(str(row), addresses.of("helpdesk:help-one", row.pk), note=row.name),
            ("name",),
        ),
        lists.Column(
            "department", gettext_lazy("Department"), lambda row: str(row.department), ("department__name", "name")
        ),
        lists.Column("state", gettext_lazy("State"), lambda row: _STATES[row.state]),
        lists.Column(
            "pin", gettext_lazy("PIN"), lambda row: gettext("set") if row.envelope else gettext("not set yet")
        ),
    ),
    order=("name", "pk"),
    search=("name", "full_name"),
)
