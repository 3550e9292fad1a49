"""CSV of users: both encodings, a dry run with every faulty row named, all or nothing, no formulas, no bombs."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import strategies as st

from hanare_server.console.roles import Role
from hanare_server.directory.models import User
from tests.server.accounts import account, browser
from tests.server.town import Town

IMPORT = "/console/directory/users/import"
CELLS = st.text("aZ09 ,;\"'=+-@|%＝＋－＠あ漢①髙～ｱ\\", max_size=8)
"""What breaks CSV, what starts a formula, and characters that only Windows' Shift_JIS has."""

FORMULAS = st.sampled_from(["=1", "＝1", "+1", "-1", "@a", "＠a", "'=1", "'"])


@pytest.fixture
def client(town: Town) -> Client:
    """Give a browser of an operator."""
    return browser(account(town.organisation, Role.OPERATOR))


def send(client: Client, content: bytes) -> Any:
    """Upload a file."""
    return client.post(IMPORT, {"file": SimpleUploadedFile("users.csv", content)})


def confirm(client: Client, page: str) -> Any:
    """Take over what the preview shows."""
    fields = dict(re.findall(r'name="(packed|shown)" value="([^"]*)"', page))
    return client.post(IMPORT, {**fields, "confirmed": "1"})


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "cp932"])
def test_a_file_is_shown_first_and_then_taken_over(town: Town, client: Client, encoding: str) -> None:
    """New and changed users come as the dry run said; who is not in the file stays."""
    town.add_user("tanaka", full_name="田中")
    town.add_user("sato", full_name="佐藤")
    content = "利用者名,氏名,部署,テレワークの期限\r\ntanaka,田中 花子,総務課,\r\nsuzuki,鈴木,総務課,2027/3/31\r\n"
    page = send(client, content.encode(encoding)).content.decode()
    assert "追加1件、変更1件" in page
    assert User.objects.filter(organisation=town.id).count() == 2
    assert confirm(client, page).status_code == 302
    names = dict(User.objects.filter(organisation=town.id).values_list("name", "full_name"))
    assert names == {"tanaka": "田中 花子", "sato": "佐藤", "suzuki": "鈴木"}
    assert town.acts()[-2:] in (["added", "changed"], ["changed", "added"])


def test_an_empty_last_day_loosens_nothing(town: Town, client: Client) -> None:
    """Only a cell that says so takes an end away; a forgotten one, and what an export writes for no end, keep it."""
    user = town.add_user("tanaka", full_name="田中")
    User.objects.filter(pk=user.pk).update(permitted_until_ms=1_800_000_000_000)
    for cell, left in (("", 1_800_000_000_000), ("なし", None)):
        page = send(client, f"利用者名,テレワークの期限\ntanaka,{cell}\n".encode()).content.decode()
        assert ("変更1件" in page) == (left is None)
        if left is None:
            assert confirm(client, page).status_code == 302
        user.refresh_from_db()
        assert user.permitted_until_ms == left


def test_what_was_shown_is_what_happens(town: Town, client: Client) -> None:
    """When somebody changed the users between preview and confirmation, the new plan is shown and nothing is done."""
    user = town.add_user("tanaka", full_name="田中")
    page = send(client, "利用者名,氏名\ntanaka,田中 花子\n".encode()).content.decode()
    user.full_name = "田中 一郎"
    user.save()
    answer = confirm(client, page)
    assert answer.status_code == 409
    user.refresh_from_db()
    assert user.full_name == "田中 一郎"
    assert confirm(client, answer.content.decode()).status_code == 302
