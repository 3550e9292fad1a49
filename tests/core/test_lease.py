"""The lease table: what is opened, what ends it, and how it keeps in step with hub and kernel."""

import pytest

from hanare_core.kernel import AddPeer, Element, KernelFacts, PeerFact, RemoveElements, RemovePeer, SetElements
from hanare_core.lease import TICK_MS
from hanare_core.lease_peers import PEER_STAYS_MS
from hanare_core.lease_snapshot import SNAPSHOT_PARTS
from hanare_core.messages import gateway as hub
from hanare_core.problems import Code, Problem
from tests.core.lease_desk import DOOR_KEY, HOUR_MS, PEER_KEY, RDP, START_MS, TTL_MS, Desk, door_of, gone, lease_of


def test_a_lease_makes_peer_and_element() -> None:
    """A lease makes its peer first, then its element with the whole TTL."""
    outcome = Desk().snapshot(lease_of(1))
    assert outcome.operations == (AddPeer(PEER_KEY, "100.64.0.1"), SetElements("lease-1", (RDP,), TTL_MS))
    assert outcome.acknowledge


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
        clock_error_ms=3,
        tick_ms=TICK_MS,
    )
    assert desk.table.peers.leave(desk.now) == ()
    assert desk.table.peers.next_leave_ms() == desk.now.mono_ms + PEER_STAYS_MS
    desk.elapsed_ms += PEER_STAYS_MS
    assert desk.table.peers.leave(desk.now) == (RemovePeer(PEER_KEY),)
    assert desk.table.peers.next_leave_ms() is None


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
