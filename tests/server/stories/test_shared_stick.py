"""F107: a department's stick is shared: A guesses B's PIN, wants B's PC, or tries to lock B out."""

import pytest

from hanare_core.messages.gateway import Target
from hanare_core.problems import Code
from hanare_server.audit.models import AuditRow
from hanare_server.directory.models import OfficePC
from tests.keyd.office import code_of
from tests.server.town import Town
from tests.server.worker_at_home import PIN, WRONG_PIN, AtHome

PIN_B = "739146"


def shared(town: Town) -> tuple[AtHome, str, str]:
    """Return a stick on which A and B both have a PIN, and their ids."""
    stick = town.ready("a")
    user_b = town.add_user("b")
    stick.set_pin("b", town.code_for(user_b), PIN_B)
    OfficePC.objects.filter(user=user_b).update(address="10.1.2.4")
    return stick, town.user("a").pk, user_b.pk


@pytest.mark.usefixtures("patient")
def test_a_locks_b_on_this_stick_at_most(town: Town) -> None:
    """Ten wrong PINs for B lock B on this stick alone; A works on it, and B works on any other."""
    stick, _, _ = shared(town)
    other = town.add_stick("総務2")
    for _ in range(10):
        stick.begin("b", WRONG_PIN)
    assert code_of(lambda: stick.begin("b", PIN_B)) is Code.PIN_LOCKED
    session = stick.sign_in("a", PIN)
    stick.end(session.session, "ended-by-user")
    assert other.sign_in("b", PIN_B).session


@pytest.mark.usefixtures("patient")
def test_as_own_failures_do_not_reach_b(town: Town) -> None:
    """A who mistypes the own PIN nine times, or names nobody has, leaves B untouched below the stick's budget."""
    stick, _, _ = shared(town)
    for number in range(9):
        stick.begin("a", WRONG_PIN)
        stick.begin(f"nobody{number}", WRONG_PIN)
    assert stick.sign_in("b", PIN_B).session


def test_each_reaches_the_own_pc_alone(town: Town) -> None:
    """Whoever signs in on the stick, the gateway opens their own PC and no other."""
    stick, _, _ = shared(town)
    (gateway,) = town.gateways.values()
    for name, pin, address in (("a", PIN, "10.1.2.3"), ("b", PIN_B, "10.1.2.4")):
        answer = stick.sign_in(name, pin)
        assert gateway.present[answer.paths[0].lease].targets == (Target(address, 3389),)
        assert answer.office_pc.address == address


def test_the_log_says_who_sat_before_it(town: Town) -> None:
    """Each session's row names user and stick, and each refused try the stick and the name's id."""
    stick, user_a, user_b = shared(town)
    stick.sign_in("a", PIN)
    stick.sign_in("b", PIN_B)
    opened = AuditRow.objects.filter(organisation=town.id, act="session-opened").order_by("number")
    assert [(row.detail["user"], row.detail["stick"]) for row in opened] == [
        (user_a, stick.stick),
        (user_b, stick.stick),
    ]


def test_as_pin_opens_nothing_of_bs(town: Town) -> None:
    """A's PIN does not open B's envelope, and A's proof does not close B's attempt."""
    stick, _, _ = shared(town)
    assert code_of(lambda: stick.open("b", PIN)) is Code.SIGN_IN_FAILED
    mine, others = stick.open("a", PIN), stick.open("b", PIN_B)
    others.seed = mine.seed
    assert code_of(lambda: stick.finish(others)) is Code.SIGN_IN_FAILED
