"""Who is in no line of a file that is the whole list of users: shown by name, marked as left when that is confirmed.

The file comes along packed, as for the import. What is confirmed is what was shown: when somebody has changed something
meanwhile, it is shown again. Many at once take a second person (`hanare_server.lending.leaving`).
"""

import hashlib

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from hanare_core.problems import Code, Problem
from hanare_server.approvals import waiting
from hanare_server.approvals.models import Request
from hanare_server.console import reasons, scope
from hanare_server.console.guard import administrator, permitted
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission
from hanare_server.directory import many, names
from hanare_server.directory.models import User
from hanare_server.directory.pages.bulk import NAMED
from hanare_server.directory.transfer import text
from hanare_server.directory.transfer.packed import unpacked
from hanare_server.directory.transfer.users import UserReader


def of(account: Administrator, rows: list[list[str]]) -> list[User]:
    """Return the users whom no row names, in the order of their names; the first row names the columns."""
    spellings = {spelling.casefold() for spelling in UserReader.columns[UserReader.key]}
    place = next((at for at, title in enumerate(rows[0] if rows else []) if title.casefold() in spellings), None)
    if place is None:
        return []
    there = {key for row in rows[1:] if place < len(row) and (key := _key(row[place]))}
    users = scope.rows(account, User).exclude(state=User.State.GONE).order_by("name", "pk")
    return [user for user in users if user.name_key not in there]


@permitted(Permission.DIRECTORY_EDIT)
@require_POST
def view(request: HttpRequest) -> HttpResponse:
    """Show who is not in the file; mark them as left when that was confirmed, or ask a second person."""
    account, packed = administrator(request), request.POST.get("packed", "")
    users = of(account, _rows(packed))
    keys = [user.pk for user in users]
    if not request.POST.get("confirmed") or request.POST.get("shown") != _digest(keys) or len(keys) > many.MOST:
        return _show(request, users, packed)
    done = many.ask_or_leave(account, users, reasons.required(request))
    if isinstance(done, Request):
        return waiting.show(request, done)
    messages.success(request, gettext("Done: {count} rows.").format(count=done))
    return redirect("directory:users")


def _rows(packed: str) -> list[list[str]]:
    try:
        return text.read(unpacked(packed))
    except text.UnreadableError as error:
        raise Problem(Code.MALFORMED, detail={"path": "packed"}) from error


def _show(request: HttpRequest, users: list[User], packed: str) -> HttpResponse:
    context = {
        "heading": gettext("Users who are not in this file"),
        "list_address": reverse("directory:users"),
        "named": users[:NAMED],
        "count": len(users),
        "rest": max(0, len(users) - NAMED),
        "too_many": len(users) > many.MOST,
        "most": many.MOST,
        "packed": packed,
        "shown": _digest([user.pk for user in users]),
        "again": bool(request.POST.get("confirmed")),
    }
    return render(request, "directory/absent.html", context, status=409 if context["again"] else 200)


def _digest(keys: list[str]) -> str:
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()


def _key(name: str) -> str:
    try:
        return names.normalise(name)
    except Problem:
        return ""
