"""The lease table: what is opened, for how long, and what ends it."""

import pytest

from hanare_core.door import door_address
from hanare_core.kernel import (
    AddPeer,
    Counted,
    Element,
    ElementFact,
    KernelFacts,
    PeerFact,
    RemoveElements,
    RemovePeer,
    SetElements,
)
from hanare_core.lease import BEATS_A_TTL, TICK_MS
from hanare_core.lease_doors import DOOR_SILENCE_MS
from hanare_core.lease_peers import PEER_STAYS_MS
from hanare_core.lease_snapshot import SNAPSHOT_PARTS
from hanare_core.messages import gateway as hub
from hanare_core.messages.gateway import Lease, State, Target
from hanare_core.problems import Code, Problem
from tests.core.lease_desk import (
    BOOT_MS,
    HOUR_MS,
    OTHER,
    START_MS,
    TRUST,
    TTL_MS,
    Desk,
    certificate_of,
    door_of,
    gone,
    key_of,
    lease_of,
    ticket_of,
)

RDP = Element("100.64.0.1", "10.20.0.101", 3389)
PEER_KEY = key_of(2001)
DOOR_KEY = key_of(1001)


def test_a_lease_makes_peer_and_element() -> None:
    """A lease makes its peer first, then its element with the whole TTL."""
    outcome = Desk().snapshot(lease_of(1))
    assert outcome.operations == (AddPeer(PEER_KEY, "100.64.0.1"), SetElements("lease-1", (RDP,), TTL_MS))
    assert outcome.acknowledge


def test_a_door_makes_its_peer() -> None:
    """A door makes the peer of its certificate's key at the address derived from it."""
    assert Desk().snapshot(doors=(door_of(1),)).operations == (
        AddPeer(DOOR_KEY, str(door_address(DOOR_KEY, TRUST.gateway))),
    )


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


def test_a_stop_takes_elements_then_the_peer() -> None:
    """A lease that is gone loses its elements at once, its peer 300 ms later, and gives a receipt."""
    desk = Desk()
    desk.snapshot(lease_of(1))
    desk.elapsed_ms = 500
    outcome = desk.delta(gone(lease_of(1)), packets=7)
    assert outcome.operations == (RemoveElements("lease-1", (RDP,)),)
    receipt = desk.table.acks()[0].receipts[0]
    assert receipt == hub.Receipt(
        lease="lease-1",
        removed_ms=desk.time_ms,
        packets=7,
        last_packet_ms=desk.time_ms,
        clock_error_ms=2,
        tick_ms=TICK_MS,
    )
    assert desk.table.peers.leave(desk.now) == ()
    assert desk.table.peers.next_leave_ms() == desk.now.mono_ms + PEER_STAYS_MS
    desk.elapsed_ms += PEER_STAYS_MS
    assert desk.table.peers.leave(desk.now) == (RemovePeer(PEER_KEY),)
    assert desk.table.peers.next_leave_ms() is None


def test_counters_are_carried_over_renewals() -> None:
    """The receipt counts what passed under all elements that the lease ever had."""
    desk = Desk()
    desk.snapshot(lease_of(1))
    desk.elapsed_ms = TTL_MS // 2
    desk.answer(desk.ask(), packets=5)
    desk.delta(gone(lease_of(1)), packets=2)
    assert desk.table.acks()[0].receipts[0].packets == 7


def test_counts_that_look_the_same_after_a_renewal_are_others() -> None:
    """A renewed element that has counted as much as its older self had counts again, though the look says no news."""
    desk = Desk()
    desk.snapshot(lease_of(1))
    looked = KernelFacts(dict(desk.peers), {RDP: ElementFact(3, desk.now.mono_ms)})
    desk.table.observe(looked, desk.now)
    desk.elapsed_ms = TTL_MS // 2
    desk.answer(desk.ask(), packets=3)
    desk.table.observe(looked, desk.now)
    desk.elapsed_ms = TTL_MS * 2
    desk.table.observe(desk.facts(), desk.now)
    desk.delta(gone(lease_of(1)))
    assert desk.table.acks()[0].receipts[0].packets == 6


def test_the_kernels_last_word_is_the_receipts() -> None:
    """What ended elements say of their last packet replaces what a slower look had said; nothing caps it."""
    desk = Desk()
    desk.snapshot(lease_of(1))
    desk.elapsed_ms = 500
    desk.table.observe(desk.facts(), desk.now)
    desk.delta(gone(lease_of(1)))
    earlier = Counted("lease-1", 3, desk.now.mono_ms - 7, desk.now.mono_ms - 9)
    other = Desk()
    other.snapshot(lease_of(1))
    other.elapsed_ms = 500
    other.table.observe(other.facts(), other.now)
    other.table.snapshot(_empty(other), other.now)
    other.table.settle([earlier])
    receipt = other.table.acks()[0].receipts[0]
    assert (receipt.last_packet_ms, receipt.removed_ms) == (other.time_ms - 7, other.time_ms - 9)
    assert desk.table.acks()[0].receipts[0].last_packet_ms == desk.time_ms


