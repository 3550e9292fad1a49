"""An audit log as its independent verifier sees it (tools/verify_audit.py), row by row."""

from collections.abc import Iterable

import msgspec

from hanare_core.audit import AuditRow
from tools.verify_audit import Log


def first_broken(rows: Iterable[tuple[AuditRow, str]]) -> int | None:
    """Return the number at which the verifier finds that a log stops to hold, or None: each row with its shown hash."""
    log = Log()
    for row, shown in rows:
        log.take({**msgspec.to_builtins(row), "row_hash": shown})
    return next((facts.get("first", facts.get("number")) for _, facts in log.faults), None)
