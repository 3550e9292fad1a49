"""The month as a CSV that attendance systems take: one line a user and day, times as HH:MM, spans in minutes.

UTF-8 with a byte order mark, or Shift_JIS (cp932) for older systems; a character that it lacks becomes 〓. A text
that a spreadsheet would take for a formula gets an apostrophe before it.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from django.utils.translation import gettext

from hanare_server.clock import MINUTE_MS
from hanare_server.directory.models import User
from hanare_server.reports.hours import Day
from hanare_server.reports.rows import Month

ENCODINGS: Final = {"utf-8": "utf-8", "shift_jis": "cp932"}
_MARK: Final = "\ufeff"
_GETA: Final = "〓"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def lines(worked: Iterable[tuple[User, list[Day]]], month: Month, encoding: str) -> Iterator[bytes]:
    """Give the file, one line at a time."""
    yield _encoded(_row(_heads()), encoding, first=True)
    for user, listed in worked:
        for day in listed:
            yield _encoded(_row(_cells(user, day, month)), encoding)


def clock(time_ms: int, day: Day, month: Month) -> str:
    """Return the time of the day; the next midnight is 24:00."""
    moment = datetime.fromtimestamp(time_ms / 1000, month.zone)
    return f"{moment:%H:%M}" if moment.date() == day.day else "24:00"


def _heads() -> list[str]:
    return [
        gettext("User name"),
        gettext("Full name"),
        gettext("Department"),
        gettext("Date"),
        gettext("Start"),
        gettext("End"),
        gettext("Active (minutes)"),
        gettext("Idle (minutes)"),
        gettext("Late night (minutes)"),
        gettext("Day off"),
    ]


def _cells(user: User, day: Day, month: Month) -> list[str]:
    return [
        user.name,
        user.full_name,
        user.department.name,
        day.day.isoformat(),
        clock(day.start, day, month),
        clock(day.end, day, month),
        *(str(span // MINUTE_MS) for span in (day.active_ms, day.idle_ms, day.late_ms)),
        "1" if day.holiday else "0",
    ]


def _row(cells: Iterable[str]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n").writerow([_safe(cell) for cell in cells])
    return file.getvalue()


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _encoded(line: str, encoding: str, *, first: bool = False) -> bytes:
    codec = ENCODINGS[encoding]
    if codec == "utf-8":
        return ((_MARK if first else "") + line).encode()
    return "".join(one if _fits(one, codec) else _GETA for one in line).encode(codec)


def _fits(character: str, codec: str) -> bool:
    try:
        character.encode(codec)
    except UnicodeEncodeError:
        return False
    return True
