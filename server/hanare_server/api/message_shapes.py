"""Messages to sticks, and the diagnostics that one answers with."""

from typing import Annotated, Literal

from ninja import Field, Schema
from pydantic import ConfigDict
from pydantic.json_schema import SkipJsonSchema

from hanare_server.api.shapes import MaybeId, MaybeNumber, MaybeWord, Wish

Said = Annotated[str, Field(max_length=500, pattern=r"[0-9A-Za-zぁ-ゖァ-ヺ一-鿿]")]
"""A text with something to read; characters that no screen shows are left out of it."""


class DeliveryWish(Wish):
    """Filters of deliveries of messages, which are numbered."""

    after: MaybeNumber = None  # type: ignore[assignment]
    message: MaybeId = None
    state: MaybeWord = None
    stick: MaybeId = None


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
