"""What gateways keep and this database does not know: taken over once, audited, and never undone by an older word."""

import pytest

from hanare_core import wire
from hanare_core.messages.gateway import Halt, HaltKind, Kept, State
from hanare_core.problems import Code
from hanare_server.access import adopt, suspend
from hanare_server.access import models as access
from hanare_server.access.standing import Kind
from hanare_server.audit.log import SYSTEM
from hanare_server.audit.models import AuditRow
from hanare_server.console import attention
from hanare_server.directory.models import Organisation
from tests.server.town import Town

GATEWAY = "gateway-9"


def kept(*halts: tuple[HaltKind, str, int], epoch: int = 0) -> dict[str, Kept]:
    """Return what one gateway keeps."""
    return {GATEWAY: Kept(epoch, tuple(Halt(kind, name, at, State.PRESENT) for kind, name, at in halts))}


def test_a_kill_at_the_gateway_is_adopted_once(town: Town) -> None:
    """A stick killed at the gateway is suspended with its session, by the gateway's name, and only once."""
    stick = town.ready()
    session = stick.sign_in("tanaka").session
    told = kept((HaltKind.STICK, stick.stick, town.organisation.epoch + 1))
    assert adopt.adopt(town.organisation, told) == 1
    assert town.row(stick).state == "suspended"
    assert town.session(session).reason == Code.SUSPENDED
    row = AuditRow.objects.get(organisation=town.id, act="suspended")
    assert (row.actor, row.object) == (GATEWAY, stick.stick)
    assert town.organisation.epoch > told[GATEWAY].halts[0].epoch
    before = town.acts()
    assert adopt.adopt(town.organisation, told) == 0
    assert town.acts() == before


def test_a_resume_is_the_later_word(town: Town) -> None:
    """After a resume the gateway's older halt is not adopted again."""
    stick = town.ready()
    told = kept((HaltKind.STICK, stick.stick, town.organisation.epoch + 1))
    adopt.adopt(town.organisation, told)
    suspend.resume(town.id, SYSTEM, Kind.STICK, stick.stick)
    assert adopt.adopt(town.organisation, told) == 0
    assert town.row(stick).state == "active"


def test_a_database_that_was_set_back(town: Town) -> None:
    """A gateway's later epoch is left behind with an audit row; what it names and nobody knows is noted."""
    epoch = town.organisation.epoch + 10
    assert adopt.adopt(town.organisation, kept((HaltKind.USER, "usr-lost", epoch - 1), epoch=epoch)) == 1
    assert town.organisation.epoch == epoch + 2
    assert "set-back" in town.acts()
    assert access.Halt.objects.get(organisation=town.id, identifier="usr-lost").stands


@pytest.mark.parametrize("where", ["epoch", "halt"])
def test_a_gateway_that_lies_about_its_epoch_is_not_believed(town: Town, where: str) -> None:
    """A rooted gateway's last possible epoch ends nobody's work: nothing is adopted, administrators are told once."""
    stick = town.ready()
    epoch = town.organisation.epoch
    lie = kept((HaltKind.STICK, stick.stick, wire.MOST)) if where == "halt" else kept(epoch=wire.MOST)
    assert [adopt.adopt(town.organisation, lie) for _ in range(2)] == [0, 0]
    assert (town.organisation.epoch, town.row(stick).state) == (epoch, "active")
    assert town.acts().count("gateway-not-believed") == 1
    (matter,) = attention.of(town.administrator)
    assert (matter.number, matter.address.rpartition("?")[2]) == (1, "act=gateway-not-believed")
    (name,) = town.gateways
    town.gateways.pop(name).close()
    town.connect(name)
    stick.sign_in("tanaka")


def test_the_epoch_ends_where_a_message_can_say_no_more(town: Town) -> None:
    """Stops work on, and the hub's snapshot is one that gateways take."""
    stick, other = town.ready(), town.add_user("mori")
    Organisation.objects.filter(pk=town.id).update(epoch=wire.MOST)
    suspend.suspend(town.id, SYSTEM, Kind.USER, other.pk)
    assert town.organisation.epoch == wire.MOST
    (name,) = town.gateways
    town.gateways.pop(name).close()
    town.connect(name)
    stick.sign_in("tanaka")


def test_suspending_and_resuming_are_told_to_gateways(town: Town) -> None:
    """The hub's view shows each with its epoch, the later word in the same row."""
    stick = town.ready()
    suspend.suspend(town.id, SYSTEM, Kind.STICK, stick.stick)
    halted = access.Halt.objects.get(organisation=town.id, identifier=stick.stick)
    assert (halted.stands, halted.epoch) == (True, town.organisation.epoch)
    suspend.resume(town.id, SYSTEM, Kind.STICK, stick.stick)
    halted.refresh_from_db()
    assert (halted.stands, halted.epoch) == (False, town.organisation.epoch)


def test_a_stop_of_many_is_told_to_gateways(town: Town) -> None:
    """Each of the many has its halt in the stop's epoch, so that a restored backup forgets none; so has the resume."""
    users = [town.add_user(name).pk for name in ("tanaka", "sato")]
    suspend.suspend_many(town.id, SYSTEM, Kind.USER, users)
    assert halts(town) == dict.fromkeys(users, (True, town.organisation.epoch))
    suspend.resume_many(town.id, SYSTEM, Kind.USER, users)
    assert halts(town) == dict.fromkeys(users, (False, town.organisation.epoch))


def halts(town: Town) -> dict[str, tuple[bool, int]]:
    """Return what is halted or was resumed, and in which epoch."""
    rows = access.Halt.objects.filter(organisation=town.id)
    return {row.identifier: (row.stands, row.epoch) for row in rows}
