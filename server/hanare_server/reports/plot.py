"""Plots as plain numbers for an SVG that the template draws: no script, no inline style; the table says the same."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, NamedTuple

from hanare_server.reports.hours import Day, is_holiday, local_day
from hanare_server.reports.rows import Month

WIDTH: Final = 960
LEFT: Final = 48
ROW: Final = 14
DAY_HOURS: Final = 24
BARS_HEIGHT: Final = 160


class Bar(NamedTuple):
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float
    title: str


class Tick(NamedTuple):
    """A label beside or below."""

    x: float
    y: float
    text: str


class Plot(NamedTuple):
    """Everything that the template draws."""

    width: int
    height: int
    bars: list[Bar]
    shades: list[Bar]
    """Days off."""
    ticks: list[Tick]


def calendar(worked: Iterable[Day], month: Month) -> Plot:
    """Draw one line a day of the month, and on it when the user was there."""
    lines = {day: number for number, day in enumerate(month.calendar)}
    height = ROW * (len(lines) + 2)
    bars = [_presence(day, start, end, lines[day.day], month) for day in worked for start, end in day.spans]
    shades = [_line(number) for day, number in lines.items() if is_holiday(day)]
    hours = [Tick(_x(hour / DAY_HOURS), height - 4, f"{hour}:00") for hour in range(0, DAY_HOURS + 1, 3)]
    days = [Tick(4, ROW * (number + 1) - 3, f"{day:%m-%d}") for day, number in lines.items()]
    return Plot(WIDTH + 40, height, bars, shades, [*hours, *days])


def columns(values: Sequence[tuple[date, int]]) -> Plot:
    """Draw one column a day."""
    most = max((value for _, value in values), default=0) or 1
    step = (WIDTH - LEFT) / max(len(values), 1)
    bars = [
        Bar(
            round(LEFT + number * step + step * 0.15, 1),
            round(BARS_HEIGHT - BARS_HEIGHT * value / most, 1),
            round(step * 0.7, 1),
            round(BARS_HEIGHT * value / most, 1),
            f"{day:%m-%d}: {value}",
        )
        for number, (day, value) in enumerate(values)
    ]
    days = [
        Tick(round(LEFT + number * step, 1), BARS_HEIGHT + 14, f"{day:%d}") for number, (day, _) in enumerate(values)
    ]
    return Plot(WIDTH + 40, BARS_HEIGHT + 20, bars, [], [Tick(4, 12, str(most)), Tick(4, BARS_HEIGHT, "0"), *days])


def _presence(day: Day, start: int, end: int, number: int, month: Month) -> Bar:
    whole = local_day(day.day, month.zone)
    length = whole.end - whole.start
    left, right = _x((start - whole.start) / length), _x((end - whole.start) / length)
    return Bar(left, ROW * number + 2, round(max(right - left, 1), 1), ROW - 4, f"{day.day:%m-%d}")


def _line(number: int) -> Bar:
    return Bar(LEFT, ROW * number, WIDTH - LEFT, ROW, "")


def _x(share: float) -> float:
    return round(LEFT + (WIDTH - LEFT) * share, 1)
