"""Until when a lease stands: what a confirmation is worth, renewals, grace, and the hard end."""

import pytest

from hanare_core.kernel import Element, RemoveElements, SetElements
from hanare_core.lease import BEATS_A_TTL
from hanare_core.messages import gateway as hub
from tests.core.lease_desk import BOOT_MS, RDP, TTL_MS, Desk, lease_of, ticket_of


def test_time_counts_from_the_question() -> None:
    """Delay on the way and the age of the confirmation come off the timeout."""
    desk = Desk()
    desk.elapsed_ms = 3_000
    outcome = desk.snapshot(lease_of(1), age_ms=2_000)
    assert outcome.operations[-1] == SetElements("lease-1", (RDP,), TTL_MS - 5_000)


def test_a_delta_counts_from_the_last_confirmation() -> None:
    """A delta has no question of its own: its lease counts from the last answer's, or waits for a fresher one."""
    desk = Desk()
    desk.snapshot()
    desk.elapsed_ms = 4_000
    assert desk.delta(lease_of(1)).operations[-1] == SetElements("lease-1", (RDP,), TTL_MS - 4_000)
    desk.elapsed_ms = 4_000 + TTL_MS
    late = desk.delta(lease_of(2))
    assert not [one for one in late.operations if isinstance(one, SetElements)]
    assert late.ask
    assert isinstance(desk.answer(desk.ask()).operations[-1], SetElements)


def test_renewed_at_a_third() -> None:
    """Nothing is renewed in the first third of the TTL; then the timeout is the whole TTL again."""
    desk = Desk()
    desk.snapshot(lease_of(1))
    desk.elapsed_ms = TTL_MS // 3
    assert desk.answer(desk.ask()).operations == ()
    desk.elapsed_ms += 1
    assert desk.answer(desk.ask()).operations == (SetElements("lease-1", (RDP,), TTL_MS),)


def test_an_expired_lease_comes_back_when_confirmed() -> None:
    """A lease whose time ran out without an answer is open again after the next one."""
    desk = Desk()
    desk.snapshot(lease_of(1))
    desk.elapsed_ms = TTL_MS * 2
    assert desk.living() == set()
    desk.apply(desk.table.observe(desk.facts(), desk.now))
    desk.answer(desk.ask())
    assert desk.living() == {RDP}


def test_older_unasked_and_future_answers_change_nothing() -> None:
    """Only a newer answer to a question that was asked renews."""
    desk = Desk()
    desk.snapshot(lease_of(1))
    first = desk.ask()
    desk.elapsed_ms = TTL_MS // 2
    second = desk.ask()
    assert desk.answer(second + 10_000).operations == ()
    assert desk.answer(second).operations
    desk.elapsed_ms += TTL_MS // 2
    for stamp in (first, second):
        assert desk.answer(stamp).operations == ()
    assert desk.delta(lease_of(2)).operations[-1] == SetElements(
        "lease-2", (Element("100.64.0.2", *RDP[1:]),), TTL_MS // 2
    )


def test_an_answer_for_another_revision() -> None:
    """An older revision does not confirm what came after it; a newer one shows a gap."""
    desk = Desk()
    desk.snapshot(lease_of(1))
    desk.delta(lease_of(2))
    desk.elapsed_ms = TTL_MS // 2
    renewed = desk.answer(desk.ask(), revision=1).operations
    assert [one.lease for one in renewed if isinstance(one, SetElements)] == ["lease-1"]
    desk.elapsed_ms += 1
    newer = desk.answer(desk.ask(), revision=9)
    assert newer.resync
    assert newer.operations == ()


def test_strict_and_grace() -> None:
    """An old confirmation shortens a strict lease at once, a best-effort one only beyond its grace."""
    desk = Desk()
    desk.snapshot(lease_of(1), lease_of(2, grace_ms=60_000))
    desk.elapsed_ms = 100_000
    desk.answer(desk.ask(), age_ms=100_000)
    best_effort = Element("100.64.0.2", "10.20.0.101", 3389)
    assert desk.elements[RDP] == BOOT_MS + TTL_MS
    assert desk.elements[best_effort] == desk.now.mono_ms + TTL_MS - 40_000


def test_best_effort_without_any_answer() -> None:
    """With no answer at all a strict lease ends at its TTL, a best-effort one a grace later, and says so."""
    desk = Desk()
    desk.snapshot(lease_of(1), lease_of(2, grace_ms=60_000))
    best_effort = Element("100.64.0.2", "10.20.0.101", 3389)
    assert desk.table.carry_on(desk.now) == ()
    desk.elapsed_ms = TTL_MS // 2
    desk.apply(desk.table.carry_on(desk.now))
    told = {fact.lease: fact.grace_until_ms for fact in desk.table.beat(desk.now).facts}
    assert told == {"lease-1": 0, "lease-2": (desk.time_ms + TTL_MS // 2 + 60_000) // 1_000 * 1_000}
    desk.elapsed_ms = TTL_MS + 59_000
    desk.apply(desk.table.carry_on(desk.now))
    assert desk.living() == {best_effort}
    assert desk.elements[best_effort] == BOOT_MS + TTL_MS + 60_000
    desk.elapsed_ms = TTL_MS + 60_000
    desk.apply(desk.table.carry_on(desk.now))
    assert desk.living() == set()


def test_nothing_is_carried_on_before_an_answer() -> None:
    """An agent that has started anew renews nothing by itself: it knows of no confirmation."""
    assert Desk().table.carry_on(Desk().now) == ()


@pytest.mark.parametrize("end", ["lease", "ticket"])
def test_no_timeout_passes_the_hard_end(end: str) -> None:
    """Neither the lease's own end in server time nor the ticket's in wall time is ever passed; then all is removed."""
    desk = Desk()
    lease = (
        lease_of(1, ends_ms=desk.time_ms + 30_000)
        if end == "lease"
        else lease_of(1, ticket=ticket_of(1, life_ms=30_000))
    )
    assert desk.snapshot(lease).operations[-1] == SetElements("lease-1", (RDP,), 30_000)
    desk.elapsed_ms = 30_000
    operations = desk.table.observe(desk.facts(), desk.now)
    assert operations == (RemoveElements("lease-1", (RDP,)),)
    desk.apply(operations)
    desk.delta(lease)
    assert desk.table.acks()[0].rejected[0].lease == "lease-1"
    assert desk.living() == set()


def test_beats_keep_up_with_the_shortest_ttl() -> None:
    """The shortest TTL is asked for six times within itself; a shorter one asks at once."""
    desk = Desk()
    desk.snapshot()
    desk.ask()
    assert desk.table.beat_interval_ms() == hub.BEAT_MS
    assert desk.delta(lease_of(1, ttl_ms=1_200)).ask
    assert desk.table.beat_interval_ms() == 1_200 // BEATS_A_TTL
