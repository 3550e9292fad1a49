"""The open sessions as the start page shows them: searched, of one department, the first screens of them.

Two queries, however many are open: which are shown together with how many there are, then the names of the shown ones
and their paths. Rows are plain tuples: the page is drawn anew at each change, for everybody who looks at it.
"""

from collections import defaultdict
from typing import Final, NamedTuple

from django.db.models import Count, Q, QuerySet, Value, Window
from django.db.models.functions import Coalesce, NullIf
from django.http import QueryDict

from hanare_server.access.models import Lease, Session
from hanare_server.console import scope
from hanare_server.console.models import Administrator

SHOWN_SESSIONS: Final = 30
"""Three screens of rows; more are found by the search or by department."""

_SEARCHED: Final = ("user__name", "user__full_name", "stick__label", "office_pc__name", "department__name")
_WORDS: Final = 5


class Path(NamedTuple):
    """One way of a session's packets."""

    lease: str
    gateway: str


class Line(NamedTuple):
    """One open session."""

    session: str
    stick_id: str
    department_id: str
    user: str
    department: str
    stick: str
    office_pc: str
    opened_ms: int
    paths: list[Path]


def open_sessions(account: Administrator, wish: QueryDict) -> tuple[list[Line], int]:
    """Return the first open sessions that the search and the department leave, and how many they are."""
    order = ("department__name", "opened_ms", "id") if wish.get("group") else ("opened_ms", "id")
    counted = _found(account, wish).annotate(number=Window(Count("pk"))).order_by(*order)
    keys = list(counted.values_list("pk", "number")[:SHOWN_SESSIONS])
    return _lines([key for key, _ in keys], order), keys[0][1] if keys else 0


def _found(account: Administrator, wish: QueryDict) -> QuerySet[Session]:
    found = scope.rows(account, Session).filter(state=Session.State.OPEN)
    for word in wish.get("q", "").replace("\0", "").split()[:_WORDS]:
        asked = Q()
        for field in _SEARCHED:
            asked |= Q(**{f"{field}__icontains": word})
        found = found.filter(asked)
    department = wish.get("department", "").replace("\0", "")
    return found.filter(department=department) if department else found


def _lines(sessions: list[str], order: tuple[str, ...]) -> list[Line]:
    paths: dict[str, list[Path]] = defaultdict(list)
    leases = Lease.objects.filter(session__in=sessions).order_by("position")
    for session, lease, gateway in leases.values_list("session", "pk", "gateway__name"):
        paths[session].append(Path(lease, gateway))
    user = Coalesce(NullIf("user__full_name", Value("")), "user__name")
    stick = Coalesce(NullIf("stick__label", Value("")), "stick_id")
    rows = Session.objects.filter(pk__in=sessions).order_by(*order)
    fields = ("pk", "stick_id", "department_id", user, "department__name", stick, "office_pc__name", "opened_ms")
    return [Line._make((*row, paths[row[0]])) for row in rows.values_list(*fields)]
