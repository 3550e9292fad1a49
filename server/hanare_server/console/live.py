"""Who is using it now. The page is drawn from rows; the hub tells it over a WebSocket when to draw anew."""

from typing import Final, NamedTuple

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hanare_core import signed
from hanare_core.messages.local import LIVE_PATH, LiveToken
from hanare_core.problems import Code, Problem
from hanare_core.signed import Kind
from hanare_server import keys
from hanare_server.access.models import Lease, Session
from hanare_server.access.suspend import STOP_REASON
from hanare_server.clock import now_ms
from hanare_server.console import attention, scope
from hanare_server.console.guard import administrator, permitted
from hanare_server.console.language import reader_language
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission, Role
from hanare_server.directory.models import Department, Stick, User

TOKEN_LIFE_MS: Final = 60_000
"""Who is signed out stops seeing within a minute; the page fetches a new token before."""

SHOWN_STOPPED_MS: Final = 10 * 60 * 1000
"""How long a stopped session stays on the page with its receipt."""


SHOWN_SESSIONS: Final = 200
"""Rows that one screen can use; more are found by the search or by department."""

_SEARCHED: Final = ("user__name", "user__full_name", "stick__label", "office_pc__name", "department__name")
_WORDS: Final = 5


class StoppedSession(NamedTuple):
    """A session that was stopped lately, and what is known of its last packet."""

    session: Session
    done: bool
    """Every lease has its receipt: it has left the kernel."""
    last_packet_ms: int
    """0: no packet passed."""


@permitted(Permission.LIVE_READ)
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show the page."""
    departments = scope.rows(administrator(request), Department).order_by("name", "pk")
    return render(
        request, "console/live.html", {**_context(request), "live_path": LIVE_PATH, "departments": departments}
    )


@permitted(Permission.LIVE_READ)
@require_safe
def rows(request: HttpRequest) -> HttpResponse:
    """Return the page's lists alone."""
    return draw_rows(request)


@permitted(Permission.LIVE_READ)
@require_safe
def token(request: HttpRequest) -> HttpResponse:
    """Return a token with which the page opens, or keeps, its live channel."""
    account, not_after_ms = administrator(request), now_ms() + TOKEN_LIFE_MS
    statement = LiveToken(
        organisation=account.here.id,
        departments=_departments(account),
        language=reader_language(),
        not_after_ms=not_after_ms,
    )
    return JsonResponse({"token": signed.sign(Kind.LIVE_TOKEN, statement, keys.signing_key())})


def draw_rows(request: HttpRequest) -> HttpResponse:
    """Draw the lists as they are now."""
    return render(request, "console/_rows.html", _context(request))


def _context(request: HttpRequest) -> dict[str, object]:
    account = administrator(request)
    wish = request.POST if request.method == "POST" else request.GET
    found = _open_sessions(account, wish)
    return {
        "organisation": account.here,
        "sessions": list(_with_leases(found, wish)[:SHOWN_SESSIONS]),
        "count": found.count(),
        "most": SHOWN_SESSIONS,
        "query": wish.get("q", ""),
        "chosen": wish.get("department", ""),
        "grouped": bool(wish.get("group")),
        "attention": attention.of(account),
        "stopped": _stopped_sessions(account),
        "suspended": _suspended(account),
    }


def _departments(account: Administrator) -> tuple[str, ...]:
    """Return the departments of the live channel: empty means all, so a contact without any is refused."""
    if account.role == Role.CONTACT and not scope.departments(account):
        raise Problem(Code.NOT_PERMITTED)
    return scope.departments(account)


def _open_sessions(account: Administrator, wish: QueryDict) -> QuerySet[Session]:
    """Return the open sessions that the search and the department leave."""
    found = scope.rows(account, Session).filter(state=Session.State.OPEN)
    for word in wish.get("q", "").replace("\0", "").split()[:_WORDS]:
        asked = Q()
        for field in _SEARCHED:
            asked |= Q(**{f"{field}__icontains": word})
        found = found.filter(asked)
    department = wish.get("department", "").replace("\0", "")
    return found.filter(department=department) if department else found


def _with_leases(found: QuerySet[Session], wish: QueryDict) -> QuerySet[Session]:
    related = found.select_related("stick", "user", "department", "office_pc").prefetch_related("leases__gateway")
    order = ("department__name", "opened_ms", "id") if wish.get("group") else ("opened_ms", "id")
    return related.order_by(*order)


def _stopped_sessions(account: Administrator) -> list[StoppedSession]:
    since = now_ms() - SHOWN_STOPPED_MS
    reasons = [code.value for code in STOP_REASON.values()]
    found = scope.rows(account, Session).filter(reason__in=reasons, ended_ms__gt=since)
    related = found.select_related("stick", "user").prefetch_related("leases")
    return [_stopped(session) for session in related.order_by("-ended_ms", "id")]


def _stopped(session: Session) -> StoppedSession:
    leases: list[Lease] = list(session.leases.all())
    done = all(lease.removed_ms is not None for lease in leases)
    return StoppedSession(session, done, max((lease.last_packet_ms or 0 for lease in leases), default=0))


def _suspended(account: Administrator) -> dict[str, list[Stick] | list[User] | list[Department]]:
    """Return what a resume may bring back, by the plural word of the address."""
    standing = [Stick.State.SUSPENDED, Stick.State.QUARANTINED, Stick.State.LOCKED]
    return {
        "sticks": list(scope.rows(account, Stick).filter(state__in=standing).order_by("id")),
        "users": list(scope.rows(account, User).filter(state=User.State.SUSPENDED).order_by("id")),
        "departments": list(scope.rows(account, Department).filter(suspended=True).order_by("id")),
    }
