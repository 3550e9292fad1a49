"""Working hours against a month computed by hand: midnight, broken lines, two sticks, idleness, days off, clocks."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanare_core.problems import Code
from hanare_server.clock import MINUTE_MS
from hanare_server.reports import spans, usage
from hanare_server.reports.hours import Stretch, days, total
from hanare_server.reports.spans import Span

JAPAN = ZoneInfo("Asia/Tokyo")
HOUR = 60


def at(text: str, zone: ZoneInfo = JAPAN) -> int:
    """Return a local time of November 2026, `05 08:30`, or a whole date, in Unix milliseconds."""
    whole = text if len(text) > 8 else f"2026-11-{text}"
    return int(datetime.strptime(whole, "%Y-%m-%d %H:%M").replace(tzinfo=zone).timestamp() * 1000)


def worked(start: str, end: str, reason: str = Code.ENDED_BY_USER, idle: int = 0) -> Stretch:
    """Return one session."""
    return Stretch(at(start), at(end), reason, idle * MINUTE_MS)


NOVEMBER = [
    worked("02 08:30", "02 17:15"),
    # A broken line of four minutes, back on the same stick.
    worked("04 08:30", "04 12:00", Code.LOST_CONTACT),
    worked("04 12:04", "04 17:00"),
    # A broken line, back only after lunch: two stretches.
    worked("05 09:00", "05 11:00", Code.LOST_CONTACT),
    worked("05 13:00", "05 17:00"),
    # Two sticks at once, an hour of overlap.
    worked("06 09:00", "06 13:00"),
    worked("06 12:00", "06 18:00"),
    # Saturday, and over midnight into Sunday.
    worked("07 22:30", "08 01:00"),
    # Forgotten: half an hour idle, then ended.
    worked("09 13:00", "09 16:30", Code.IDLE, 30),
    # 文化の日 (3 November) and 勤労感謝の日 (23 November) are holidays.
    worked("23 10:00", "23 11:00"),
    # Late, and before dawn the next day.
    worked("25 20:00", "25 23:00"),
    worked("26 04:00", "26 06:00"),
]

BY_HAND = {
    2: ("08:30", "17:15", 525, 0, 0, False),
    4: ("08:30", "17:00", 506, 4, 0, False),
    5: ("09:00", "17:00", 360, 0, 0, False),
    6: ("09:00", "18:00", 540, 0, 0, False),
    7: ("22:30", "00:00", 90, 0, 90, True),
    8: ("00:00", "01:00", 60, 0, 60, True),
    9: ("13:00", "16:30", 180, 30, 0, False),
    23: ("10:00", "11:00", 60, 0, 0, True),
    25: ("20:00", "23:00", 180, 0, 60, False),
    26: ("04:00", "06:00", 120, 0, 60, False),
}
"""Day → start, end, minutes active, idle, late, holiday: computed with paper and pencil from the list above."""


def test_a_month_computed_by_hand() -> None:
    """Every day of November 2026 is what paper and pencil say, and so is the month."""
    found = days(NOVEMBER, JAPAN, date(2026, 11, 1), date(2026, 11, 30))
    shown = {
        one.day.day: (
            datetime.fromtimestamp(one.start / 1000, JAPAN).strftime("%H:%M"),
            datetime.fromtimestamp(one.end / 1000, JAPAN).strftime("%H:%M"),
            one.active_ms // MINUTE_MS,
            one.idle_ms // MINUTE_MS,
            one.late_ms // MINUTE_MS,
            one.holiday,
        )
        for one in found
    }
    assert shown == BY_HAND
    month = total(found)
    assert (month.days, month.active_ms // MINUTE_MS, month.idle_ms // MINUTE_MS) == (10, 2621, 34)
    assert (month.late_ms // MINUTE_MS, month.holidays) == (270, 3)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("America/New_York", "2026-03-08", 23),
        ("Asia/Tokyo", "2026-03-29", 24),
    ],
)
def test_a_day_has_the_hours_that_its_clocks_say(zone: str, day: str, hours: int) -> None:
    """Where the clocks change a day has 23 or 25 hours; in Japan it never does."""
    here = ZoneInfo(zone)
    first = date.fromisoformat(day)
    start = at(f"{day} 00:00", here)
    (found,) = days([Stretch(start, start + hours * 3_600_000, "")], here, first, first)
    assert (found.active_ms, found.end - found.start) == (hours * 3_600_000, hours * 3_600_000)


def test_days_of_another_zone_are_its_own() -> None:
    """The same session lies on Monday in Tokyo and on Sunday in New York."""
    stretch = Stretch(at("02 08:30"), at("02 09:00"), "")
    (tokyo,) = days([stretch], JAPAN, date(2026, 10, 31), date(2026, 11, 3))
    (york,) = days([stretch], ZoneInfo("America/New_York"), date(2026, 10, 31), date(2026, 11, 3))
    assert (tokyo.day.day, york.day.day) == (2, 1)


def test_an_idle_end_on_one_stick_is_work_on_another() -> None:
    """Idle time counts only where no other stick was in use."""
    first, second = worked("10 09:00", "10 12:00", Code.IDLE, 60), worked("10 11:30", "10 13:00")
    (found,) = days([first, second], JAPAN, date(2026, 11, 10), date(2026, 11, 10))
    assert (found.active_ms // MINUTE_MS, found.idle_ms // MINUTE_MS) == (3 * HOUR + 30, 30)


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), max_size=20))
def test_spans_keep_every_moment_once(pairs: list[tuple[int, int]]) -> None:
    """Merging keeps exactly the moments that were covered; taking a part out and adding it again changes nothing."""
    given_spans = [Span(min(pair), max(pair)) for pair in pairs]
    kept = spans.merged(given_spans)
    covered = {moment for span in given_spans for moment in range(span.start, span.end)}
    assert spans.length(kept) == len(covered)
    hole = [Span(300, 600)]
    assert spans.merged([*spans.without(kept, hole), *spans.common(kept, hole)]) == kept


def test_the_most_at_once() -> None:
    """A session that ends as another begins is not two at once; three that overlap are three."""
    assert usage.peak([]) == 0
    assert usage.peak([Span(0, 10), Span(10, 20)]) == 1
    assert usage.peak([Span(0, 10), Span(5, 20), Span(9, 11), Span(12, 13)]) == 3


def test_a_month_of_usage() -> None:
    """Sticks, users and sessions by day, hours by department, and how many sessions broke."""
    uses = [
        usage.Use(at("02 09:00"), at("02 12:00"), "st1", "u1", "A", Code.ENDED_BY_USER),
        usage.Use(at("02 11:00"), at("02 13:00"), "st2", "u2", "B", Code.LOST_CONTACT),
        usage.Use(at("02 13:30"), at("02 15:30"), "st2", "u1", "A", Code.HARD_END),
        usage.Use(at("02 23:00"), at("03 01:00"), "st1", "u1", "A", Code.ENDED_BY_USER),
    ]
    found = usage.usage(uses, JAPAN, [date(2026, 11, 2), date(2026, 11, 3), date(2026, 11, 4)])
    assert [day[1:] for day in found.days] == [(2, 2, 4, 2), (1, 1, 1, 1), (0, 0, 0, 0)]
    assert found.departments == [("A", 2, 1, 7), ("B", 1, 1, 2)]
    assert (found.sessions, found.broken, found.peak) == (4, 1, 2)
    refusals = ["loan-missing out-of-hours", "gateway-unreachable", "out-of-hours", ""]
    assert usage.waited(refusals) == {"waiting": 1, "ours": 1, "other": 1}
