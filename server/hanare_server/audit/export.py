"""The audit log as lines of JSON: what the verifier program reads, and what leaves the house.

One object a line: rows in the order of their numbers, then the checkpoints, then the end line with the number of rows,
so that a file that broke off is noticed.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from django.db.models import QuerySet

from hanare_server.audit.models import AuditRow, Checkpoint
from hanare_server.directory.models import Organisation

CHUNK_ROWS: Final = 2_000
"""Rows in memory at a time."""

_FIELDS: Final = (
    "number",
    "time_ms",
    "actor_kind",
    "actor",
    "act",
    "object_kind",
    "object",
    "detail",
    "row_hash",
)


def lines(organisation: Organisation) -> Iterator[bytes]:
    """Give the whole log of an organisation."""
    count = 0
    for row in _values(AuditRow.objects.filter(organisation=organisation)):
        count += 1
        yield _line({"organisation": organisation.pk, **row})
    for signed in _ordered(Checkpoint.objects.filter(organisation=organisation)).values_list("signed", flat=True):
        yield _line({"checkpoint": signed})
    yield _line({"end": organisation.pk, "rows": count})


def _values(rows: QuerySet[AuditRow]) -> Iterator[dict[str, Any]]:
    yield from _ordered(rows).values(*_FIELDS).iterator(chunk_size=CHUNK_ROWS)


def _ordered(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.order_by("number", "pk")


def _line(content: dict[str, Any]) -> bytes:
    return msgspec.json.encode(content) + b"\n"