def test_no_receipt_before_the_removal() -> None:
    """A removal that failed gives no receipt; it is tried again at the next look, and then gives one."""
    desk = Desk()
    desk.snapshot(lease_of(1))
    failed = desk.table.snapshot(_empty(desk), desk.now).operations
    assert failed == (RemoveElements("lease-1", (RDP,)),)
    desk.table.settle([])
    assert desk.table.acks()[0].receipts == ()
    assert not desk.table.has_news()
    again = desk.table.repair(desk.facts(), desk.now)
    assert again == failed
    desk.apply(again)
    assert desk.table.has_news()
    assert [one.lease for one in desk.table.acks()[0].receipts] == ["lease-1"]


def _empty(desk: Desk) -> hub.Snapshot:
    return hub.Snapshot(revision=2, epoch=1, age_ms=0, time_ms=desk.time_ms, doors=(), leases=(), more=False)


def test_what_a_timeout_ended_is_in_the_receipt() -> None:
    """What was last seen of elements that the kernel ended itself is not lost."""
    desk = Desk()
    desk.snapshot(lease_of(1))
    desk.table.observe(desk.facts(), desk.now)
    desk.elapsed_ms = TTL_MS
    desk.table.observe(desk.facts(), desk.now)
    desk.delta(gone(lease_of(1)))
    receipt = desk.table.acks()[0].receipts[0]
    assert receipt.packets == 1
    assert receipt.last_packet_ms == desk.time_ms - TTL_MS


def test_the_snapshot_removes_what_it_lacks() -> None:
    """A second snapshot ends what it does not list before it opens what is new, and spares what stays."""
    desk = Desk()
    desk.snapshot(lease_of(1), lease_of(2), doors=(door_of(1), door_of(2)))
    desk.table.ask_snapshot(desk.now)
    operations = desk.snapshot(lease_of(2), lease_of(3), doors=(door_of(2),)).operations
    assert operations[0] == RemoveElements("lease-1", (RDP,))
    assert [one.lease for one in operations if isinstance(one, SetElements)] == ["lease-3"]
    desk.elapsed_ms += PEER_STAYS_MS
    assert set(desk.table.peers.leave(desk.now)) == {RemovePeer(PEER_KEY), RemovePeer(DOOR_KEY)}


def test_parts_apply_together() -> None:
    """No part of a snapshot is applied before the last; a snapshot without end is refused."""
    desk = Desk()
    assert desk.snapshot(lease_of(1), more=True).operations == ()
    assert len(desk.snapshot(lease_of(2)).operations) == 4
    for _ in range(SNAPSHOT_PARTS):
        desk.snapshot(more=True)
    with pytest.raises(Problem) as caught:
        desk.snapshot(more=True)
    assert caught.value.code is Code.TOO_LARGE


def test_what_the_kernel_held_is_adopted() -> None:
    """Before the first snapshot nothing is touched; after it what nobody knows goes and what is known stays."""
    desk = Desk()
    stranger = Element("100.64.9.9", "10.20.0.101", 22)
    desk.elements = {RDP: desk.now.mono_ms + 9_000, stranger: desk.now.mono_ms + 9_000}
    desk.peers = {PEER_KEY: PeerFact("100.64.0.1", 5, 5, 0), "x" * 43: PeerFact("100.64.9.9", 0, 0, 0)}
    assert desk.table.observe(desk.facts(), desk.now) == ()
    assert desk.table.repair(desk.facts(), desk.now) == ()
    outcome = desk.snapshot(lease_of(1))
    assert outcome.operations[0] == RemoveElements("", (stranger,))
    desk.elapsed_ms += PEER_STAYS_MS
    assert desk.table.peers.leave(desk.now) == (RemovePeer("x" * 43),)


def test_repair_restores_what_someone_removed() -> None:
    """A peer or element that is missing, or a peer with another address, is made again for the time that is left."""
    desk = Desk()
    desk.snapshot(lease_of(1))
    desk.elapsed_ms = 1_000
    whole = (AddPeer(PEER_KEY, "100.64.0.1"), SetElements("lease-1", (RDP,), TTL_MS - 1_000))
    assert desk.table.repair(KernelFacts({}, {}), desk.now) == whole
    desk.peers[PEER_KEY] = PeerFact("100.64.0.77", 0, 0, 0)
    assert desk.table.repair(desk.facts(), desk.now) == whole[:1]


