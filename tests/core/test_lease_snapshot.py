"""A snapshot by pieces: removals before anything is verified, elements last, and what comes in between counts."""

from collections.abc import Iterator

from hanare_core.kernel import AddPeer, Element, RemoveElements, SetElements
from hanare_core.lease import Outcome
from hanare_core.messages.gateway import Lease, Snapshot
from tests.core.lease_desk import Desk, lease_of, ticket_of

PC = "10.20.0.101"
STRANGER = Element("100.64.0.9", PC, 3389)


def pieces(desk: Desk, *leases: Lease) -> Iterator[Outcome]:
    """Say a snapshot and return its pieces, none of them carried out."""
    part = Snapshot(revision=1, epoch=1, age_ms=0, time_ms=desk.time_ms, doors=(), leases=leases)
    return desk.table.snapshot_parts(part, lambda: desk.now)


def found(desk: Desk, *elements: Element) -> None:
    """Have the kernel hold elements of an agent before this one, and the table see them."""
    desk.elements = dict.fromkeys(elements, desk.now.mono_ms + 60_000)
    desk.table.observe(desk.facts(), desk.now)


def test_what_nothing_claims_goes_first() -> None:
    """After an agent's restart only what the snapshot claims stays until it is admitted."""
    desk, claimed = Desk(), Element("100.64.0.1", PC, 3389)
    found(desk, STRANGER, claimed)
    told = pieces(desk, lease_of(1))
    assert next(told).operations == (RemoveElements("", (STRANGER,)),)
    rest = [one for piece in told for one in piece.operations]
    assert [type(one) for one in rest if one != RemoveElements("", (STRANGER,))] == [AddPeer, SetElements]


def test_what_is_claimed_and_refused_goes_at_the_end() -> None:
    """A lease whose ticket is another stick's leaves nothing of its claim in the kernel."""
    desk, claimed = Desk(), Element("100.64.0.1", PC, 3389)
    found(desk, claimed)
    told = [piece.operations for piece in pieces(desk, lease_of(1, ticket=ticket_of(1, stick=2)))]
    assert told[0] == ()
    assert told[-1] == (RemoveElements("", (claimed,)),)


def test_who_is_stopped_in_between_gets_no_element() -> None:
    """A session that is killed after its peer was added is let through by no later piece."""
    desk = Desk()
    told = pieces(desk, lease_of(1), lease_of(2))
    until_peers = next(piece for piece in told if any(isinstance(one, AddPeer) for one in piece.operations))
    assert len(until_peers.operations) == 2
    desk.apply(desk.table.kill("stick-1", desk.now) or ())
    rest = [one for piece in told for one in piece.operations]
    assert [one.lease for one in rest if isinstance(one, SetElements)] == ["lease-2"]


def test_nothing_is_acknowledged_before_the_last_piece() -> None:
    """Until then the table is not at the snapshot's revision and has no news for the hub."""
    desk = Desk()
    told = pieces(desk, lease_of(1, ticket=ticket_of(1, stick=2)), lease_of(2))
    seen = [(piece.acknowledge, desk.table.revision, desk.table.has_news()) for piece in told]
    assert seen[:-1] == [(False, 0, False)] * (len(seen) - 1)
    assert seen[-1] == (True, 1, True)


def test_only_news_is_told() -> None:
    """A beat tells the facts that changed; after a new greeting it tells all."""
    desk = Desk()
    desk.snapshot(lease_of(1), lease_of(2))
    tell = lambda: sorted(fact.lease for fact in desk.table.beat(desk.now).facts)  # noqa: E731
    assert tell() == ["lease-1", "lease-2"]
    assert tell() == []
    first = next(peer for peer, fact in desk.peers.items() if fact.address == "100.64.0.1")
    desk.peers[first] = desk.peers[first]._replace(received=100)
    desk.elements.clear()
    desk.table.observe(desk.facts(), desk.now)
    assert tell() == ["lease-1"]
    desk.table.ask_snapshot(desk.now)
    assert tell() == ["lease-1", "lease-2"]
