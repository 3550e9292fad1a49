"""F76: identifiers of other departments and offices lead nowhere, and fields that a form does not have are ignored."""

import re
from collections.abc import Iterator

import pytest
from django.db.models import Model
from django.test import Client

from hanare_server import identifiers
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Role
from hanare_server.directory.models import Department, OfficePC, Stick, User
from tests.server.accounts import account, browser
from tests.server.test_directory import form
from tests.server.test_roles import addresses
from tests.server.town import Town

KINDS: dict[str, type[Model]] = {"users": User, "sticks": Stick, "office-pcs": OfficePC, "departments": Department}


@pytest.fixture
def theirs(town: Town) -> dict[str, str]:
    """Give the identifiers of one thing of each kind in another department."""
    other = Department.objects.create(id=identifiers.new("dep"), organisation=town.organisation, name="税務課")
    user, stick = town.add_user("suzuki", full_name="鈴木"), town.add_stick("税務1")
    User.objects.filter(pk=user.pk).update(department=other)
    Stick.objects.filter(pk=stick.stick).update(department=other)
    return {"users": user.pk, "sticks": stick.stick, "office-pcs": user.office_pc.pk, "departments": other.pk}


def aimed(theirs: dict[str, str]) -> Iterator[str]:
    """Give every address that takes an identifier, with each of the foreign ones in it."""
    for path, _view in addresses():
        if re.search(r"<\w+:(identifier|user|stick)>", path) and path.startswith(("console/", "s/")):
            for identifier in theirs.values():
                yield "/" + re.sub(
                    r"<\w+:things>", "sticks", re.sub(r"<\w+:(identifier|user|stick)>", identifier, path)
                )


def test_another_departments_things_do_not_exist(town: Town, theirs: dict[str, str]) -> None:
    """Every address with an identifier answers a department contact 403, 404 or 405, and does nothing."""
    contact = browser(account(town.organisation, Role.CONTACT, [Department.objects.get(pk=town.department)]))
    tried = [path for path in aimed(theirs) if "<" not in path]
    assert len(tried) > 60
    before = [act for act in town.acts() if act != "console-signed-in"]
    for path in tried:
        assert contact.get(path).status_code in (403, 404, 405), path
        assert contact.post(path).status_code in (403, 404, 405), path
    assert [act for act in town.acts() if act != "console-signed-in"] == before


def test_another_offices_things_do_not_exist(town: Town, theirs: dict[str, str]) -> None:
    """An administrator of another office gets the same for all of them, and sees none of the names anywhere (R49)."""
    stranger = browser(account(town.elsewhere().organisation, Role.ADMINISTRATOR))
    for path in aimed(theirs):
        if "<" not in path:
            assert stranger.get(path).status_code in (403, 404, 405), path
            assert stranger.post(path).status_code in (403, 404, 405), path
    for path, _view in addresses():
        if path.startswith("console/") and "<" not in path:
            page = b"".join(stranger.get(f"/{path}")).decode(errors="replace")
            assert not [one for one in (*theirs.values(), "鈴木", "税務1") if one in page], path


def test_fields_that_the_form_does_not_have_are_ignored(town: Town) -> None:
    """Mass assignment: role, state, keys and organisation in a user's, a stick's or one's own form change nothing."""
    operator = account(town.organisation, Role.OPERATOR)
    client = browser(operator)
    user, stick = town.add_user("tanaka", full_name="田中"), town.add_stick("総務1")
    other = town.elsewhere()
    extra = {
        "state": "gone",
        "organisation": other.id,
        "envelope": "x",
        "identity_key": "x",
        "image": "99",
        "role": "x",
    }
    for path in (f"/console/directory/users/{user.pk}/edit", f"/console/directory/sticks/{stick.stick}/edit"):
        assert client.post(path, {**form(client, path), **extra}).status_code == 302
    user.refresh_from_db()
    row = town.row(stick)
    assert (user.state, user.organisation_id, user.envelope) == ("active", town.id, "")
    assert (row.state, row.organisation_id, row.image) == ("active", town.id, 0)
    _no_role_for_oneself(client, operator)


def _no_role_for_oneself(client: Client, operator: Administrator) -> None:
    for path, _view in addresses():
        if path.startswith("console/account") and "<" not in path:
            client.post(f"/{path}", {"role": "administrator", "is_active": "1", "organisation": "x"})
    operator.refresh_from_db()
    assert operator.role == Role.OPERATOR
