"""The pages of one kind: its list, a thing with its history, its form, and acts on many at once.

Each function makes the view of one kind, so that its permission stands in the address table.
"""

from collections.abc import Sequence
from typing import Any, Final

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from hanare_core.problems import Code, Problem
from hanare_server.console import audit_lines, lists, scope
from hanare_server.console.guard import View, administrator, permitted
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission, may
from hanare_server.directory.pages import change, facts
from hanare_server.directory.pages.forms import ThingForm
from hanare_server.directory.pages.kinds import Kind
from hanare_server.directory.pages.tables import MODELS
from hanare_server.ldap_directory import offered

_CONFLICT: Final = 409


def listing(kind: Kind) -> View:
    """Return the view of the list."""

    @permitted(kind.read)
    @require_safe
    def view(request: HttpRequest) -> HttpResponse:
        account = administrator(request)
        bulk = kind.bulk if may(account.role, Permission.DIRECTORY_EDIT) else ()
        shown = lists.listing(request, account, kind.table, kind.rows(account), bulk)
        if kind.bulk:
            shown.bulk_address = reverse(f"directory:{kind.word}-bulk")
        context = {"heading": kind.title, "lead": kind.lead, "kind": kind, "listing": shown, "empty": kind.empty}
        if kind.by_csv:
            context["import_address"] = reverse(f"directory:{kind.word}-import")
            context["export_address"] = reverse(f"directory:{kind.word}-export")
        if kind.word == "users" and offered.of(account.here.pk):
            context["sync_address"] = reverse("directory:users-sync")
        context["new_address"] = reverse(f"directory:{kind.word}-new") if kind.new else ""
        return render(request, "directory/list.html", context)

    return view


def one(kind: Kind) -> View:
    """Return the view of one thing."""

    @permitted(kind.read)
    @require_safe
    def view(request: HttpRequest, identifier: str) -> HttpResponse:
        account = administrator(request)
        row = scope.one(account, _model(kind), identifier)
        context = {
            "heading": str(row),
            "kind": kind,
            "row": row,
            "list_address": reverse(f"directory:{kind.word}"),
            "facts": facts.of(account, row),
            "history": audit_lines.history(account, row.pk),
            "sessions": facts.sessions(account, row),
            "loans": facts.loans(account, row),
            "edit_address": reverse(f"directory:{kind.word}-edit", args=[row.pk]) if kind.form else "",
            "stop": facts.stop_of(row),
        }
        return render(request, "directory/one.html", context)

    return view


def edit(kind: Kind, *, new: bool) -> View:
    """Return the view of the form, for a new thing or for one that is there."""

    @permitted(Permission.DIRECTORY_EDIT)
    @require_http_methods(["GET", "POST"])
    def view(request: HttpRequest, identifier: str | None = None) -> HttpResponse:
        account = administrator(request)
        if request.method == "GET":
            return _show(request, kind, _form(account, kind, identifier))
        try:
            form, saved = change.save(account, kind, request.POST, identifier)
        except change.ChangedMeanwhile as conflict:
            return _show(request, kind, conflict.form, conflict.differences, _CONFLICT)
        if saved is None:
            return _show(request, kind, form, status=422)
        messages.success(request, gettext("Added.") if new else gettext("Saved."))
        return redirect(f"directory:{kind.word}-one", saved.pk)

    return view


def _model(kind: Kind) -> type[Model]:
    return MODELS[kind.word]


def _form(account: Administrator, kind: Kind, identifier: str | None) -> ThingForm:
    if kind.form is None:
        raise Problem(Code.NOT_FOUND)
    return kind.form(account, instance=scope.one(account, _model(kind), identifier) if identifier else None)


def _show(
    request: HttpRequest, kind: Kind, form: ThingForm, differences: Sequence[Any] | None = None, status: int = 200
) -> HttpResponse:
    row = form.instance if form.instance.pk and not form.instance._state.adding else None  # noqa: SLF001 Django's name
    here = f"directory:{kind.word}"
    context = {
        "heading": str(row) if row else kind.new,
        "kind": kind,
        "form": form,
        "differences": differences,
        "list_address": reverse(here),
        "back": reverse(f"{here}-one", args=[row.pk]) if row else reverse(here),
    }
    return render(request, "directory/form.html", context, status=status)
