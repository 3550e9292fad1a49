"""The organisation's own page, and the stop of all of it: one person, with a reason and a second factor just shown.

It works at once and lapses like every stop of many (`hanare_server.access.mass_stop`). The factor is asked for because
this one button ends everybody's work: whoever finds an open console must not have it.
"""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from hanare_server.access import suspend as stopping
from hanare_server.access.models import Session
from hanare_server.access.standing import Kind
from hanare_server.approvals import mails
from hanare_server.audit.log import Actor, ActorKind
from hanare_server.console import audit_lines, proof, reasons, scope, stop
from hanare_server.console.guard import administrator, permitted
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission
from hanare_server.directory.models import Department, Organisation, Stick, User


@permitted(Permission.SETTINGS_READ)
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show the organisation, whether it works, and what was done to it."""
    account = administrator(request)
    here = account.here
    context = {
        "heading": here.name,
        "here": here,
        "off": here.state == Organisation.State.OFF,
        "counts": _counts(account),
        "history": audit_lines.history(account, here.pk),
    }
    return render(request, "console/organisation.html", context)


@permitted(Permission.SUSPEND)
@require_http_methods(["GET", "POST"])
def stop_all(request: HttpRequest) -> HttpResponse:
    """Ask why, say whom it hits, and stop the whole organisation."""
    account = administrator(request)
    stop.must_see(account, Kind.ORGANISATION, account.here.pk)
    if not (account.is_sealed or proof.is_fresh(request)):
        return proof.ask(reverse("console:organisation-stop"))
    why = reasons.given(request)
    if request.method == "GET" or not why:
        context = {
            "heading": gettext("Stop the whole organisation"),
            "counts": _counts(account),
            "off": account.here.state == Organisation.State.OFF,
            "auditors_told": mails.auditors_told(account.here.pk),
            "missing": request.method == "POST",
        }
        return render(request, "console/stop_all.html", context, status=422 if request.method == "POST" else 200)
    actor = Actor(ActorKind.ADMINISTRATOR, account.pk)
    stopping.suspend(account.here.pk, actor, Kind.ORGANISATION, account.here.pk, why=why)
    messages.success(request, gettext("The whole organisation is stopped. Every session has ended."))
    return redirect("console:live")


def _counts(account: Administrator) -> dict[str, Any]:
    return {
        "departments": scope.rows(account, Department).count(),
        "users": scope.rows(account, User).exclude(state=User.State.GONE).count(),
        "sticks": scope.rows(account, Stick).exclude(state__in=Stick.RETIRED).count(),
        "sessions": scope.rows(account, Session).filter(state=Session.State.OPEN).count(),
    }
