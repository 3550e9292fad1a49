"""The shapes of questions and answers: what the OpenAPI document is made from. Times are Unix milliseconds."""

from typing import Annotated, Any, Final, Generic, TypeVar

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


class Standing(Schema):
    """What it is now."""

    state: str