def test_gaps_duplicates_and_what_comes_before_the_snapshot() -> None:
    """A gap asks to resync and still removes; a repeated delta and one before the snapshot add nothing."""
    desk = Desk()
    assert desk.delta(lease_of(1)).operations == ()
    desk.snapshot(lease_of(1))
    assert desk.answer(0).operations == ()
    desk.revision -= 1
    assert desk.delta(lease_of(2)).operations == ()
    gap = desk.delta(gone(lease_of(1)), lease_of(2), after=7)
    assert gap.resync
    assert gap.operations == (RemoveElements("lease-1", (RDP,)),)


def test_a_lease_that_is_gone_never_comes_back() -> None:
    """A revoked lease is refused, also by a table that was given the revoked set; past its ticket it is forgotten."""
    desk = Desk()
    desk.snapshot(lease_of(1))
    desk.delta(gone(lease_of(1)))
    assert desk.table.entries.revoked == {"lease-1": START_MS + HOUR_MS * 10}
    again = Desk(revoked=desk.table.entries.revoked)
    again.snapshot(lease_of(1))
    assert again.table.acks()[0].rejected == (hub.Rejected(lease="lease-1", code=Code.OUT_OF_ORDER),)
    assert not again.elements
    again.elapsed_ms = HOUR_MS * 10
    again.table.observe(again.facts(), again.now)
    assert again.table.entries.revoked == {}


def test_a_lower_epoch_may_only_stop() -> None:
    """A server with a lower epoch ends leases and adds neither door nor lease; the epoch never falls."""
    desk = Desk(epoch=3)
    desk.epoch = 5
    desk.snapshot(lease_of(1), lease_of(2))
    assert desk.table.epoch == 5
    desk.epoch = 4
    desk.delta(gone(lease_of(1)), lease_of(3), doors=(door_of(3),))
    assert {element.source for element in desk.living()} == {"100.64.0.2"}
    assert len(desk.peers) == 2
    ack = desk.table.acks()[0]
    assert ack.epoch == 5
    assert ack.rejected == (hub.Rejected(lease="lease-3", code=Code.OUT_OF_ORDER),)


@pytest.mark.parametrize(
    ("lease", "code"),
    [
        (lease_of(1, certificate=certificate_of(1, ca=OTHER)), Code.NOT_AUTHENTIC),
        (lease_of(1, certificate=certificate_of(1, organisation="town")), Code.NOT_AUTHENTIC),
        (lease_of(1, certificate=certificate_of(1, life_ms=-1)), Code.CERTIFICATE_EXPIRED),
        (lease_of(1, ticket=ticket_of(1, keyd=OTHER)), Code.NOT_AUTHENTIC),
        (lease_of(1, ticket=ticket_of(1, stick=2)), Code.NOT_AUTHENTIC),
        (lease_of(1, ticket=ticket_of(1, session=1001)), Code.NOT_AUTHENTIC),
        (lease_of(1, ticket=ticket_of(1, life_ms=0)), Code.HARD_END),
        (lease_of(1, ticket=ticket_of(1, life_ms=HOUR_MS * 13)), Code.NOT_AUTHENTIC),
        (lease_of(1, ticket=certificate_of(1)), Code.NOT_AUTHENTIC),
        (lease_of(1, ends_ms=START_MS), Code.HARD_END),
        (lease_of(1, address="10.20.0.5"), Code.NOT_PERMITTED),
        (lease_of(1, address="fd20::5"), Code.MALFORMED),
        (lease_of(1, targets=(Target(address="100.64.0.9", port=3389),)), Code.NOT_PERMITTED),
        (lease_of(1, targets=(Target(address="127.0.0.1", port=3389),)), Code.NOT_PERMITTED),
        (lease_of(1, targets=(Target(address="pc", port=3389),)), Code.MALFORMED),
    ],
)
def test_a_lease_whose_papers_do_not_hold_is_refused(lease: Lease, code: Code) -> None:
    """Forged, borrowed, expired or improper leases make no peer and no element, and are told with their reason."""
    desk = Desk()
    assert desk.snapshot(lease).operations == ()
    assert desk.table.acks()[0].rejected == (hub.Rejected(lease="lease-1", code=code),)


def test_one_key_and_one_address_for_one_peer() -> None:
    """A second lease with an address or session key that is in use is refused; the first stays as it is."""
    desk = Desk()
    desk.snapshot(lease_of(1))
    desk.delta(lease_of(2, address="100.64.0.1"), lease_of(3, ticket=ticket_of(3, session=2001)))
    assert [one.code for one in desk.table.acks()[0].rejected] == [Code.CONFLICT, Code.CONFLICT]
    assert desk.living() == {RDP}


