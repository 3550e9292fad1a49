"""What a lease counted: over renewals, up to its receipt, and what the hub is told of it."""

from hanare_core.kernel import Counted, ElementFact, KernelFacts, PeerFact, RemoveElements
from hanare_core.messages import gateway as hub
from tests.core.lease_desk import PEER_KEY, RDP, START_MS, TTL_MS, Desk, gone, lease_of


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


def test_acknowledgements_come_in_parts() -> None:
    """More receipts than fit one message are told in several."""
    desk = Desk(revoked={f"lease-{number}": START_MS * 2 for number in range(hub.PART_ENTRIES + 1)})
    desk.snapshot(*(lease_of(1, lease=f"lease-{number}") for number in range(hub.PART_ENTRIES + 1)))
    assert [len(ack.rejected) for ack in desk.table.acks()] == [hub.PART_ENTRIES, 1]
    assert len(desk.table.acks()) == 1
