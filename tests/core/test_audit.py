"""The hash chain of the audit log."""

import hashlib

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from hanare_core.audit import FIRST_HASH, AuditRow, row_hash
from tests.chain import first_broken

ROW = AuditRow(
    organisation="demo",
    number=1,
    time_ms=1_795_481_446_983,
    actor_kind="administrator",
    actor="adm-1",
    act="suspended",
    object_kind="stick",
    object="st-1",
    detail={"reason": "紛失", "a": "b"},
    previous_hash=FIRST_HASH,
)


def test_hashes_canonical_json() -> None:
    """The hash is SHA-256 of the domain line and sorted, compact JSON in UTF-8: any other program can compute it."""
    text = (
        '{"act":"suspended","actor":"adm-1","actor_kind":"administrator","detail":{"a":"b","reason":"紛失"},'
        '"number":1,"object":"st-1","object_kind":"stick","organisation":"demo",'
        f'"previous_hash":"{FIRST_HASH}","time_ms":1795481446983}}'
    )
    assert row_hash(ROW) == hashlib.sha256(b"hanare/1/audit-row\n" + text.encode()).hexdigest()


def test_an_empty_log_and_a_whole_log_hold() -> None:
    """Nothing is broken where nothing was changed."""
    assert first_broken([]) is None
    assert first_broken(_log(5)) is None


@given(st.integers(0, 9), st.sampled_from(["time_ms", "actor", "act", "object", "detail"]))
def test_a_changed_row_is_named(place: int, field: str) -> None:
    """Whatever is changed in a row is found at its number."""
    log = _log(10)
    row, shown = log[place]
    changed = {"time_ms": row.time_ms + 1, "detail": {"reason": "else"}}.get(field, "else")
    log[place] = (msgspec.structs.replace(row, **{field: changed}), shown)
    assert first_broken(log) == place + 1


@given(st.integers(0, 8))
def test_a_missing_or_moved_row_is_named(place: int) -> None:
    """A row that is left out or swapped with the next breaks the chain there."""
    log = _log(10)
    assert first_broken(log[:place] + log[place + 1 :]) == place + 1
    log[place], log[place + 1] = log[place + 1], log[place]
    assert first_broken(log) == place + 1


@given(st.integers(0, 8))
def test_a_row_rewritten_with_its_hash_is_named_at_the_next(place: int) -> None:
    """Who can compute hashes must rewrite every later row as well."""
    log = _log(10)
    row = msgspec.structs.replace(log[place][0], actor="somebody-else")
    log[place] = (row, row_hash(row))
    assert first_broken(log) == place + 2


def _log(rows: int) -> list[tuple[AuditRow, str]]:
    log: list[tuple[AuditRow, str]] = []
    previous = FIRST_HASH
    for number in range(1, rows + 1):
        row = msgspec.structs.replace(ROW, number=number, previous_hash=previous)
        previous = row_hash(row)
        log.append((row, previous))
    return log
