"""F63: two administrators edit one thing: the second is shown both versions, and nothing is lost."""

import re

import pytest
from django.test import Client

from hanare_server.console.roles import Role
from tests.server.accounts import account, browser
from tests.server.test_directory import form
from tests.server.town import Town


@pytest.fixture
def client(town: Town) -> Client:
    """Give a browser of an operator."""
    return browser(account(town.organisation, Role.OPERATOR))


def test_the_second_editor_sees_both_versions_and_loses_nothing(town: Town, client: Client) -> None:
    """Who saves onto what another has changed gets 409 with the difference, and may save again (F63)."""
    user = town.add_user("tanaka", full_name="田中")
    path = f"/console/directory/users/{user.pk}/edit"
    mine, theirs = form(client, path), form(client, path)
    assert client.post(path, {**theirs, "full_name": "田中 花子"}).status_code == 302
    refused = client.post(path, {**mine, "full_name": "田中 一郎"})
    page = refused.content.decode()
    assert refused.status_code == 409
    assert "田中 花子" in page
    assert "田中 一郎" in page
    (seen,) = re.findall(r'name="seen" value="(\w+)"', page)
    assert client.post(path, {**mine, "full_name": "田中 一郎", "seen": seen}).status_code == 302
    user.refresh_from_db()
    assert user.full_name == "田中 一郎"


def test_two_editors_of_one_stick(town: Town, client: Client) -> None:
    """The label of a stick: the second of two gets 409 and sees the first one's."""
    stick = town.add_stick("総務1")
    path = f"/console/directory/sticks/{stick.stick}/edit"
    other = browser(town.administrator)
    mine, theirs = form(client, path), form(other, path)
    assert other.post(path, {**theirs, "label": "総務・貸出用"}).status_code == 302
    refused = client.post(path, {**mine, "label": "予備"})
    assert refused.status_code == 409
    assert "総務・貸出用" in refused.content.decode()
    assert town.row(stick).label == "総務・貸出用"
