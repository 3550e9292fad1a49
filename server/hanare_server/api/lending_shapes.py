"""Loans and reservations."""

from datetime import date
from typing import Any

from ninja import Schema
from pydantic import ConfigDict
from pydantic.json_schema import SkipJsonSchema

from hanare_server.api.shapes import Id, MaybeId, Wish


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


class LoanRow(Schema):
    """A loan."""

    id: str
    stick: str
    user: str
    since_ms: int
    due_ms: int | None
    returned_ms: int | None


class Lending(Schema):
    """To whom a stick is lent, and the last day in the office's time zone."""

    model_config = ConfigDict(extra="forbid")

    user: Id
    due: date


class ReservationWish(Wish):
    """Filters of reservations."""

    stick: MaybeId = None
    user: MaybeId = None


class ReservationRow(Schema):
    """A reservation; both days belong to it. With a loan it was used, with a time of cancelling it is free again."""

    id: str
    stick: str
    user: str
    first: date
    last: date
    cancelled_ms: int | None
    loan: str | None


class Reserving(Schema):
    """For whom a stick is reserved, from and until which day in the office's time zone."""

    model_config = ConfigDict(extra="forbid")

    user: Id
    first: date
    last: date
