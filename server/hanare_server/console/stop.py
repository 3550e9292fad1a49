"""The suspend and resume buttons, for pages and for programs (`Accept: application/json`)."""

from collections.abc import Callable
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from hanare_core.problems import Problem, http_status
from hanare_server.access import suspend as stopping
from hanare_server.access.models import Lease
from hanare_server.access.suspend import Kind
from hanare_server.audit.log import Actor, ActorKind
from hanare_server.console import live
from hanare_server.console.signed_in import administrator, signed_in, wants_json

_KINDS: Final = {f"{kind.value}s": kind for kind in Kind}
"""The plural word in the address: /console/api/sticks/…"""


@require_POST
@signed_in
def suspend(request: HttpRequest, things: str, identifier: str) -> HttpResponse:
    """Stop it; a program gets the receipts that came within two seconds."""

    def stop(organisation: str, actor: Actor, kind: Kind) -> dict[str, object]:
        stopped = stopping.suspend(organisation, actor, kind, identifier)
        return {
            "state": "stopped" if len(stopped.receipts) == len(stopped.leases) else "stopping",
            "committed_ms": stopped.committed_ms,
            "leases": stopped.leases,
            "receipts": [_receipt(lease) for lease in stopped.receipts],
        }

    return _act(request, things, stop)


@require_POST
@signed_in
def resume(request: HttpRequest, things: str, identifier: str) -> HttpResponse:
    """Let it work again."""

    def go_on(organisation: str, actor: Actor, kind: Kind) -> dict[str, object]:
        stopping.resume(organisation, actor, kind, identifier)
        return {"state": "active"}

    return _act(request, things, go_on)


def _act(request: HttpRequest, things: str, what: Callable[[str, Actor, Kind], dict[str, object]]) -> HttpResponse:
    kind = _KINDS.get(things)
    if kind is None:
        raise Http404
    account = administrator(request)
    try:
        done = what(account.organisation_id, Actor(ActorKind.ADMINISTRATOR, account.id), kind)
    except Problem as problem:
        status = http_status(problem.code).value
        return JsonResponse({"code": problem.code.value, "detail": dict(problem.detail)}, status=status)
    if wants_json(request):
        return JsonResponse(done)
    return live.draw_rows(request) if "HX-Request" in request.headers else redirect("console:live")


def _receipt(lease: Lease) -> dict[str, object]:
    return {
        "lease": lease.id,
        "session": lease.session_id,
        "gateway": lease.gateway_id,
        "removed_ms": lease.removed_ms,
        "last_packet_ms": lease.last_packet_ms,
        "packets": lease.packets,
    }