def test_a_changed_permission_is_a_new_lease() -> None:
    """A lease whose targets change under its name is ended: what it may reach never widens."""
    desk = Desk()
    desk.snapshot(lease_of(1))
    desk.delta(lease_of(1, targets=(Target(address="10.20.0.102", port=3389),)))
    assert desk.living() == set()
    ack = desk.table.acks()[0]
    assert ack.rejected[0].code is Code.OUT_OF_ORDER
    assert ack.receipts[0].lease == "lease-1"


def test_new_times_of_a_known_lease() -> None:
    """A shorter end of a known lease is kept at the next renewal."""
    desk = Desk()
    desk.snapshot(lease_of(1))
    desk.delta(lease_of(1, ends_ms=desk.time_ms + 90_000))
    desk.elapsed_ms = 60_000
    desk.answer(desk.ask())
    assert desk.elements[RDP] <= BOOT_MS + TTL_MS


def test_doors_that_are_refused_or_change() -> None:
    """A forged door makes no peer; a re-signed certificate changes nothing; a new key replaces the old peer."""
    desk = Desk()
    forged = hub.Door(stick="stick-2", state=State.PRESENT, certificate=certificate_of(2, ca=OTHER))
    borrowed = hub.Door(stick="stick-2", state=State.PRESENT, certificate=certificate_of(1))
    assert desk.snapshot(doors=(forged, borrowed)).operations == ()
    desk.delta(doors=(door_of(1),))
    renewed = hub.Door(stick="stick-1", state=State.PRESENT, certificate=certificate_of(1, life_ms=HOUR_MS * 200))
    assert desk.delta(doors=(renewed,)).operations == ()
    desk.delta(doors=(door_of(1, State.GONE),))
    assert desk.table.peers.leave(desk.now) == (RemovePeer(DOOR_KEY),)


def test_a_silent_door_is_made_anew_once() -> None:
    """A door peer silent for 180 s after its last packet is removed and added, once."""
    desk = Desk()
    desk.snapshot(doors=(door_of(1),))
    desk.apply(desk.table.observe(desk.facts(), desk.now))
    desk.peers[DOOR_KEY] = PeerFact(desk.peers[DOOR_KEY].address, 148, 92, START_MS)
    assert desk.table.observe(desk.facts(), desk.now) == ()
    desk.elapsed_ms = DOOR_SILENCE_MS
    operations = desk.table.observe(desk.facts(), desk.now)
    assert [type(one) for one in operations] == [RemovePeer, AddPeer]
    desk.apply(operations)
    desk.elapsed_ms *= 3
    assert desk.table.observe(desk.facts(), desk.now) == ()


def test_facts_are_told_when_they_change_and_after_reconnecting() -> None:
    """A beat carries facts that changed; a new connection is told all of them."""
    desk = Desk()
    desk.snapshot(lease_of(1))
    assert desk.table.beat(desk.now).facts == (hub.Fact(lease="lease-1", received=0, sent=0, last_packet_ms=0),)
    assert desk.table.beat(desk.now).facts == ()
    desk.peers[PEER_KEY] = PeerFact("100.64.0.1", 100, 200, START_MS - 5_000)
    desk.elements.clear()
    desk.table.observe(desk.facts(), desk.now)
    told = hub.Fact(lease="lease-1", received=100, sent=200, last_packet_ms=desk.time_ms - 5_000)
    assert desk.table.beat(desk.now).facts == (told,)
    desk.table.ask_snapshot(desk.now)
    assert desk.table.beat(desk.now).facts == (told,)


def test_beats_keep_up_with_the_shortest_ttl() -> None:
    """The shortest TTL is asked for six times within itself; a shorter one asks at once."""
    desk = Desk()
    desk.snapshot()
    desk.ask()
    assert desk.table.beat_interval_ms() == hub.BEAT_MS
    assert desk.delta(lease_of(1, ttl_ms=1_200)).ask
    assert desk.table.beat_interval_ms() == 1_200 // BEATS_A_TTL


def test_acknowledgements_come_in_parts() -> None:
    """More receipts than fit one message are told in several."""
    desk = Desk(revoked={f"lease-{number}": START_MS * 2 for number in range(hub.PART_ENTRIES + 1)})
    desk.snapshot(*(lease_of(1, lease=f"lease-{number}") for number in range(hub.PART_ENTRIES + 1)))
    assert [len(ack.rejected) for ack in desk.table.acks()] == [hub.PART_ENTRIES, 1]
    assert len(desk.table.acks()) == 1
