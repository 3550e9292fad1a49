"""The shapes of questions and answers: what the OpenAPI document is made from. Times are Unix milliseconds."""

from datetime import date
from typing import Annotated, Any, Final, Generic, Literal, TypeVar

from ninja import Field, Schema
from pydantic import ConfigDict
from pydantic.json_schema import SkipJsonSchema

from hanare_server.approvals.requests import REASON_CHARACTERS

ROWS: Final = 200
"""Most rows of one answer."""

LARGEST_MS: Final = 2**53 - 1
"""Largest whole number that every reader of JSON has (RFC 8259, 6)."""

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
Word = Annotated[str, Field(pattern=r"^[a-z-]{1,32}$")]
Number = Annotated[int, Field(ge=0, le=LARGEST_MS)]
Reason = Annotated[str, Field(max_length=REASON_CHARACTERS, pattern=r"^[^\u0000]*$")]
"""Why, for the log and a second person; a database has no place for NUL."""
MaybeId = Id | SkipJsonSchema[None]
MaybeWord = Word | SkipJsonSchema[None]
MaybeNumber = Number | SkipJsonSchema[None]

R = TypeVar("R")


class Why(Schema):
    """Why a program acts, for the log and for a second person where one is asked; the body may be left out."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason = Field(default_factory=str)


class Refusal(Schema):
    """Why not: a code of the closed list, and short facts."""

    code: str
    detail: dict[str, str]


class Page(Schema, Generic[R]):
    """Some rows, and what to ask `after` for the following ones; null at the end."""

    rows: list[R]
    next: str | None


class Wish(Schema):
    """Which page of a list; the other fields are filters."""

    after: MaybeId = None
    limit: Annotated[int, Field(ge=1, le=ROWS)] = 100

    def filters(self) -> dict[str, Any]:
        """Return the filters that were asked for, as look-ups of the rows."""
        return self.model_dump(exclude={"after", "limit"}, exclude_none=True)


class SessionWish(Wish):
    """Filters of the open sessions."""

    department: MaybeId = None
    stick: MaybeId = None
    user: MaybeId = None


class StandingWish(Wish):
    """Filters of sticks and users."""

    department: MaybeId = None
    state: MaybeWord = None


class LoanWish(Wish):
    """Filters of loans."""

    stick: MaybeId = None
    user: MaybeId = None
    out: bool | SkipJsonSchema[None] = None

    def filters(self) -> dict[str, Any]:
        """Return the look-ups; `out` asks whether the stick is still out."""
        found = super().filters()
        out = found.pop("out", None)
        return found if out is None else {**found, "returned_ms__isnull": out}


class DeliveryWish(Wish):
    """Filters of deliveries of messages, which are numbered."""

    after: MaybeNumber = None  # type: ignore[assignment]
    message: MaybeId = None
    state: MaybeWord = None
    stick: MaybeId = None


class ReservationWish(Wish):
    """Filters of reservations."""

    stick: MaybeId = None
    user: MaybeId = None


class AuditWish(Schema):
    """Filters of the audit log; `before` is the number of the last row that one has, newest first."""

    before: MaybeNumber = None
    limit: Annotated[int, Field(ge=1, le=ROWS)] = 100
    act: MaybeWord = None
    actor: MaybeId = None
    object: MaybeId = None
    since_ms: MaybeNumber = None
    until_ms: MaybeNumber = None

    def filters(self) -> dict[str, Any]:
        """Return the look-ups."""
        names = {"before": "number__lt", "since_ms": "time_ms__gte", "until_ms": "time_ms__lt"}
        asked = self.model_dump(exclude={"limit"}, exclude_none=True)
        return {names.get(name, name): value for name, value in asked.items()}


class SessionRow(Schema):
    """An open session."""

    id: str
    stick: str
    user: str
    user_name: str
    department: str
    office_pc: str
    opened_ms: int
    ends_ms: int
    gateways: list[str]


class StickRow(Schema):
    """A stick."""

    id: str
    label: str
    department: str | None
    state: str
    image: int
    seen_ms: int | None


class UserRow(Schema):
    """A user. Nothing here says anything of a PIN but whether there is one."""

    id: str
    name: str
    full_name: str
    department: str
    state: str
    has_pin: bool
    permitted_until_ms: int | None


class DepartmentRow(Schema):
    """A department."""

    id: str
    name: str
    suspended: bool
    profile: str | None


class OfficePCRow(Schema):
    """An office PC."""

    id: str
    name: str
    user: str | None
    kind: str
    address: str
    port: int
    zone: str


class GatewayRow(Schema):
    """A gateway."""

    id: str
    name: str
    state: str
    position: int


class ProfileRow(Schema):
    """A profile, with the settings that it sets itself."""

    id: str
    name: str
    version: int
    settings: dict[str, Any]


class LoanRow(Schema):
    """A loan."""

    id: str
    stick: str
    user: str
    since_ms: int
    due_ms: int | None
    returned_ms: int | None


class ReservationRow(Schema):
    """A reservation; both days belong to it. With a loan it was used, with a time of cancelling it is free again."""

    id: str
    stick: str
    user: str
    first: date
    last: date
    cancelled_ms: int | None
    loan: str | None


class MessageRow(Schema):
    """A message to sticks."""

    id: str
    ja: str
    en: str
    department: str | None
    sent_by: str
    sent_ms: int
    until_ms: int


class DeliveryRow(Schema):
    """A message on one stick, and how far it has come."""

    id: int
    message: str
    stick: str
    state: str
    changed_ms: int | None


class Diagnostics(Schema):
    """What a stick has told of itself, because the person before it agreed; the newest line of the log is the last."""

    stick: str
    received_ms: int
    facts: dict[str, str]
    log: list[str]


class AdministratorRow(Schema):
    """A console account."""

    id: str
    name: str
    role: str
    is_active: bool


class AuditLine(Schema):
    """A row of the audit log."""

    number: int
    time_ms: int
    actor_kind: str
    actor: str
    act: str
    object_kind: str
    object: str
    detail: dict[str, str]
    row_hash: str


class AuditPage(Schema):
    """Rows of the log, newest first, and what to ask `before` for older ones."""

    rows: list[AuditLine]
    next: int | None


class Lending(Schema):
    """To whom a stick is lent, and the last day in the office's time zone."""

    model_config = ConfigDict(extra="forbid")

    user: Id
    due: date


