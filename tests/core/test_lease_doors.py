"""Doors: their peers, refusals, and the silent ones that are made anew."""

from hanare_core.door import door_address
from hanare_core.kernel import AddPeer, PeerFact, RemovePeer
from hanare_core.lease_doors import DOOR_SILENCE_MS
from hanare_core.messages import gateway as hub
from hanare_core.messages.gateway import State
from tests.core.lease_desk import DOOR_KEY, HOUR_MS, OTHER, START_MS, TRUST, Desk, certificate_of, door_of


def test_a_door_makes_its_peer() -> None:
    """A door makes the peer of its certificate's key at the address derived from it."""
    assert Desk().snapshot(doors=(door_of(1),)).operations == (
        AddPeer(DOOR_KEY, str(door_address(DOOR_KEY, TRUST.gateway))),
    )


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
