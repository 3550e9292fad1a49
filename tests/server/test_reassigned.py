"""What an act takes away ends with it: a changed office PC, a user who is moved, and a stop that finds the moved."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from django.test import Client

from hanare_core.messages.api import SessionAnswer
from hanare_core.problems import Code
from hanare_server.access import suspend, upkeep
from hanare_server.access.models import Session
from hanare_server.access.standing import Kind
from hanare_server.audit.log import SYSTEM
from hanare_server.console.roles import Role
from hanare_server.directory.models import Department, OfficePC, User
from tests.server.accounts import account, browser
from tests.server.test_csv_kinds import confirm, send
from tests.server.town import Town

PAGES: Final = "/console/directory"
Change = Callable[[Town, Client], object]


@pytest.fixture
def client(town: Town) -> Client:
    """Give a browser of an operator."""
    return browser(account(town.organisation, Role.OPERATOR))


@pytest.fixture
def opened(town: Town) -> SessionAnswer:
    """Give the open session of a user on a stick that every department may use."""
    town.set_fields(loan_rule="none")
    return town.ready().sign_in("tanaka")


@pytest.fixture
def other(town: Town) -> Department:
    """Give a second department."""
    return Department.objects.create(id=f"{town.id}-tax", organisation=town.organisation, name="税務課")


def edit(client: Client, word: str, row: Any, **changes: str) -> None:
    """Save the form of a row, as it stands but for these changes."""
    address = f"{PAGES}/{word}/{row.pk}/edit"
    form = client.get(address).context["form"]
    stands = {name: form[name].value() for name in form.fields}
    sent = {name: "" if value is None else value for name, value in {**stands, **changes}.items()}
    assert client.post(address, sent).status_code == 302


def edit_pc(**changes: str) -> Change:
    """Return what changes the user's office PC by its form."""
    return lambda town, client: edit(client, "office-pcs", OfficePC.objects.get(organisation=town.id), **changes)


def by_csv(word: str, content: str) -> Change:
    """Return what changes rows by a file."""
    return lambda _town, client: confirm(client, word, send(client, word, content))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (edit_pc(address="10.1.1.6"), Code.ASSIGNMENT_CHANGED),
        (edit_pc(port="3390"), Code.ASSIGNMENT_CHANGED),
        (edit_pc(user=""), Code.NO_OFFICE_PC),
        (edit_pc(zone="mynumber", user=""), Code.NO_OFFICE_PC),
        (by_csv("office-pcs", "office pc,address\r\nPC-tanaka,10.1.1.6\r\n"), Code.ASSIGNMENT_CHANGED),
    ],
)
def test_a_changed_office_pc_ends_the_session_at_once(
    town: Town, client: Client, opened: SessionAnswer, change: Change, reason: Code
) -> None:
    """The act that takes the PC away ends the session with it, and the gateway lets nothing more through."""
    change(town, client)
    assert (town.session(opened.session).state, town.session(opened.session).reason) == (Session.State.ENDED, reason)
    town.wait_gone(opened.paths[0].lease)
    assert town.acts()[-1] == "session-ended"


def test_an_address_that_becomes_forbidden_ends_the_session_at_once(
    town: Town, client: Client, opened: SessionAnswer
) -> None:
    """A row of the My Number zone with the session's address closes it, whoever's row the session came by."""
    head = "office pc,address,fingerprint,zone"
    fingerprint = OfficePC.objects.get(organisation=town.id).fingerprint
    by_csv("office-pcs", f"{head}\r\nPC-住基,10.1.2.3,{fingerprint},mynumber\r\n")(town, client)
    assert town.session(opened.session).reason == Code.WRONG_ZONE


def test_what_changes_nothing_for_a_session_lets_it_go_on(town: Town, client: Client, opened: SessionAnswer) -> None:
    """A new name, another user's PC and another user's department end nobody's work."""
    edit_pc(name="PC-新")(town, client)
    edit(client, "users", town.user("tanaka"), full_name="田中 太郎")
    mori = town.add_user("mori")
    edit(client, "office-pcs", OfficePC.objects.get(user=mori), address="10.1.1.7")
    assert town.session(opened.session).state == Session.State.OPEN
    assert upkeep.round_of(town.organisation) == 0


def test_another_user_s_pc_that_was_swapped(town: Town, client: Client, opened: SessionAnswer) -> None:
    """The PC given to a colleague ends the session of who works on it."""
    town.add_user("mori", office_pc=False)
    edit_pc(user="mori")(town, client)
    assert town.session(opened.session).reason == Code.NO_OFFICE_PC


@pytest.mark.parametrize("way", ["form", "bulk", "csv"])
def test_who_is_moved_signs_in_again(
    town: Town, client: Client, opened: SessionAnswer, other: Department, way: str
) -> None:
    """A session never belongs to a department that its user has left: the move ends it, by each of the ways."""
    user = town.user("tanaka")
    if way == "form":
        edit(client, "users", user, department=other.pk)
    elif way == "bulk":
        sent = {"act": "move", "row": user.pk, "confirmed": "1", "department": other.pk}
        assert client.post(f"{PAGES}/users/bulk", sent).status_code == 302
    else:
        by_csv("users", "利用者名,部署\r\ntanaka,税務課\r\n")(town, client)
    assert User.objects.get(pk=user.pk).department == other
    assert town.session(opened.session).reason == Code.ASSIGNMENT_CHANGED
    town.wait_gone(opened.paths[0].lease)


def test_a_stop_finds_who_belongs_to_the_department_now(town: Town, opened: SessionAnswer, other: Department) -> None:
    """Even where a row was changed by no act of ours, the stop of the new department ends the session."""
    User.objects.filter(organisation=town.id).update(department=other)
    stopped = suspend.stop(town.id, SYSTEM, Kind.DEPARTMENT, other.pk)
    assert stopped.leases == [path.lease for path in opened.paths]
    assert town.session(opened.session).reason == Code.DEPARTMENT_SUSPENDED


@pytest.mark.parametrize("field", ["address", "department"])
def test_the_worker_s_round_compares_too(town: Town, opened: SessionAnswer, other: Department, field: str) -> None:
    """What was changed behind the console's back is seen at the next round."""
    if field == "address":
        OfficePC.objects.filter(organisation=town.id).update(address="10.1.1.6")
    else:
        User.objects.filter(organisation=town.id).update(department=other)
    assert upkeep.round_of(town.organisation) == 1
    assert town.session(opened.session).reason == Code.ASSIGNMENT_CHANGED
