"""What other pages need of approvals: how many wait, and where somebody is led who asked for one."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext

from hanare_server.approvals.models import MassStop, Request
from hanare_server.clock import now_ms
from hanare_server.console import kept
from hanare_server.console.guard import administrator
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission


def count(account: Administrator) -> int:
    """Return how many requests and stops of many wait for somebody."""
    return kept.answer(account, "waiting", lambda: _count(account))


def show(request: HttpRequest, row: Request) -> HttpResponse:
    """Lead to the request's page; a program gets 202 with its id, and who may not read the page a message."""
    address = reverse("approvals:approvals-one", args=[row.pk])
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"state": "waiting", "request": row.pk}, status=HTTPStatus.ACCEPTED)
    if not administrator(request).may(Permission.APPROVALS_READ):
        messages.warning(request, gettext("An administrator must approve this first. Then do the same again."))
        address = reverse("console:live")
    if "HX-Request" in request.headers:
        return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": address})
    return redirect(address)


def _count(account: Administrator) -> int:
    now, here = now_ms(), account.here
    asked = Request.objects.filter(organisation=here, state=Request.State.WAITING, expires_ms__gt=now)
    stops = MassStop.objects.filter(organisation=here, state=MassStop.State.STANDING, lapses_ms__gt=now)
    return asked.order_by().values("pk").union(stops.order_by().values("pk"), all=True).count()
