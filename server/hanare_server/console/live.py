"""Who is using it now. The page is drawn from rows; the hub tells it over a WebSocket when to draw anew."""

from typing import Final, NamedTuple

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hanare_core import signed
from hanare_core.messages.local import LIVE_PATH, LiveToken
from hanare_core.signed import Kind
from hanare_server import keys
from hanare_server.access.models import Lease, Session
from hanare_server.access.suspend import STOP_REASON
from hanare_server.clock import now_ms
from hanare_server.console.language import reader_language
from hanare_server.console.signed_in import administrator, signed_in
from hanare_server.directory.models import Department, Organisation, Stick, User

TOKEN_LIFE_MS: Final = 60_000
"""Who is signed out stops seeing within a minute; the page fetches a new token before."""

SHOWN_STOPPED_MS: Final = 10 * 60 * 1000
"""How long a stopped session stays on the page with its receipt."""


class StoppedSession(NamedTuple):
    """A session that was stopped lately, and what is known of its last packet."""

    session: Session
    done: bool
    """Every lease has its receipt: it has left the kernel."""
    last_packet_ms: int
    """0: no packet passed."""


@require_safe
@signed_in
def page(request: HttpRequest) -> HttpResponse:
    """Show the page."""
    return render(request, "console/live.html", {**_context(request), "live_path": LIVE_PATH})


@require_safe
@signed_in
def rows(request: HttpRequest) -> HttpResponse:
    """Return the page's lists alone."""
    return draw_rows(request)


@require_safe
@signed_in
def token(request: HttpRequest) -> HttpResponse:
    """Return a token with which the page opens, or keeps, its live channel."""
    not_after_ms = now_ms() + TOKEN_LIFE_MS
    statement = LiveToken(
        organisation=administrator(request).organisation_id,
        departments=(),
        language=reader_language(),
        not_after_ms=not_after_ms,
    )
    return JsonResponse({"token": signed.sign(Kind.LIVE_TOKEN, statement, keys.signing_key())})


def draw_rows(request: HttpRequest) -> HttpResponse:
    """Draw the lists as they are now."""
    return render(request, "console/_rows.html", _context(request))


def _context(request: HttpRequest) -> dict[str, object]:
    organisation = administrator(request).organisation
    return {
        "organisation": organisation,
        "sessions": _open_sessions(organisation),
        "stopped": _stopped_sessions(organisation),
        "suspended": _suspended(organisation),
    }


def _open_sessions(organisation: Organisation) -> list[Session]:
    found = Session.objects.filter(organisation=organisation, state=Session.State.OPEN)
    related = found.select_related("stick", "user", "department", "office_pc")
    return list(related.prefetch_related("leases__gateway").order_by("opened_ms", "id"))


def _stopped_sessions(organisation: Organisation) -> list[StoppedSession]:
    since = now_ms() - SHOWN_STOPPED_MS
    reasons = [code.value for code in STOP_REASON.values()]
    found = Session.objects.filter(organisation=organisation, reason__in=reasons, ended_ms__gt=since)
    related = found.select_related("stick", "user").prefetch_related("leases")
    return [_stopped(session) for session in related.order_by("-ended_ms", "id")]


def _stopped(session: Session) -> StoppedSession:
    leases: list[Lease] = list(session.leases.all())
    done = all(lease.removed_ms is not None for lease in leases)
    return StoppedSession(session, done, max((lease.last_packet_ms or 0 for lease in leases), default=0))


def _suspended(organisation: Organisation) -> dict[str, list[Stick] | list[User] | list[Department]]:
    """Return what a resume may bring back, by the plural word of the address."""
    standing = [Stick.State.SUSPENDED, Stick.State.QUARANTINED, Stick.State.LOCKED]
    return {
        "sticks": list(Stick.objects.filter(organisation=organisation, state__in=standing).order_by("id")),
        "users": list(User.objects.filter(organisation=organisation, state=User.State.SUSPENDED).order_by("id")),
        "departments": list(Department.objects.filter(organisation=organisation, suspended=True).order_by("id")),
    }
