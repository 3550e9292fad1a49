"""The pages of approvals: what waits first, and one request with the exact change and the buttons one may press."""

from typing import Any, Final, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hanare_core.problems import Code, Problem
from hanare_server.approvals import introduction, loosening, mails, people, requests, sightings, waiting, words
from hanare_server.approvals.models import HASH_CHARACTERS, Loosening, MassStop, Request
from hanare_server.clock import now_ms
from hanare_server.console import proof, scope
from hanare_server.console.guard import administrator, permitted
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission
from hanare_server.directory.models import Stick

SHOWN: Final = 100
"""Decided requests below those that wait; the audit log has them all."""


class Hindrance(NamedTuple):
    """Why two accounts do not count as two people."""

    nameless: str
    """The account that has no staff number."""
    introduced_until_ms: int
    """One has handed the other the first password: until then."""


@permitted(Permission.APPROVALS_READ)
@require_safe
def approvals(request: HttpRequest) -> HttpResponse:
    """List what waits, and what was decided."""
    account, now = administrator(request), now_ms()
    rows = scope.rows(account, Request).select_related("requester", "decided_by").order_by("-asked_ms", "pk")
    waits = rows.filter(state=Request.State.WAITING, expires_ms__gt=now)
    stops = scope.rows(account, MassStop).select_related("stopped_by").order_by("-stopped_ms", "pk")
    context = {
        "heading": gettext("Approvals"),
        "lead": gettext("Stopping takes one person. Loosening takes two, and so does a stop of many that is to last."),
        "stops": [
            (row, words.stop_title(row)) for row in stops.filter(state=MassStop.State.STANDING, lapses_ms__gt=now)
        ],
        "waiting": [(row, words.title(row)) for row in waits],
        "decided": [_line(row) for row in rows.exclude(pk__in=waits.values("pk"))[:SHOWN]],
    }
    return render(request, "approvals/list.html", context)


@permitted(Permission.APPROVALS_READ)
@require_safe
def one(request: HttpRequest, identifier: str) -> HttpResponse:
    """Show exactly what would change, who asks, and what the reader may do about it."""
    account = administrator(request)
    row = _row(account, identifier)
    waits = row.state == Request.State.WAITING and row.expires_ms > now_ms()
    own, lone = row.requester_id == account.pk, requests.is_lone(account, row)
    alone_from_ms = people.alone_from_ms(account, loosening.subject_of(row.payload)) if own else None
    ready_ms = row.confirmed_ms + requests.WAIT_MS if row.confirmed_ms is not None else 0
    label, tone = words.STATES[_state(row)]
    context = {
        "heading": words.title(row),
        "row": row,
        "lines": words.lines(row),
        "label": label,
        "tone": tone,
        "may_approve": waits and requests.may_decide(account, row),
        "may_refuse": waits and requests.may_refuse(account, row),
        "own": own and waits,
        "lone": own and waits and lone,
        "alone_from_ms": alone_from_ms,
        "auditors_told": mails.auditors_told(row.organisation_id),
        "hindrance": _hindrance(account, row) if waits and not own else None,
        "ready_ms": ready_ms,
        "ready": 0 < ready_ms <= now_ms(),
        "fetch": _fetch(row) if own and _state(row) == Request.State.APPROVED else None,
    }
    return render(request, "approvals/one.html", context)


@permitted(Permission.APPROVE)
@require_POST
def approve(request: HttpRequest, identifier: str) -> HttpResponse:
    """Approve what the page showed."""
    row = requests.approve(administrator(request), identifier, _hash(request))
    return _done(request, row)


@permitted(Permission.APPROVALS_READ)
@require_POST
def refuse(request: HttpRequest, identifier: str) -> HttpResponse:
    """Refuse it, or take the own request back."""
    requests.refuse(administrator(request), identifier)
    return redirect("approvals:approvals")


@permitted(Permission.APPROVE)
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest, identifier: str) -> HttpResponse:
    """Confirm as the only administrator; asks for the second factor first when it was not shown since the request.

    GET as well: that is how one comes back from the second factor. It can be done only by who has just shown it.
    """
    account = administrator(request)
    row = _row(account, identifier)
    if not proof.is_fresh(request, row.asked_ms):
        if request.method == "GET":
            return redirect("approvals:approvals-one", row.pk)
        return proof.ask(reverse("approvals:approvals-confirm", args=[row.pk]))
    requests.confirm_alone(account, identifier, proof.shown_ms(request))
    return redirect("approvals:approvals-one", row.pk)


@permitted(Permission.APPROVE)
@require_POST
def carry_out(request: HttpRequest, identifier: str) -> HttpResponse:
    """Carry out what the only administrator has confirmed ten minutes ago."""
    return _done(request, requests.carry_out_alone(administrator(request), identifier, _hash(request)))


