"""Halts: what was suspended stays so, whatever an older server says, until a later epoch resumes it."""

import msgspec
import pytest

from hanare_core.kernel import RemoveElements
from hanare_core.lease_halts import Halts
from hanare_core.messages import gateway as hub
from hanare_core.messages.gateway import Halt, HaltKind, State
from hanare_core.problems import Code
from tests.core.lease_desk import Desk, door_of, lease_of


def halt_of(number: int, epoch: int, state: State = State.PRESENT) -> Halt:
    """Return the halt of a stick."""
    return Halt(kind=HaltKind.STICK, id=f"stick-{number}", epoch=epoch, state=state)


def test_the_later_epoch_counts() -> None:
    """An older word changes nothing, a resume of a later epoch lets in again."""
    halts = Halts([halt_of(1, 7)])
    assert halts.take([halt_of(1, 3, State.GONE), halt_of(2, 4)]) == [halt_of(2, 4)]
    assert halts.untold() == (halt_of(1, 7),)
    assert halts.take([halt_of(1, 9), halt_of(2, 5, State.GONE)]) == []
    assert halts.untold() == ()
    assert halts.kept() == (halt_of(1, 9),)
    halts.take([halt_of(1, 10, State.GONE)])
    assert halts.kept() == ()


def test_a_server_that_was_set_back_revives_nothing() -> None:
    """A halted stick's new lease is refused though the snapshot does not know the halt, which is then reported."""
    desk = Desk(halts=(halt_of(1, 1),))
    desk.snapshot(lease_of(1), lease_of(2))
    assert {element.source for element in desk.living()} == {"100.64.0.2"}
    assert desk.table.acks()[0].rejected == (hub.Rejected(lease="lease-1", code=Code.SUSPENDED),)
    assert desk.table.kept() == hub.Kept(epoch=1, halts=(halt_of(1, 1),))


def test_what_a_later_snapshot_lost_is_reported() -> None:
    """A halt that the hub had told and does not list any more is reported from then on."""
    desk = Desk()
    desk.snapshot()
    desk.delta(halts=(halt_of(1, 2),))
    assert desk.table.kept().halts == ()
    desk.table.ask_snapshot(desk.now)
    desk.snapshot(lease_of(1))
    assert desk.living() == set()
    assert desk.table.kept().halts == (halt_of(1, 2),)


def test_a_halt_ends_the_leases_that_stand() -> None:
    """A halt that comes with a delta ends the stick's lease, also where the delta does not name the lease."""
    desk = Desk()
    desk.snapshot(lease_of(1), lease_of(2))
    desk.delta(halts=(halt_of(1, 2),))
    assert {element.source for element in desk.living()} == {"100.64.0.2"}
    assert desk.table.kept().halts == ()


@pytest.mark.parametrize(
    ("kind", "identifier", "left"),
    [
        (HaltKind.DEPARTMENT, "kikaku", {"100.64.0.2"}),
        (HaltKind.ORGANISATION, "city", set()),
        (HaltKind.SESSION, "session-1", {"100.64.0.2"}),
        (HaltKind.STICK, "stick-1", {"100.64.0.2"}),
        (HaltKind.USER, "user-1", set()),
        (HaltKind.USER, "stick-1", {"100.64.0.1", "100.64.0.2"}),
    ],
)
def test_a_halt_ends_what_belongs_to_its_thing_alone(kind: HaltKind, identifier: str, left: set[str]) -> None:
    """The leases of that thing end, others stay; an id of another kind is another thing. The user has both leases."""
    desk = Desk()
    desk.snapshot(lease_of(1, department="kikaku"), lease_of(2, department="soumu"))
    desk.delta(halts=(Halt(kind=kind, id=identifier, epoch=2, state=State.PRESENT),))
    assert {element.source for element in desk.living()} == left


def test_a_halted_department_gets_no_lease() -> None:
    """Its leases end with the halt, a new one is refused, and a resume of a later epoch lets it in again."""
    mine, others = lease_of(1, department="kikaku"), lease_of(2, department="soumu")
    halt = Halt(kind=HaltKind.DEPARTMENT, id="kikaku", epoch=2, state=State.PRESENT)
    desk = Desk()
    desk.snapshot(mine, others)
    desk.delta(halts=(halt,))
    assert {element.source for element in desk.living()} == {"100.64.0.2"}
    desk.delta(lease_of(3, department="kikaku"))
    assert {element.source for element in desk.living()} == {"100.64.0.2"}
    desk.delta(lease_of(4, department="kikaku"), halts=(msgspec.structs.replace(halt, epoch=3, state=State.GONE),))
    assert {element.source for element in desk.living()} == {"100.64.0.2", "100.64.0.4"}


def test_killed_here() -> None:
    """The local command ends a session, stick, user or all of them for ever, and says when it knows no such name."""
    for name in ("session-1", "stick-1", "user-1", "all"):
        desk = Desk()
        desk.snapshot(lease_of(1), doors=(door_of(1), door_of(3)))
        operations = desk.table.kill(name, desk.now)
        assert operations is not None
        assert [type(one) for one in operations] == [RemoveElements]
        desk.apply(operations)
        desk.delta(lease_of(1))
        assert desk.living() == set()
        assert desk.table.kept().halts[0].epoch == desk.epoch + 1
    assert desk.table.kill("stick-9", desk.now) is None
    assert desk.table.kill("stick-3", desk.now) == ()
    assert {halt.id for halt in desk.table.kept().halts} == {"session-1", "stick-3"}
    assert set(desk.table.entries.names()) == set()
