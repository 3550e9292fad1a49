"""Reservations: no day twice, lending obeys them, and what was reserved is used up by its own loan."""

from datetime import date, timedelta
from threading import Thread

import pytest
from django.db import connections

from hanare_core.problems import Code, Problem
from hanare_server.access.act import act
from hanare_server.audit.log import COMMAND
from hanare_server.console.roles import Role
from hanare_server.directory.models import Stick, User
from hanare_server.lending import days, loans, reservations
from hanare_server.lending.models import Reservation
from tests.keyd.office import code_of
from tests.server.accounts import account, browser
from tests.server.town import Town


@pytest.fixture
def stick(town: Town) -> Stick:
    """Give a stick."""
    return town.row(town.add_stick())


def after(town: Town, number: int) -> date:
    """Return the day so many days from today at the office."""
    return days.today_of(town.organisation) + timedelta(days=number)


def reserve(town: Town, stick: Stick, user: User, first: int, last: int) -> Reservation:
    """Reserve from and until so many days from today."""
    with act(town.id, COMMAND) as opened:
        return reservations.reserve(opened, stick, user, after(town, first), after(town, last))


def lend(town: Town, stick: Stick, user: User, until: int) -> None:
    """Lend until so many days from today."""
    with act(town.id, COMMAND) as opened:
        loans.lend(opened, stick, user, after(town, until))


def test_no_two_reservations_share_a_day(town: Town, stick: Stick) -> None:
    """One that begins on the other's last day is refused, the next day is free, and so are cancelled days."""
    mori, tanaka = town.add_user("mori", office_pc=False), town.add_user("tanaka", office_pc=False)
    first = reserve(town, stick, mori, 3, 5)
    for days_wanted in ((5, 8), (1, 3), (4, 4), (1, 9)):
        assert code_of(lambda wanted=days_wanted: reserve(town, stick, tanaka, *wanted)) is Code.CONFLICT
    reserve(town, stick, tanaka, 6, 8)
    with act(town.id, COMMAND) as opened:
        reservations.cancel(opened, first)
    reserve(town, stick, tanaka, 3, 5)
    assert town.acts()[-2:] == ["reservation-cancelled", "reserved"]


def test_lending_obeys_reservations(town: Town, stick: Stick) -> None:
    """Others get the stick until the day before; its own user gets it, which uses the reservation up."""
    mori, tanaka = town.add_user("mori", office_pc=False), town.add_user("tanaka", office_pc=False)
    row = reserve(town, stick, mori, 2, 4)
    assert code_of(lambda: lend(town, stick, tanaka, 2)) is Code.CONFLICT
    lend(town, stick, tanaka, 1)
    with act(town.id, COMMAND) as opened:
        loans.take_back(opened, stick)
    lend(town, stick, mori, 4)
    row.refresh_from_db()
    assert row.loan is None  # it begins the day after tomorrow
    with act(town.id, COMMAND) as opened:
        loans.take_back(opened, stick)
    today = reserve(town, stick, mori, 0, 1)
    lend(town, stick, mori, 1)
    today.refresh_from_db()
    assert today.loan is not None
    assert list(reservations.standing(town.organisation)) == [row]


@pytest.mark.parametrize("wanted", [(-1, 2), (3, 2), (1, 400)])
def test_days_that_are_none_are_refused(town: Town, stick: Stick, wanted: tuple[int, int]) -> None:
    """The past, the wrong order, and more than a year ahead."""
    user = town.add_user("mori", office_pc=False)
    assert code_of(lambda: reserve(town, stick, user, *wanted)) is Code.MALFORMED


def test_a_stick_that_is_out_is_reserved_after_its_return(town: Town, stick: Stick) -> None:
    """The days of the loan are taken; those after it are not."""
    mori, tanaka = town.add_user("mori", office_pc=False), town.add_user("tanaka", office_pc=False)
    lend(town, stick, mori, 3)
    assert code_of(lambda: reserve(town, stick, tanaka, 3, 4)) is Code.CONFLICT
    reserve(town, stick, tanaka, 4, 5)


def test_two_at_once_do_not_both_get_it(town: Town, stick: Stick) -> None:
    """The organisation's lock puts them in order; one of two is told."""
    users = [town.add_user(name, office_pc=False) for name in ("mori", "tanaka")]
    refused: list[Code] = []

    def run(user: User) -> None:
        try:
            reserve(town, stick, user, 1, 2)
        except Problem as problem:
            refused.append(problem.code)
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=(user,)) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == [Code.CONFLICT]
    assert reservations.standing(town.organisation).count() == 1


def test_the_pages_reserve_and_give_free(town: Town, stick: Stick) -> None:
    """A contact reserves within the own department; the form says what is wrong; others see nothing of it."""
    mori = town.add_user("mori", office_pc=False)
    client = browser(town.administrator)
    form = {"user": "mori", "first": after(town, 1).isoformat(), "last": after(town, 2).isoformat()}
    path = f"/console/lending/{stick.pk}/reserve"
    assert client.get(path).status_code == 200
    assert client.post(path, {**form, "user": "nobody"}).status_code == 422
    assert client.post(path, {**form, "last": "soon"}).status_code == 422
    assert client.post(path, form).status_code == 302
    assert client.post(path, form).status_code == 409
    assert "mori" in client.get(f"/s/{stick.pk}").content.decode()
    other = town.add_user("tanaka", office_pc=False)
    lent = client.post(f"/console/lending/{stick.pk}/lend", {"user": other.name, "due": form["last"]})
    assert lent.status_code == 409
    row = Reservation.objects.get(user=mori)
    stranger = browser(account(town.organisation, Role.CONTACT))
    assert stranger.post(f"/console/lending/{row.pk}/cancel").status_code == 404
    assert client.post(f"/console/lending/{row.pk}/cancel").status_code == 302
    assert not reservations.standing(town.organisation).exists()
