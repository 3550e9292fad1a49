"""Working hours of one user, day by day, from the sessions alone.

A day is the organisation's local day, midnight to midnight, however many hours that has. Sessions that overlap (two
sticks) count once; one over midnight counts on both days. A break of the line, after which the user is back within
BREAK_MS, is presence without activity, not an end of work. Idle is what the sessions themselves say: a session that
ended for idleness was idle for the profile's time before, a broken line for the length of the break. More than
that is not known, and nothing of what was typed or shown is.
"""

import functools
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import jpholiday

from hanare_core.problems import Code
from hanare_server.clock import MINUTE_MS
from hanare_server.reports import spans
from hanare_server.reports.spans import Span

BREAK_MS: Final = 10 * MINUTE_MS
"""A home router's restart or a moved PC takes minutes; who stays away longer has stopped working."""

LATE_FROM_HOUR: Final = 22
LATE_UNTIL_HOUR: Final = 5
"""深夜: 22:00 to 5:00 (労働基準法 第37条第4項)."""

SATURDAY: Final = 6
DAYS_KEPT: Final = 1024
"""Days whose midnights, late hours and holidays are kept: a list of users asks for the same month's for each."""


BROKEN: Final = frozenset(
    {
        Code.DOOR_UNREACHABLE,
        Code.GATEWAY_UNREACHABLE,
        Code.HUB_UNREACHABLE,
        Code.LEASE_ENDED,
        Code.LOST_CONTACT,
        Code.SERVER_UNREACHABLE,
        Code.SIGNED_IN_AGAIN,
    }
)
"""Ends that nobody wanted: the line, the PC or a part of ours."""


class Stretch(NamedTuple):
    """One session of the user."""

    start: int
    end: int
    """Unix milliseconds; of an open session the present."""
    reason: str
    """Why it ended; empty while it is open."""
    idle_ms: int = 0
    """How long the user was idle before a session that ended for idleness."""


class Day(NamedTuple):
    """One local day on which the user worked; spans in milliseconds."""

    day: date
    start: int
    end: int
    active_ms: int
    idle_ms: int
    late_ms: int
    """Active within 22:00 to 5:00."""
    holiday: bool
    """Saturday, Sunday or a public holiday of Japan."""
    spans: tuple[Span, ...]
    """When the user was there, breaks of the line included."""


class Total(NamedTuple):
    """A month of one user."""

    days: int
    active_ms: int
    idle_ms: int
    late_ms: int
    holidays: int


def days(stretches: Iterable[Stretch], zone: ZoneInfo, first: date, last: date) -> list[Day]:
    """Return the days from first to last, both included, on which the user was there."""
    ordered = sorted(stretches)
    breaks = _breaks(ordered)
    present = spans.merged([*(Span(one.start, one.end) for one in ordered), *breaks])
    idle = spans.merged([*breaks, *_idle(ordered)])
    touched = sorted({day for span in present for day in _touched(span, zone) if first <= day <= last})
    found = (_day(day, zone, present, idle) for day in touched)
    return [day for day in found if day is not None]


def total(worked: Iterable[Day]) -> Total:
    """Return the sum of the days."""
    listed = list(worked)
    return Total(
        days=len(listed),
        active_ms=sum(day.active_ms for day in listed),
        idle_ms=sum(day.idle_ms for day in listed),
        late_ms=sum(day.late_ms for day in listed),
        holidays=sum(day.holiday for day in listed),
    )


@functools.lru_cache(maxsize=DAYS_KEPT)
def local_day(day: date, zone: ZoneInfo) -> Span:
    """Return a local day: 24 hours, or 23 or 25 where the clocks change."""
    return Span(_moment(day, zone), _moment(day + timedelta(days=1), zone))


@functools.lru_cache(maxsize=DAYS_KEPT)
def is_holiday(day: date) -> bool:
    """Tell Saturdays, Sundays and Japan's public holidays."""
    return day.isoweekday() >= SATURDAY or bool(jpholiday.is_holiday(day))


def _day(day: date, zone: ZoneInfo, present: list[Span], idle: list[Span]) -> Day | None:
    there = spans.within(present, local_day(day, zone))
    if not there:
        return None
    active = spans.without(there, idle)
    return Day(
        day=day,
        start=there[0].start,
        end=there[-1].end,
        active_ms=spans.length(active),
        idle_ms=spans.length(there) - spans.length(active),
        late_ms=spans.length(spans.common(active, _late(day, zone))),
        holiday=is_holiday(day),
        spans=tuple(there),
    )


def _breaks(ordered: list[Stretch]) -> list[Span]:
    """Return the gaps after a broken line that the user came back from in time, on any stick."""
    found = []
    until = 0
    broken = False
    for stretch in ordered:
        gap = stretch.start - until
        if broken and 0 < gap <= BREAK_MS:
            found.append(Span(until, stretch.start))
        if stretch.end >= until:
            until, broken = stretch.end, stretch.reason in BROKEN
    return spans.merged(found)


def _idle(ordered: list[Stretch]) -> Iterator[Span]:
    """Give the idle ends of sessions, except where the user worked on another stick."""
    for stretch in ordered:
        if stretch.reason != Code.IDLE:
            continue
        end = Span(max(stretch.start, stretch.end - stretch.idle_ms), stretch.end)
        others = spans.merged(Span(one.start, one.end) for one in ordered if one is not stretch)
        yield from spans.without([end], others)


@functools.lru_cache(maxsize=DAYS_KEPT)
def _late(day: date, zone: ZoneInfo) -> tuple[Span, Span]:
    whole = local_day(day, zone)
    morning = Span(whole.start, _moment(day, zone, LATE_UNTIL_HOUR))
    return morning, Span(_moment(day, zone, LATE_FROM_HOUR), whole.end)


def _touched(span: Span, zone: ZoneInfo) -> Iterator[date]:
    day, last = (datetime.fromtimestamp(moment / 1000, zone).date() for moment in span)
    while day <= last:
        yield day
        day += timedelta(days=1)


def _moment(day: date, zone: ZoneInfo, hour: int = 0) -> int:
    return int(datetime.combine(day, time(hour), zone).timestamp() * 1000)
