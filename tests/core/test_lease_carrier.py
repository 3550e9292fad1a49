"""The carrier on TCP 443 opens and closes as the organisation says, and a restored backup never opens it."""

from hanare_core.kernel import SetCarrier
from hanare_core.messages.gateway import Delta, Snapshot
from tests.core.lease_desk import Desk


def snapshot(desk: Desk, *, carrier: bool) -> tuple[object, ...]:
    """Say a snapshot without doors and leases; return what it leads to."""
    desk.revision += 1
    part = Snapshot(
        revision=desk.revision,
        epoch=desk.epoch,
        age_ms=0,
        time_ms=desk.time_ms,
        doors=(),
        leases=(),
        carrier=carrier,
    )
    return desk.table.snapshot(part, desk.now).operations


def delta(desk: Desk, *, carrier: bool) -> tuple[object, ...]:
    """Say a delta that changes nothing else; return what it leads to."""
    desk.revision += 1
    told = Delta(desk.revision - 1, desk.revision, desk.epoch, doors=(), leases=(), carrier=carrier)
    return desk.table.delta(told, desk.now).operations


def test_it_is_switched_by_snapshots_and_deltas_when_it_changes() -> None:
    """What is told again changes nothing; each change is one operation."""
    desk = Desk()
    assert snapshot(desk, carrier=True) == ()
    assert delta(desk, carrier=False) == (SetCarrier(on=False),)
    assert delta(desk, carrier=False) == ()
    assert snapshot(desk, carrier=False) == ()
    assert snapshot(desk, carrier=True) == (SetCarrier(on=True),)
    assert desk.table.carrier


def test_a_server_that_was_set_back_may_only_close_it() -> None:
    """An older backup in which it was open opens nothing; one in which it was closed closes it."""
    desk = Desk()
    desk.epoch = 5
    snapshot(desk, carrier=False)
    desk.epoch = 4
    assert snapshot(desk, carrier=True) == ()
    assert delta(desk, carrier=True) == ()
    assert not desk.table.carrier
    desk.epoch = 5
    snapshot(desk, carrier=True)
    desk.epoch = 4
    assert snapshot(desk, carrier=False) == (SetCarrier(on=False),)


def test_a_delta_out_of_order_switches_nothing() -> None:
    """Where revisions are missing in between, the snapshot that is asked for decides."""
    desk = Desk()
    snapshot(desk, carrier=False)
    late = Delta(desk.revision + 1, desk.revision + 2, desk.epoch, doors=(), leases=(), carrier=True)
    assert desk.table.delta(late, desk.now).operations == ()
    assert not desk.table.carrier
