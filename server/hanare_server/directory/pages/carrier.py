"""The carrier's page: whether homes without UDP may come by TCP 443. One person closes it, two people open it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from hanare_server.access import carrier
from hanare_server.approvals import requests, waiting
from hanare_server.approvals.models import Loosening
from hanare_server.audit.log import Actor, ActorKind
from hanare_server.console.guard import administrator, permitted
from hanare_server.console.roles import Permission


@permitted(Permission.SETTINGS_READ)
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Say how it stands, and what the other way would mean."""
    context = {"heading": gettext("Carrier on TCP 443"), "opened": administrator(request).here.carrier}
    return render(request, "directory/carrier.html", context)


@permitted(Permission.SETTINGS_EDIT)
@require_POST
def close(request: HttpRequest) -> HttpResponse:
    """Close it at once."""
    account = administrator(request)
    carrier.close(account.here.pk, Actor(ActorKind.ADMINISTRATOR, account.id))
    return redirect("directory:gateways-carrier")


@permitted(Permission.SETTINGS_EDIT)
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """Ask a second person to open it."""
    asked = requests.ask(administrator(request), Loosening.ALLOW_CARRIER, {}, request.POST.get("reason", ""))
    return waiting.show(request, asked)
