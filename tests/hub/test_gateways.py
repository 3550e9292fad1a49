"""The gateway's channel: snapshot, chain of deltas, beats, and what a set-back database means."""

import time

from hanare_core.messages import gateway, local
from hanare_core.messages.gateway import Delta, Fact, Resync, State
from hanare_core.problems import Code
from tests.hub.keys import key_of, now_ms
from tests.hub.peers import WAIT_S, in_thread, until
from tests.hub.store import Store
from tests.hub.town import Hub

POLL_S = 2.0
"""hanare_hub.reader.POLL_S."""


def test_snapshot_is_the_whole_present_state(hub: Hub, store: Store) -> None:
    """A gateway's first frames list every door and its own present leases, and nothing else."""
    with store.transaction() as step:
        step.put_gateway("gateway-2", key_of("gateway-2"))
        step.put_stick("stick-2", key_of("stick-2"), state="gone")
        step.put_lease("lease-2", gateway="gateway-2")
        step.put_lease("lease-3", state="gone", reason="idle")
    hub.reach(step.revision)
    peer = hub.gateway()
    (part,) = peer.snapshot()
    assert [door.stick for door in part.doors] == ["stick-1"]
    assert [(lease.lease, lease.state) for lease in part.leases] == [("lease-1", State.PRESENT)]
    assert part.leases[0].targets == (gateway.Target("10.20.1.5", 3389),)
    assert part.age_ms <= 2_500
    assert abs(part.time_ms - now_ms()) < 5_000


def test_deltas_form_an_unbroken_chain(hub: Hub, store: Store) -> None:
    """Changes arrive in the order of their revisions, each after the one before."""
    peer = hub.gateway()
    at = peer.snapshot()[-1].revision
    names = [f"lease-{number}" for number in range(10, 20)]
    for name in names:
        with store.transaction() as step:
            step.put_lease(name)
    seen: list[str] = []
    while len(seen) < len(names):
        delta = peer.take(Delta)
        assert delta.after == at
        at = delta.revision
        seen += [lease.lease for lease in delta.leases]
    assert seen == names


def test_a_closed_carrier_is_told_in_delta_and_snapshot(hub: Hub, store: Store) -> None:
    """It is open unless the organisation's row says off; who is connected hears it as a delta, others in a snapshot."""
    peer = hub.gateway()
    assert peer.snapshot()[-1].carrier
    with store.transaction() as step:
        step.advance()
        step.run("UPDATE hub_party SET carrier = 'off' WHERE kind = 'organisation'")
    assert not peer.take(Delta).carrier
    peer.close()
    assert not hub.gateway().snapshot()[-1].carrier


def test_gone_lease_comes_with_reason_and_epoch(hub: Hub, store: Store) -> None:
    """A stop reaches the gateway as a gone lease with its reason and the raised epoch."""
    peer = hub.gateway()
    before = peer.snapshot()[-1]
    with store.transaction() as step:
        step.end_lease("lease-1")
    delta = peer.take(Delta)
    assert [(lease.state, lease.reason) for lease in delta.leases] == [(State.GONE, Code.SUSPENDED)]
    assert delta.epoch == before.epoch + 1


def test_other_gateways_get_the_same_link_without_the_lease(hub: Hub, store: Store) -> None:
    """A gateway that has no part in a change gets an empty delta, so that its chain stays whole."""
    with store.transaction() as step:
        step.put_gateway("gateway-2", key_of("gateway-2"))
    hub.reach(step.revision)
    other = hub.gateway("gateway-2")
    at = other.snapshot()[-1].revision
    with store.transaction() as step:
        step.put_lease("lease-2")
    delta = other.take(Delta)
    assert (delta.after, delta.leases, delta.doors) == (at, (), ())


def test_gap_is_answered_by_a_snapshot(hub: Hub) -> None:
    """A gateway that asks to resync gets the whole state again."""
    peer = hub.gateway()
    first = peer.snapshot()
    peer.send(Resync())
    assert [part.leases for part in peer.snapshot()] == [part.leases for part in first]


def test_large_state_comes_in_parts(file_hub: Hub, file_store: Store) -> None:
    """A change too large for one delta comes as a snapshot in parts, of which only the last says that it is."""
    peer = file_hub.gateway()
    peer.snapshot()
    with file_store.transaction() as step:
        for number in range(1_000):
            step.put_lease(f"lease-{number}")
    parts = peer.snapshot()
    assert [part.more for part in parts] == [True, True, False]
    assert len({lease.lease for part in parts for lease in part.leases}) == 1_000


def test_bell_wakes_at_once(hub: Hub, store: Store) -> None:
    """The engine's own bell brings five changes, one after another, sooner than two looks without it would."""
    peer = hub.gateway()
    peer.snapshot()
    took = []
    for number in range(5):
        step = store.open()
        step.put_lease(f"lease-{number}")
        started = time.monotonic()
        step.commit()
        peer.take(Delta)
        took.append(time.monotonic() - started)
        step.close()
    assert sum(took) < 2 * POLL_S


