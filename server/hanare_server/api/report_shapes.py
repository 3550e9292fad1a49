"""What the API tells of hours, usage, settings and refusals. Spans are milliseconds, times Unix milliseconds."""

from datetime import date
from typing import Annotated, Any, Final

from ninja import Field, Schema
from pydantic.json_schema import SkipJsonSchema

from hanare_server.api.shapes import MaybeId, Wish

LATEST_MS: Final = 4_102_444_800_000
"""2100-01-01: what nobody asks beyond."""

MOST_USERS: Final = 50
"""Users of one answer: each has up to 31 days."""

MonthText = Annotated[str, Field(pattern=r"^20[2-9][0-9]-(0[1-9]|1[0-2])$")]
MaybeMonth = MonthText | SkipJsonSchema[None]


class MonthWish(Schema):
    """Which month; left out: this one."""

    month: MaybeMonth = None


class HoursWish(Wish):
    """A month of which users."""

    limit: Annotated[int, Field(ge=1, le=MOST_USERS)] = MOST_USERS
    month: MaybeMonth = None
    department: MaybeId = None
    user: MaybeId = None

    def filters(self) -> dict[str, Any]:
        """Return the look-ups of users."""
        found = self.model_dump(exclude={"after", "limit", "month"}, exclude_none=True)
        user = found.pop("user", None)
        return found if user is None else {**found, "pk": user}


class WhenWish(Schema):
    """On which stick and when; left out: the stick that the user would use, now."""

    stick: MaybeId = None
    at_ms: Annotated[int, Field(ge=0, le=LATEST_MS)] | SkipJsonSchema[None] = None


class HoursDay(Schema):
    """One local day on which the user worked."""

    day: date
    start_ms: int
    end_ms: int
    active_ms: int
    idle_ms: int
    late_ms: int
    day_off: bool


class HoursRow(Schema):
    """A user's month, from the sessions alone."""

    user: str
    name: str
    department: str
    days: list[HoursDay]


class UsedDay(Schema):
    """One day of the office."""

    day: date
    sticks: int
    users: int
    sessions: int
    peak: int


class UsedDepartment(Schema):
    """One department's month."""

    name: str
    sticks: int
    users: int
    hours: int


class UsageMonth(Schema):
    """The office's month; `refused` counts sign-ins that were refused, by whose fault it was."""

    month: str
    counted_ms: int
    days: list[UsedDay]
    departments: list[UsedDepartment]
    sessions: int
    broken: int
    peak: int
    refused: dict[str, int]


class Held(Schema):
    """One setting that holds for a user, and which profile on which level says so."""

    field: str
    value: Any
    level: str
    profile: str


class HeldSettings(Schema):
    """Every setting of a user."""

    settings: list[Held]


class Against(Schema):
    """One reason against a sign-in: its code, and what the help desk reads and does."""

    code: str
    title: str
    next: str


class Explained(Schema):
    """Whether the user could sign in; every reason if not. Nothing was opened by asking."""

    stick: str | None
    has_pin: bool
    reasons: list[Against]


class ApprovalRow(Schema):
    """Something that takes two people. What it is exactly, and the yes, are for people in the console."""

    id: str
    act: str
    state: str
    reason: str
    requester: str
    asked_ms: int
    expires_ms: int
    decided_by: str | None
    decided_ms: int | None
