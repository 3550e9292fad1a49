"""Renewals in parts: what comes in between counts at once."""

from hanare_core.kernel import Operation
from hanare_core.lease_entries import RENEW_ENTRIES
from hanare_core.messages import gateway as hub
from tests.core.lease_desk import TTL_MS, Desk, gone, lease_of

CROWD = RENEW_ENTRIES * 2


def crowded() -> Desk:
    """Return a gateway that has taken a crowd in and whose leases are due."""
    desk = Desk()
    desk.snapshot(*(lease_of(number) for number in range(1, CROWD + 1)))
    desk.elapsed_ms = TTL_MS // 2
    return desk


def confirm(desk: Desk) -> None:
    """Have the hub confirm all of it."""
    answer = hub.BeatAnswer(stamp_ms=desk.ask(), revision=1, age_ms=0, time_ms=desk.time_ms)
    assert desk.table.beat_answer(answer, desk.now).renew


def leases(operations: tuple[Operation, ...]) -> set[str]:
    """Return the leases that the operations renew."""
    return {getattr(operation, "lease", "") for operation in operations}


def test_a_crowd_is_renewed_in_parts() -> None:
    """Every lease is renewed, a few at a time."""
    desk = crowded()
    confirm(desk)
    parts = [leases(part) for part in desk.table.renewals(lambda: desk.now)]
    assert [len(part) for part in parts] == [RENEW_ENTRIES, RENEW_ENTRIES]
    assert len(set.union(*parts)) == CROWD


def test_what_is_stopped_in_between_is_not_renewed() -> None:
    """A lease that goes while others are renewed gets no element any more."""
    desk = crowded()
    confirm(desk)
    parts = desk.table.renewals(lambda: desk.now)
    desk.apply(next(parts))
    last = lease_of(CROWD)
    desk.delta(gone(last))
    assert last.lease not in set.union(*(leases(part) for part in parts))


def test_a_newer_confirmation_ends_the_round() -> None:
    """What is still due is renewed by the newer answer, for as long as that allows."""
    desk = crowded()
    confirm(desk)
    parts = desk.table.renewals(lambda: desk.now)
    done = leases(next(parts))
    desk.elapsed_ms += 1_000
    confirm(desk)
    assert list(parts) == []
    (rest,) = [part for part in desk.table.renewals(lambda: desk.now) if part]
    assert leases(rest) == {f"lease-{number}" for number in range(1, CROWD + 1)} - done
    assert {getattr(operation, "timeout_ms", 0) for operation in rest} == {TTL_MS}