def test_missed_bell_costs_one_poll(hub: Hub, store: Store) -> None:
    """Without any bell a change is at the gateway with the hub's next look."""
    peer = hub.gateway()
    peer.snapshot()
    step = store.open()
    step.put_lease("lease-2")
    step.commit_silently()
    step.close()
    peer.take(Delta)


def test_held_transaction_hides_nothing(hub: Hub, store: Store) -> None:
    """While one transaction is held open a later one waits, and then both arrive in order."""
    peer, server = hub.gateway(), hub.server()
    at = peer.snapshot()[-1].revision
    held = store.open()
    held.end_lease("lease-1")

    def commit_later() -> None:
        with store.transaction() as step:
            step.advance()
            step.put_lease("lease-2")

    later = in_thread(commit_later)
    server.bell(at + 2)
    peer.nothing(0.3)
    assert later.is_alive()
    held.commit()
    held.close()
    later.join(WAIT_S)
    server.bell(at + 2)
    seen: list[tuple[str, State]] = []
    while len(seen) < 2:
        delta = peer.take(Delta)
        assert delta.after == at
        at = delta.revision
        seen += [(lease.lease, lease.state) for lease in delta.leases]
    server.close()
    assert seen == [("lease-1", State.GONE), ("lease-2", State.PRESENT)]


def test_lowered_revision_brings_a_snapshot(hub: Hub, store: Store) -> None:
    """When the database was set back every gateway gets the whole state anew, with the lower revision."""
    with store.transaction() as step:
        step.put_lease("lease-2")
    hub.reach(step.revision)
    peer = hub.gateway()
    assert len(peer.snapshot()[0].leases) == 2
    with store.transaction() as step:
        step.run("DELETE FROM hub_lease WHERE lease = 'lease-2'")
        step.run("UPDATE hub_party SET revision = 1 WHERE kind = 'organisation'")
    (part,) = peer.snapshot()
    assert part.revision == 1
    assert [lease.lease for lease in part.leases] == ["lease-1"]


def test_beat_is_answered_with_stamp_and_age(hub: Hub) -> None:
    """A beat's answer returns its stamp, the revision sent, and an age below the poll interval."""
    peer = hub.gateway()
    at = peer.snapshot()[-1].revision
    answer = peer.beat(4711)
    assert (answer.stamp_ms, answer.revision) == (4711, at)
    assert answer.age_ms <= 2_500


def test_beats_do_not_pile_up(hub: Hub) -> None:
    """Of beats that come faster than answers leave, the newest is answered last."""
    peer = hub.gateway()
    peer.snapshot()
    for stamp_ms in range(1, 51):
        peer.send(gateway.Beat(stamp_ms, ()))
    until(lambda: peer.take(gateway.BeatAnswer).stamp_ms == 50)


def test_facts_of_foreign_leases_are_ignored(hub: Hub, store: Store) -> None:
    """A gateway is believed about its own leases only."""
    with store.transaction() as step:
        step.put_gateway("gateway-2", key_of("gateway-2"))
    hub.reach(step.revision)
    other = hub.gateway("gateway-2")
    other.snapshot()
    other.beat(facts=(Fact("lease-1", 1, 1, 1),))
    own = hub.gateway()
    own.snapshot()
    server = hub.server()
    assert server.ask(local.Facts("city"), local.FactsAnswer).facts == ()
    own.beat(facts=(Fact("lease-1", 2, 2, 2), Fact("lease-9", 2, 2, 2)))
    answer = server.ask(local.Facts("city"), local.FactsAnswer)
    server.close()
    assert answer.facts == (Fact("lease-1", 2, 2, 2),)
    assert set(answer.gateways) == {"gateway-1", "gateway-2"}


def test_removed_gateway_is_told_and_closed(hub: Hub, store: Store) -> None:
    """A gateway that is taken out hears that its leases are gone, and is closed."""
    peer = hub.gateway()
    peer.snapshot()
    with store.transaction() as step:
        step.end_lease("lease-1", "gateway-unreachable")
        step.put_gateway("gateway-1", key_of("gateway-1"), state="gone")
    assert peer.take(Delta).leases[0].state is State.GONE
    assert peer.closed() == (4400, "not-permitted")


def test_newer_channel_replaces_the_older(hub: Hub) -> None:
    """The second channel of one gateway closes the first."""
    first = hub.gateway()
    first.snapshot()
    second = hub.gateway()
    second.snapshot()
    assert first.closed() == (4409, "conflict")
    second.beat()


def test_unusable_row_is_no_lease(hub: Hub, store: Store) -> None:
    """A lease row that breaks the protocol is not sent, and a present lease that becomes one is gone."""
    peer = hub.gateway()
    peer.snapshot()
    with store.transaction() as step:
        step.put_lease("lease-1", targets="not JSON")
        step.put_lease("lease-2", ttl_ms=-1)
    leases = peer.take(Delta).leases
    assert [(lease.lease, lease.state, lease.reason) for lease in leases] == [("lease-1", State.GONE, Code.LEASE_ENDED)]
