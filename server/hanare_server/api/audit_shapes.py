"""The audit log."""

from typing import Annotated, Any

from ninja import Field, Schema

from hanare_server.api.shapes import ROWS, MaybeId, MaybeNumber, MaybeWord


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
