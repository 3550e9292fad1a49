"""The suspend and resume buttons, for pages and for programs (`Accept: application/json`)."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from hanare_core.problems import Code, Problem
from hanare_server.access import resumption
from hanare_server.access import suspend as stopping
from hanare_server.access.models import Lease, Session
from hanare_server.access.standing import Kind
from hanare_server.access.suspend import Stopped
from hanare_server.approvals import requests, waiting
from hanare_server.approvals.models import Loosening
from hanare_server.audit.log import Actor, ActorKind
from hanare_server.console import back, live, proof, reasons, scope
from hanare_server.console.guard import administrator, is_htmx, permitted, wants_json
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission, Role
from hanare_server.directory.models import Department, Stick, User

_ORGANISATIONS: Final = f"{Kind.ORGANISATION.value}s"
_KINDS: Final = {f"{kind.value}s": kind for kind in Kind}
"""The plural word in the address: /console/api/sticks/…"""

_MODELS: Final = {Kind.DEPARTMENT: Department, Kind.SESSION: Session, Kind.STICK: Stick, Kind.USER: User}


@permitted(Permission.SUSPEND)
@require_POST
def suspend(request: HttpRequest, things: str, identifier: str) -> HttpResponse:
    """Stop it; a program gets the receipts that came within two seconds."""
    if things == _ORGANISATIONS and not (administrator(request).is_sealed or proof.is_fresh(request)):
        raise Problem(Code.FACTOR_WANTED)
    why = reasons.given(request)

    def stop(organisation: str, actor: Actor, kind: Kind, identifier: str) -> dict[str, object]:
        return told(stopping.suspend(organisation, actor, kind, identifier, why=why))

    return _act(request, things, identifier, stop)


@permitted(Permission.RESUME)
@require_POST
def resume(request: HttpRequest, things: str, identifier: str) -> HttpResponse:
    """Let it work again; what takes two people becomes a request (202 for a program)."""
    kind, account, why = _KINDS.get(things), administrator(request), reasons.given(request)
    if kind is not None and resumption.takes_two(account.here.pk, _actor(account), kind, [identifier]):
        must_see(account, kind, identifier)
        if not why and not wants_json(request):
            return _to_the_reason(request, things, identifier)
        what = {"kind": kind.value, "identifiers": [identifier]}
        return waiting.show(request, requests.ask(account, Loosening.RESUME, what, why))

    def go_on(organisation: str, actor: Actor, kind: Kind, identifier: str) -> dict[str, object]:
        stopping.resume(organisation, actor, kind, identifier, why=why)
        return {"state": "active"}

    return _act(request, things, identifier, go_on)


@permitted(Permission.RESUME)
@require_safe
def resume_ask(request: HttpRequest, things: str, identifier: str) -> HttpResponse:
    """Ask why it is to work again; what takes two people says so before anybody is asked."""
    kind, account = _KINDS.get(things), administrator(request)
    if kind is None or kind is Kind.SESSION:
        raise Http404
    must_see(account, kind, identifier)
    context = {
        "heading": gettext("Resume {name}").format(name=_name(account, kind, identifier)),
        "things": things,
        "identifier": identifier,
        "by_two": resumption.takes_two(account.here.pk, _actor(account), kind, [identifier]),
        "next": back.address_of(request, "console:live"),
    }
    return render(request, "console/resume.html", context)


def must_see(account: Administrator, kind: Kind, identifier: str) -> None:
    """Raise Problem(NOT_FOUND) unless the account sees it; the whole organisation is for those who see all of it."""
    model = _MODELS.get(kind)
    if model is not None:
        scope.must_see(account, model, identifier)
    elif identifier != account.here.id or account.role == Role.CONTACT:
        raise Problem(Code.NOT_FOUND)


def told(stopped: Stopped) -> dict[str, object]:
    """Return what a program is told of a stop."""
    return {
        "state": "stopped" if len(stopped.receipts) == len(stopped.leases) else "stopping",
        "committed_ms": stopped.committed_ms,
        "leases": stopped.leases,
        "receipts": [_receipt(lease) for lease in stopped.receipts],
    }


_What = Callable[[str, Actor, Kind, str], dict[str, object]]


def _act(request: HttpRequest, things: str, identifier: str, what: _What) -> HttpResponse:
    kind = _KINDS.get(things)
    if kind is None:
        raise Http404
    account = administrator(request)
    must_see(account, kind, identifier)
    done = what(account.here.id, _actor(account), kind, identifier)
    if wants_json(request):
        return JsonResponse(done)
    return live.draw_rows(request) if is_htmx(request) else redirect(back.address_of(request, "console:live"))


def _to_the_reason(request: HttpRequest, things: str, identifier: str) -> HttpResponse:
    """Lead to the page that asks why, and from there back to where the button stood."""
    came_from = urlencode({"next": back.address_of(request, "console:live")})
    address = f"{reverse('console:resume-ask', args=[things, identifier])}?{came_from}"
    if is_htmx(request):
        return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": address})
    return redirect(address)


def _name(account: Administrator, kind: Kind, identifier: str) -> str:
    model = _MODELS.get(kind)
    return str(account.here) if model is None else str(scope.one(account, model, identifier))


def _actor(account: Administrator) -> Actor:
    return Actor(ActorKind.ADMINISTRATOR, account.pk)


def _receipt(lease: Lease) -> dict[str, object]:
    return {
        "lease": lease.id,
        "session": lease.session_id,
        "gateway": lease.gateway_id,
        "removed_ms": lease.removed_ms,
        "last_packet_ms": lease.last_packet_ms,
        "packets": lease.packets,
        "clock_error_ms": lease.clock_error_ms,
        "tick_ms": lease.tick_ms,
    }
