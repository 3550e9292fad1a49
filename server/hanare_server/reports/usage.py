"""Was it worth it? Sticks in use by day and department, the most at once, who waited, and how often it worked.

All of it is counted from sessions and audit rows; one month at a time, so that a page stays a page.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from hanare_core.problems import Code
from hanare_server.clock import HOUR_MS
from hanare_server.reports import spans
from hanare_server.reports.hours import BROKEN, local_day
from hanare_server.reports.spans import Span

WAITING: Final = frozenset({Code.LOAN_MISSING, Code.CONFLICT})
"""Refusals that mean: the user had no stick of their own to use."""

OURS: Final = frozenset(
    {Code.GATEWAY_FULL, Code.GATEWAY_UNREACHABLE, Code.HUB_UNREACHABLE, Code.KEYD_UNREACHABLE, Code.INTERNAL}
)
"""Refusals for which the office's side is at fault."""

STARTS: Final = 1
ENDS: Final = -1


class Use(NamedTuple):
    """One session."""

    start: int
    end: int
    stick: str
    user: str
    department: str
    reason: str


class UsageDay(NamedTuple):
    """One day of the organisation."""

    day: date
    sticks: int
    users: int
    sessions: int
    peak: int
    """Most sessions at one moment."""


class Usage(NamedTuple):
    """A month."""

    days: list[UsageDay]
    departments: list[tuple[str, int, int, int]]
    """(department, sticks, users, hours), most hours first."""
    sessions: int
    broken: int
    """Sessions whose end nobody wanted."""
    peak: int


def usage(uses: Iterable[Use], zone: ZoneInfo, calendar: Iterable[date]) -> Usage:
    """Return what the sessions say of these days."""
    listed = sorted(uses)
    windows = [(day, local_day(day, zone)) for day in calendar]
    by_day = _by_day(listed, [window for _, window in windows])
    found = [_day(day, window, there) for (day, window), there in zip(windows, by_day, strict=True)]
    return Usage(
        days=found,
        departments=_departments(listed),
        sessions=len(listed),
        broken=sum(use.reason in BROKEN for use in listed),
        peak=max((day.peak for day in found), default=0),
    )


def waited(reasons: Iterable[str]) -> Counter[str]:
    """Count refused sign-ins: `waiting`, `ours`, `other`; each is told by the first reason that the user was given."""
    return Counter(_kind(text.split()[0]) for text in reasons if text.split())


def _kind(reason: str) -> str:
    if reason in WAITING:
        return "waiting"
    return "ours" if reason in OURS else "other"


def _by_day(uses: Iterable[Use], windows: Sequence[Span]) -> list[list[Use]]:
    """Return the uses that touch each window; the windows are in order and apart."""
    found: list[list[Use]] = [[] for _ in windows]
    ends = [window.end for window in windows]
    for use in uses:
        place = bisect_right(ends, use.start)
        while place < len(windows) and windows[place].start < use.end:
            found[place].append(use)
            place += 1
    return found


def _day(day: date, window: Span, there: list[Use]) -> UsageDay:
    return UsageDay(
        day=day,
        sticks=len({use.stick for use in there}),
        users=len({use.user for use in there}),
        sessions=len(there),
        peak=peak(Span(max(use.start, window.start), min(use.end, window.end)) for use in there),
    )


def peak(open_spans: Iterable[Span]) -> int:
    """Return the most spans that are open at one moment; one that ends as another begins does not count twice."""
    events = sorted(event for span in open_spans for event in ((span.start, STARTS), (span.end, ENDS)))
    now = most = 0
    for _, step in events:
        now += step
        most = max(most, now)
    return most


def _departments(uses: Iterable[Use]) -> list[tuple[str, int, int, int]]:
    by_department: dict[str, list[Use]] = defaultdict(list)
    for use in uses:
        by_department[use.department].append(use)
    found = [
        (
            department,
            len({use.stick for use in listed}),
            len({use.user for use in listed}),
            round(spans.length(Span(use.start, use.end) for use in listed) / HOUR_MS),
        )
        for department, listed in by_department.items()
    ]
    return sorted(found, key=lambda line: (-line[3], line[0]))
