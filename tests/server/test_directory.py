"""The directory's pages: lists, a thing with its history, forms with optimistic locking, acts on many at once."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hanare_server import identifiers
from hanare_server.console.lists import PAGE_ROWS
from hanare_server.console.roles import Role
from hanare_server.directory.models import Department, OfficePC, Stick, User
from hanare_server.directory.pages.kinds import KINDS
from tests.server.accounts import account, browser
from tests.server.town import FINGERPRINT, Town

MOST_QUERIES = 12


@pytest.fixture
def client(town: Town) -> Client:
    """Give a browser of an administrator."""
    return browser(account(town.organisation, Role.ADMINISTRATOR))


def fill(town: Town, count: int) -> Department:
    """Add a department with so many users and sticks; names have what breaks layouts."""
    department = Department.objects.create(
        id=identifiers.new("dep"), organisation=town.organisation, name="総合政策部デジタル行政推進課" * 3
    )
    users = [
        User(
            id=identifiers.new("usr"),
            organisation=town.organisation,
            department=department,
            name=f"u{number:05}",
            name_key=f"u{number:05}",
            full_name=f"𠮷田 {number}",
        )
        for number in range(count)
    ]
    User.objects.bulk_create(users)
    return department


def form(client: Client, path: str) -> dict[str, str]:
    """Return a form's fields as a browser would send them."""
    page = client.get(path).content.decode()
    tags = re.findall(r'<input[^>]*name="\w+"[^>]*>', page)
    found = [(re.findall(r'name="(\w+)"', tag)[0], re.findall(r'value="([^"]*)"', tag)) for tag in tags]
    values = {name: "".join(value) for name, value in found if name not in ("csrfmiddlewaretoken", "language", "next")}
    for name, options in re.findall(r'<select name="(\w+)".*?>(.*?)</select>', page, re.DOTALL):
        chosen = re.findall(r'value="([^"]*)" selected', options)
        values[name] = chosen[0] if chosen else ""
    return values


def test_every_list_costs_a_dozen_queries_whatever_it_holds(town: Town, client: Client) -> None:
    """No list asks the database once a row."""
    fill(town, 3 * PAGE_ROWS)
    town.add_user("tanaka")
    for kind in KINDS:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"/console/directory/{kind.word}").status_code == 200
        assert len(asked) <= MOST_QUERIES, kind.word


def test_lists_search_filter_sort_and_page(town: Town, client: Client) -> None:
    """What the address says is what the list shows; nonsense in it is ignored."""
    department = fill(town, PAGE_ROWS + 7)
    town.add_user("tanaka", full_name="田中 花子")

    def shown(query: str) -> str:
        return client.get(f"/console/directory/users?{query}").content.decode()

    assert "田中 花子" in shown("q=田中 花子")
    assert "u00001" not in shown("q=tanaka")
    assert "1件" in shown("q=u00003")
    assert "u00007" not in shown(f"department={department.pk}&page=2") != shown(f"department={department.pk}")
    first = shown("sort=-name&q=u0")
    assert first.index("u00056") < first.index("u00055")
    for odd in ("page=0", "page=99999999999", "sort=nonsense", "state=%00", "q=%00%25", "department=' OR 1=1--"):
        assert client.get(f"/console/directory/users?{odd}").status_code == 200


def test_a_thing_has_a_page_with_its_history(town: Town, client: Client) -> None:
    """A user's page names department, office PC and what was done; so does a stick's with its sessions."""
    stick = town.ready()
    stick.sign_in("tanaka")
    user = User.objects.get(organisation=town.id, name="tanaka")
    page = client.get(f"/console/directory/users/{user.pk}").content.decode()
    for words in ("総務課", "PC-tanaka", "履歴", "追加", "最近の利用", "利用停止"):
        assert words in page
    assert "tanaka" in client.get(f"/console/directory/sticks/{stick.stick}").content.decode()
    assert client.get("/console/directory/users/nobody").status_code == 404


