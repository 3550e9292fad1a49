"""Days at the office: reservations and loans are by the day, in the organisation's zone."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hanare_server.clock import now_ms
from hanare_server.directory.models import Organisation
from hanare_server.directory.pages.forms import end_of_day_ms


def start_of_day_ms(day: date, organisation: Organisation) -> int:
    """Return when the day begins at the office, Unix milliseconds."""
    return end_of_day_ms(day - timedelta(days=1), ZoneInfo(organisation.time_zone)) or 0


def today_of(organisation: Organisation) -> date:
    """Return the day that it is at the office."""
    return datetime.fromtimestamp(now_ms() / 1000, ZoneInfo(organisation.time_zone)).date()
