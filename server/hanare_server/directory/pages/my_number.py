"""The page that asks a second person to take an office PC out of the My Number zone."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from hanare_core.problems import Code, Problem
from hanare_server.approvals import requests, waiting
from hanare_server.approvals.models import Loosening
from hanare_server.console import scope
from hanare_server.console.guard import administrator, permitted
from hanare_server.console.roles import Permission
from hanare_server.directory import my_number
from hanare_server.directory.models import OfficePC
from hanare_server.directory.pages.words import ZONES

_OTHERS: Final = {zone: label for zone, label in ZONES.items() if zone != my_number.ZONE}


@permitted(Permission.DIRECTORY_EDIT)
@require_http_methods(["GET", "POST"])
def leave(request: HttpRequest, identifier: str) -> HttpResponse:
    """Say what it means, and write the request down."""
    account = administrator(request)
    row = scope.one(account, OfficePC, identifier)
    if row.zone != my_number.ZONE:
        raise Problem(Code.CONFLICT, detail={"zone": row.zone})
    if request.method == "POST":
        what = {"office_pc": row.pk, "zone": request.POST.get("zone", "")}
        return waiting.show(
            request, requests.ask(account, Loosening.LEAVE_MY_NUMBER, what, request.POST.get("reason", ""))
        )
    context = {
        "heading": gettext("Take {name} out of the My Number zone").format(name=row.name),
        "row": row,
        "zones": _OTHERS,
        "back": reverse("directory:office-pcs-one", args=[row.pk]),
    }
    return render(request, "directory/my_number.html", context)