class Reserving(Schema):
    """For whom a stick is reserved, from and until which day in the office's time zone."""

    model_config = ConfigDict(extra="forbid")

    user: Id
    first: date
    last: date


Said = Annotated[str, Field(max_length=500, pattern=r"[0-9A-Za-zぁ-ゖァ-ヺ一-鿿]")]
"""A text with something to read; characters that no screen shows are left out of it."""


class Sending(Schema):
    """A message for how many hours: `text` for everybody, `english` for those whose stick speaks English, if given.

    It goes to one stick, to a department's, or to all.
    """

    model_config = ConfigDict(extra="forbid")

    text: Said
    english: Said | SkipJsonSchema[None] = None
    hours: Literal[1, 8, 24] = 8
    stick: MaybeId = None
    department: MaybeId = None


class Receipt(Schema):
    """A gateway's word that a lease has left its kernel."""

    lease: str
    session: str
    gateway: str
    removed_ms: int | None
    last_packet_ms: int | None
    packets: int | None
    clock_error_ms: int | None
    tick_ms: int | None


class Stop(Schema):
    """What a stop did; `stopping` when a receipt has not come within two seconds: the stop holds all the same."""

    state: str
    committed_ms: int
    leases: list[str]
    receipts: list[Receipt]


class Standing(Schema):
    """What it is now."""

    state: str


class OneTimeCode(Schema):
    """A one-time code, in clear this once."""

    code: str
    not_after_ms: int
