"""The pages of console accounts: the list, one account, its form, and what lets somebody in again.

Nobody changes the own account here, so an office never closes its last administrator by itself.
"""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hanare_core.problems import Code, Problem
from hanare_server.access.act import act
from hanare_server.administrators import accounts, tables
from hanare_server.administrators.forms import AccountForm
from hanare_server.approvals import loosening, mails, requests, waiting
from hanare_server.approvals.models import Loosening
from hanare_server.console import audit_lines, lists, reasons, scope
from hanare_server.console.guard import administrator, permitted
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission, Role
from hanare_server.directory.pages.change import actor


@permitted(Permission.ADMINISTRATORS_READ)
@require_safe
def administrators(request: HttpRequest) -> HttpResponse:
    """List the accounts."""
    account = administrator(request)
    context = {
        "heading": gettext("Administrators"),
        "lead": gettext("Who signs in to this console, and what they may do there."),
        "listing": lists.listing(request, account, tables.ACCOUNTS, tables.rows(account)),
        "empty": gettext("There is no account yet."),
    }
    return render(request, "administrators/list.html", context)


@permitted(Permission.ADMINISTRATORS_READ)
@require_safe
def one(request: HttpRequest, identifier: str) -> HttpResponse:
    """Show one account with what was done to it."""
    account = administrator(request)
    row = _row(account, identifier)
    editable = row.pk != account.pk and row.role != Role.PROVIDER and not row.is_sealed
    context = {
        "heading": row.name,
        "row": row,
        "facts": tables.facts(row),
        "history": audit_lines.history(account, row.pk),
        "may_edit": editable,
        "may_close": row.pk != account.pk and row.is_active,
        "may_reset": editable and row.is_active and not accounts.may_get_first_password(row),
        "may_get_password": editable and accounts.may_get_first_password(row),
    }
    return render(request, "administrators/one.html", context)


@permitted(Permission.ADMINISTRATORS_EDIT)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, identifier: str | None = None) -> HttpResponse:
    """Show the form of a new or known account; do what it says, or ask a second person for it."""
    account = administrator(request)
    row = _other(account, identifier) if identifier else None
    form = AccountForm(account, request.POST if request.method == "POST" else None, account=row)
    if request.method == "GET" or not form.is_valid():
        context = {"heading": row.name if row else gettext("Add an account"), "form": form, "row": row}
        return render(request, "administrators/form.html", context, status=200 if request.method == "GET" else 422)
    wish, reason = form.wish(), reasons.given(request)
    if row is None:
        return _by_two(request, account, Loosening.ADD_ADMINISTRATOR, wish, reason)
    if accounts.loosens(row, wish):
        return _by_two(request, account, Loosening.CHANGE_ADMINISTRATOR, wish, reason)
    with act(account.here.pk, actor(account)) as opened:
        if accounts.loosens(accounts.one(opened.organisation, row.pk), wish):
            raise Problem(Code.CONFLICT, detail={"account": row.pk})
        accounts.change(opened, wish, why=reason)
    messages.success(request, gettext("Saved. The sessions of this account have ended."))
    return redirect("administrators:administrators-one", row.pk)


@permitted(Permission.ADMINISTRATORS_EDIT)
@require_POST
def close(request: HttpRequest, identifier: str) -> HttpResponse:
    """Close the account at once; that takes one person."""
    account = administrator(request)
    row = _row(account, identifier)
    if row.pk == account.pk:
        raise Problem(Code.NOT_PERMITTED)
    with act(account.here.pk, actor(account)) as opened:
        accounts.close(opened, row.pk)
    messages.success(request, gettext("{name} is closed and signed out everywhere.").format(name=row.name))
    return redirect("administrators:administrators")


@permitted(Permission.ADMINISTRATORS_EDIT)
@require_POST
def reset(request: HttpRequest, identifier: str) -> HttpResponse:
    """Ask that password and second factor of somebody who is locked out are set anew."""
    account = administrator(request)
    row = _other(account, identifier)
    return _by_two(request, account, Loosening.RESET_ADMINISTRATOR, {"account": row.pk}, reasons.required(request))


@permitted(Permission.ADMINISTRATORS_EDIT)
@require_POST
def first_password(request: HttpRequest, identifier: str) -> HttpResponse:
    """Make the password of the first sign-in, and show it this once."""
    account = administrator(request)
    row = _other(account, identifier)
    with act(account.here.pk, actor(account)) as opened:
        row.refresh_from_db()
        password = accounts.first_password(opened, row)
    mails.tell_of_first_password(row, account)
    context = {
        "heading": gettext("First password of {name}").format(name=row.name),
        "row": row,
        "password": password,
        "until_ms": row.first_password_until_ms,
    }
    return render(request, "administrators/password.html", context)


def _by_two(request: HttpRequest, account: Administrator, what: Loosening, wish: Any, reason: str) -> HttpResponse:
    """Ask a second person; who came by the sealed code, when nobody else can, does it alone and loudly."""
    if not account.is_sealed:
        return waiting.show(request, requests.ask(account, what, wish, reason))
    with act(account.here.pk, actor(account)) as opened:
        loosening.payload_of(opened.organisation, what, wish)
        loosening.carry_out(opened, what, wish)
    return redirect("administrators:administrators-one", wish["account"])


def _row(account: Administrator, identifier: str) -> Administrator:
    return scope.one(account, Administrator, identifier)


def _other(account: Administrator, identifier: str) -> Administrator:
    """Return somebody else's account that the console may change."""
    row = accounts.one(account.here, _row(account, identifier).pk)
    if row.pk == account.pk:
        raise Problem(Code.NOT_PERMITTED)
    return row