def test_a_form_adds_and_changes_with_an_audit_row(town: Town, client: Client) -> None:
    """A new user can be found by the name that they type; a change says what it was before."""
    sent = {**form(client, "/console/directory/users/new"), "name": "Ｓｕｚｕｋｉ", "full_name": "鈴木 一郎"}
    made = client.post("/console/directory/users/new", {**sent, "department": town.department})
    user = User.objects.get(organisation=town.id, full_name="鈴木 一郎")
    assert made.headers["Location"] == f"/console/directory/users/{user.pk}"
    assert user.name_key == "suzuki"
    path = f"/console/directory/users/{user.pk}/edit"
    client.post(path, {**form(client, path), "full_name": "鈴木 二郎", "permitted_until": "2026-03-31"})
    user.refresh_from_db()
    assert (user.full_name, user.permitted_until_ms) == ("鈴木 二郎", 1_774_969_200_000)
    assert town.acts()[-1] == "changed"
    assert "鈴木 一郎 → 鈴木 二郎" in client.get(f"/console/directory/users/{user.pk}").content.decode()


@pytest.mark.parametrize("name", ["", "tanaka", "TANAKA", "a\tb", "x" * 65])
def test_a_form_with_a_fault_says_so_and_changes_nothing(town: Town, client: Client, name: str) -> None:
    """A name that is missing, taken, or none is refused beside its field, and what was typed is still there."""
    town.add_user("tanaka")
    sent = {"name": name, "full_name": "だれか", "department": town.department}
    answer = client.post("/console/directory/users/new", sent)
    assert answer.status_code == 422
    assert "だれか" in answer.content.decode()
    assert User.objects.filter(organisation=town.id).count() == 1


def test_many_users_move_at_once(town: Town, client: Client) -> None:
    """An April reorganisation: all that match go to the other department, in one act, each with its audit row."""
    department = fill(town, 120)
    ticked = {"act": "move", "all": "1", "query": f"department={department.pk}"}
    asked = client.post("/console/directory/users/bulk", ticked).content.decode()
    assert "120件" in asked
    assert User.objects.filter(department=town.department).count() == 0
    client.post("/console/directory/users/bulk", {**ticked, "confirmed": "1", "department": town.department})
    assert User.objects.filter(department=town.department).count() == 120
    assert town.acts().count("changed") == 120


def test_many_sticks_are_suspended_and_resumed_at_once(town: Town, client: Client) -> None:
    """What was ticked stops with its sessions in one act, and works again after the resume."""
    sticks = [town.ready(), town.add_stick(), town.add_stick()]
    session = sticks[0].sign_in("tanaka").session
    ticked: dict[str, Any] = {"row": [stick.stick for stick in sticks[:2]], "confirmed": "1"}
    client.post("/console/directory/sticks/bulk", {**ticked, "act": "suspend"})
    assert [town.row(stick).state for stick in sticks] == ["suspended", "suspended", "active"]
    assert town.session(session).reason == "suspended"
    client.post("/console/directory/sticks/bulk", {**ticked, "act": "resume", "reason": "確認済み"})
    assert {town.row(stick).state for stick in sticks} == {"active"}


def test_two_organisations_see_nothing_of_each_other(town: Town, client: Client) -> None:
    """Every page of one town stays the same, whatever the other holds; its things are not found (R49, F76)."""
    other = account(town.elsewhere().organisation, Role.ADMINISTRATOR)
    stick, user = town.add_stick(), town.add_user("tanaka")
    stranger = browser(other)
    for kind in KINDS:
        assert "tanaka" not in stranger.get(f"/console/directory/{kind.word}").content.decode()
    for path in (
        f"users/{user.pk}",
        f"sticks/{stick.stick}",
        f"users/{user.pk}/edit",
        f"departments/{town.department}",
    ):
        assert client.get(f"/console/directory/{path}").status_code == 200
        assert stranger.get(f"/console/directory/{path}").status_code == 404
    stranger.post("/console/directory/users/bulk", {"act": "suspend", "row": [user.pk], "confirmed": "1"})
    user.refresh_from_db()
    assert user.state == "active"
    assert Stick.objects.get(pk=stick.stick).state == "active"
    form_of_mine = {"name": "x", "full_name": "", "department": town.department}
    assert stranger.post("/console/directory/users/new", form_of_mine).status_code == 422


def test_an_office_pc_is_given_by_sign_in_name(town: Town, client: Client) -> None:
    """The form finds the user by the name that they type, names one who is not there, and gives nobody two PCs."""
    user = town.add_user("tanaka", office_pc=False)
    sent = {"name": "PC", "kind": "windows", "address": "10.1.2.3", "port": "3389", "zone": "internal"}
    for name, status in (("nobody", 422), ("Ｔanaka", 302), ("tanaka", 422)):
        answer = client.post("/console/directory/office-pcs/new", {**sent, "user": name, "fingerprint": FINGERPRINT})
        assert answer.status_code == status
    assert OfficePC.objects.get(organisation=town.id).user == user