@permitted(Permission.RESUME)
@require_http_methods(["GET", "POST"])
def original(request: HttpRequest, identifier: str) -> HttpResponse:
    """Ask which generation of a quarantined stick is the original's, and have that approved."""
    account = administrator(request)
    stick = scope.one(account, Stick, identifier)
    if stick.state != Stick.State.QUARANTINED:
        raise Problem(Code.CONFLICT, detail={"state": stick.state})
    seen = sightings.both(stick)
    if request.method == "POST":
        chosen = next((one.generation for one in seen if str(one.generation) == request.POST.get("generation")), None)
        if chosen is None:
            raise Problem(Code.MALFORMED, detail={"path": "generation"})
        what = {"stick": stick.pk, "generation": chosen}
        asked = requests.ask(account, Loosening.CONFIRM_ORIGINAL, what, request.POST.get("reason", ""))
        return waiting.show(request, asked)
    heading = gettext("Which {name} is the original?").format(name=stick)
    return render(request, "approvals/original.html", {"heading": heading, "stick": stick, "seen": seen})


@permitted(Permission.APPROVALS_READ)
@require_safe
def stop(request: HttpRequest, identifier: str) -> HttpResponse:
    """Show a stop of many: who, what, and when it lapses."""
    account = administrator(request)
    row = scope.one(account, MassStop, identifier)
    label, tone = words.STOP_STATES[MassStop.State(row.state)]
    standing = row.state == MassStop.State.STANDING and row.lapses_ms > now_ms()
    names = words.names(row.kind, row.identifiers)
    context = {
        "heading": words.stop_title(row),
        "row": row,
        "names": names,
        "rest": len(row.identifiers) - len(names) if names else 0,
        "label": label,
        "tone": tone,
        "standing": standing,
        "may_confirm": standing and people.may_decide(account, row.stopped_by),
        "lone": standing and people.is_alone(account),
        "auditors_told": mails.auditors_told(row.organisation_id),
    }
    return render(request, "approvals/stop.html", context)


@permitted(Permission.APPROVE)
@require_POST
def confirm_stop(request: HttpRequest, identifier: str) -> HttpResponse:
    """Have a stop of many stand."""
    requests.confirm_stop(administrator(request), identifier)
    return _stands(request, identifier)


@permitted(Permission.APPROVE)
@require_http_methods(["GET", "POST"])
def confirm_stop_alone(request: HttpRequest, identifier: str) -> HttpResponse:
    """Have a stop of many stand as the only administrator, by second factor; GET as for `confirm`."""
    account = administrator(request)
    row = scope.one(account, MassStop, identifier)
    if not proof.is_fresh(request, row.stopped_ms):
        if request.method == "GET":
            return redirect("approvals:approvals-stop", row.pk)
        return proof.ask(reverse("approvals:approvals-stop-confirm-alone", args=[row.pk]))
    requests.confirm_stop_alone(account, row.pk, proof.shown_ms(request))
    return _stands(request, row.pk)


def _stands(request: HttpRequest, identifier: str) -> HttpResponse:
    messages.success(request, gettext("The stop stands."))
    return redirect("approvals:approvals-stop", identifier)


def _hindrance(account: Administrator, row: Request) -> Hindrance | None:
    """Return why somebody who could approve is no second person for this request yet; None: for no such reason."""
    if not people.is_able(account) or people.are_two(account, row.requester):
        return None
    nameless = next((one.name for one in (account, row.requester) if not one.person), "")
    return Hindrance(nameless, introduction.until_ms(account, row.requester))


def _done(request: HttpRequest, row: Request) -> HttpResponse:
    done = gettext("Approved and carried out.")
    left = gettext("Approved. The requester can fetch it now.")
    messages.success(request, done if row.state == Request.State.DONE else left)
    return redirect("approvals:approvals-one", row.pk)


def _row(account: Administrator, identifier: str) -> Request:
    found = scope.rows(account, Request).select_related("requester", "decided_by")
    row = found.filter(pk=identifier.replace("\0", "")).first()
    if row is None:
        raise Problem(Code.NOT_FOUND)
    return row


def _fetch(row: Request) -> tuple[str, str] | None:
    """Return where the requester fetches what was approved, and the button's words; None where all is done."""
    if row.act == Loosening.EXPORT_AUDIT:
        return reverse("console:audit-fetch", args=[row.pk]), gettext("Fetch the log")
    if row.act == Loosening.ISSUE_CODE:
        user = loosening.what_of(row.payload)["user"]
        return reverse("helpdesk:help-code", args=[user]), gettext("Reset the PIN and show the code")
    return None


def _line(row: Request) -> tuple[Request, str, Any, str]:
    return row, words.title(row), *words.STATES[_state(row)]


def _state(row: Request) -> Request.State:
    """Return the state as it is now, before the worker has noted that it expired."""
    open_still = row.state in (Request.State.WAITING, Request.State.APPROVED)
    return Request.State.EXPIRED if open_still and row.expires_ms <= now_ms() else Request.State(row.state)


def _hash(request: HttpRequest) -> str:
    return request.POST.get("hash", "")[:HASH_CHARACTERS]
