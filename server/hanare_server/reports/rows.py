"""Fetches what the reports are computed from: sessions of a month, within what the reader may see."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from hanare_core.problems import Code
from hanare_core.profile import MAX_IDLE_MINUTES
from hanare_core.ticket import TICKET_LIFE_MS
from hanare_server.access.models import Session
from hanare_server.audit.log import Act
from hanare_server.audit.models import AuditRow
from hanare_server.clock import MINUTE_MS
from hanare_server.directory.models import Organisation, User
from hanare_server.profiles.resolve import settings_of
from hanare_server.reports.hours import BREAK_MS, Day, Stretch, days, local_day
from hanare_server.reports.spans import Span
from hanare_server.reports.usage import Use

FIRST_YEAR: Final = 2020
LAST_YEAR: Final = 2099
CHUNK: Final = 2_000

LONGEST_MS: Final = 2 * TICKET_LIFE_MS
"""No session is longer: it ends at its ticket's end, and a worker that was away sets that end later, not longer."""

DECEMBER: Final = 12


class Month(NamedTuple):
    """One calendar month in the organisation's zone."""

    first: date
    last: date
    zone: ZoneInfo

    @classmethod
    def of(cls, text: str, organisation: Organisation, today: date) -> "Month":
        """Return the month of `2026-11`, or today's for anything else."""
        year, _, month = text.partition("-")
        known = year.isascii() and month.isascii() and year.isdigit() and month.isdigit()
        known = known and FIRST_YEAR <= int(year) <= LAST_YEAR and 1 <= int(month) <= DECEMBER
        first = date(int(year), int(month), 1) if known else today.replace(day=1)
        return cls(first, _next(first) - timedelta(days=1), ZoneInfo(organisation.time_zone))

    @property
    def text(self) -> str:
        """The month as the address says it."""
        return f"{self.first:%Y-%m}"

    @property
    def before(self) -> str:
        """The month before."""
        return f"{self.first - timedelta(days=1):%Y-%m}"

    @property
    def after(self) -> str:
        """The month after."""
        return f"{_next(self.first):%Y-%m}"

    @property
    def span(self) -> Span:
        """From its first midnight to its last."""
        return Span(local_day(self.first, self.zone).start, local_day(self.last, self.zone).end)

    @property
    def calendar(self) -> list[date]:
        """Its days."""
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]


def worked(
    organisation: Organisation, users: Iterable[User], sessions: QuerySet[Session], month: Month, now: int
) -> dict[str, list[Day]]:
    """Return the days of each of these users, by id, in one query. Users come with their profiles."""
    listed = list(users)
    idle = {user.pk: settings_of(organisation, user).idle_end_minutes * MINUTE_MS for user in listed}
    by_user: dict[str, list[Stretch]] = defaultdict(list)
    for row in _touching(sessions.filter(user__in=list(idle)), month).values_list(*_STRETCH):
        user, start, end, reason = row
        by_user[user].append(Stretch(start, end if end is not None else now, reason, _idle(idle[user], reason)))
    return {user.pk: days(by_user[user.pk], month.zone, month.first, month.last) for user in listed}


def uses(sessions: QuerySet[Session], month: Month, now: int) -> list[Use]:
    """Return every session of the month, cut to it."""
    window = month.span
    found = _touching(sessions, month).values_list(*_USE).iterator(chunk_size=CHUNK)
    return [
        Use(max(start, window.start), min(end if end is not None else now, window.end), *rest)
        for start, end, *rest in found
    ]


def refusals(rows: QuerySet[AuditRow], month: Month) -> Iterator[str]:
    """Give the reasons of each sign-in that was refused in the month."""
    window = month.span
    refused = rows.filter(act=Act.SIGN_IN_REFUSED, time_ms__gte=window.start, time_ms__lt=window.end)
    for detail in refused.values_list("detail", flat=True).iterator(chunk_size=CHUNK):
        yield _reasons(detail)


def _reasons(detail: dict[str, Any]) -> str:
    return str(detail.get("reasons") or detail.get("reason") or "")


def _touching(sessions: QuerySet[Session], month: Month) -> QuerySet[Session]:
    """Return the sessions that touch the month, with the breaks at its edges."""
    window = month.span
    ended = Q(ended_ms__gt=window.start - BREAK_MS) | Q(ended_ms=None)
    opened = {"opened_ms__gt": window.start - LONGEST_MS, "opened_ms__lt": window.end + BREAK_MS}
    return sessions.filter(ended, **opened).order_by()


def _idle(idle_ms: int, reason: str) -> int:
    return min(idle_ms, MAX_IDLE_MINUTES * MINUTE_MS) if reason == Code.IDLE else 0


def _next(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


_STRETCH: Final = ("user", "opened_ms", "ended_ms", "reason")
_USE: Final = ("opened_ms", "ended_ms", "stick", "user", "department__name", "reason")
