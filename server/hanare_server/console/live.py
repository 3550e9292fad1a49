"""Who is using it now. The page is drawn from rows; the hub tells it over a WebSocket when to draw anew."""

from typing import Any, Final, NamedTuple

from django.db.models import Exists, F, Max, OuterRef, QuerySet, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, NullIf
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from hanare_core import signed
from hanare_core.messages.local import LIVE_PATH, LiveToken
from hanare_core.problems import Code, Problem
from hanare_core.signed import Kind
from hanare_server import keys
from hanare_server.access.models import Lease, Session
from hanare_server.access.suspend import STOP_REASON
from hanare_server.clock import MINUTE_MS, now_ms
from hanare_server.console import attention, cells, kept, scope
from hanare_server.console.guard import administrator, permitted
from hanare_server.console.language import reader_language
from hanare_server.console.live_buttons import RESUME
from hanare_server.console.live_rows import drawn
from hanare_server.console.live_sessions import SHOWN_SESSIONS, open_sessions
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission, Role
from hanare_server.directory.models import Department, Stick, User

TOKEN_LIFE_MS: Final = MINUTE_MS
"""Who is signed out stops seeing within a minute; the page fetches a new token before."""

SHOWN_STOPPED_MS: Final = 10 * MINUTE_MS
"""How long a stopped session stays on the page with its receipt."""


SHOWN_HALTED: Final = 20
"""Suspended things on the page, a screen of them; after a stop of many the lists of sticks and users show the rest."""


class Halted(NamedTuple):
    """Something suspended: the plural word of its address, its key, its name, how it stands."""

    things: str
    identifier: str
    name: str
    state: str

    @property
    def button(self) -> SafeString:
        """The button that resumes it."""
        return RESUME[self.things].draw(self.identifier)


class StoppedSession(NamedTuple):
    """A session that was stopped lately, and what is known of its last packet."""

    session: Session
    done: bool
    """Every lease has its receipt: it has left the kernel."""
    expired: bool
    """What has no receipt, because its gateway is out of touch, has ended by itself: the kernel closes at the TTL."""
    last_packet_ms: int
    """0: no packet passed."""


@permitted(Permission.LIVE_READ)
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show the page."""
    departments = scope.rows(administrator(request), Department).order_by("name", "pk").values_list("pk", "name")
    shown = cells.options(departments, request.GET.get("department", ""))
    return render(request, "console/live.html", {**_context(request), "live_path": LIVE_PATH, "departments": shown})


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
    sessions, count = open_sessions(account, wish)
    grouped = bool(wish.get("group"))
    halted = kept.answer(account, "halted", lambda: _halted(account))
    return {
        "organisation": account.here,
        "resume_organisation": RESUME["organisations"].draw(account.here.pk),
        "sessions": drawn(sessions, stops=account.may(Permission.SUSPEND), grouped=grouped),
        "count": count,
        "most": SHOWN_SESSIONS,
        "query": wish.get("q", ""),
        "grouped": grouped,
        "attention": attention.of(account),
        "stopped": kept.answer(account, "stopped", lambda: _stopped_sessions(account)),
        "halted": halted[:SHOWN_HALTED],
        "more_halted": len(halted) > SHOWN_HALTED,
    }


def _departments(account: Administrator) -> tuple[str, ...]:
    """Return the departments of the live channel: empty means all, so a contact without any is refused."""
    if account.role == Role.CONTACT and not scope.departments(account):
        raise Problem(Code.NOT_PERMITTED)
    return scope.departments(account)


def _stopped_sessions(account: Administrator) -> list[StoppedSession]:
    since = now_ms() - SHOWN_STOPPED_MS
    reasons = [code.value for code in STOP_REASON.values()]
    found = scope.rows(account, Session).filter(reason__in=reasons, ended_ms__gt=since)
    # Sub-queries, not a join: grouping by session would walk all sessions there ever were.
    leases = Lease.objects.filter(session=OuterRef("pk")).order_by()
    latest = leases.values("session").annotate(last=Max("last_packet_ms")).values("last")
    unheard = leases.filter(removed_ms=None)
    alive = unheard.filter(gone_ms__gt=now_ms() - F("ttl_ms") - F("grace_ms"))
    told = found.select_related("stick", "user").annotate(
        missing=Exists(unheard), alive=Exists(alive), last=Subquery(latest)
    )
    rows = told.order_by("-ended_ms", "id")[:SHOWN_SESSIONS]
    return [StoppedSession(one, not one.missing, not one.alive, one.last or 0) for one in rows]


def _halted(account: Administrator) -> list[Halted]:
    """Return what a resume may bring back, one more than is shown, in one query over all kinds."""
    standing = [Stick.State.SUSPENDED, Stick.State.QUARANTINED, Stick.State.LOCKED]
    sticks = scope.rows(account, Stick).filter(state__in=standing)
    users = scope.rows(account, User).filter(state=User.State.SUSPENDED)
    departments = scope.rows(account, Department).filter(suspended=True)
    found = _named(sticks, "sticks", F("state"), "label", "pk").union(
        _named(users, "users", F("state"), "full_name", "name"),
        _named(departments, "departments", Value("suspended"), "name"),
        all=True,
    )
    return [Halted(*row) for row in found.order_by("things", "pk")[: SHOWN_HALTED + 1]]


def _named(rows: QuerySet[Any], things: str, standing: Combinable, *names: str) -> QuerySet[Any]:
    """Return for each row what it is, its key, the first of its names that is not empty, and how it stands."""
    filled = [NullIf(F(name), Value("")) for name in names]
    shown = Coalesce(*filled, Value("")) if len(filled) > 1 else filled[0]
    annotated: QuerySet[Any] = rows.order_by().annotate(things=Value(things), shown_name=shown, standing=standing)
    return annotated.values_list("things", "pk", "shown_name", "standing")
