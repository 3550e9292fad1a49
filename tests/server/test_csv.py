"""CSV of users: both encodings, a dry run with every faulty row named, all or nothing, no formulas, no bombs."""

import re
import zipfile
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from hanare_server.console.roles import Role
from hanare_server.directory.models import User
from hanare_server.directory.transfer import text
from hanare_server.directory.transfer.text import Encoding, UnreadableError
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
    content = "利用者名,氏名,部署,在宅勤務の期限\r\ntanaka,田中 花子,総務課,\r\nsuzuki,鈴木,総務課,2027/3/31\r\n"
    page = send(client, content.encode(encoding)).content.decode()
    assert "追加1件、変更1件" in page
    assert User.objects.filter(organisation=town.id).count() == 2
    assert confirm(client, page).status_code == 302
    names = dict(User.objects.filter(organisation=town.id).values_list("name", "full_name"))
    assert names == {"tanaka": "田中 花子", "sato": "佐藤", "suzuki": "鈴木"}
    assert town.acts()[-2:] in (["added", "changed"], ["changed", "added"])


def test_one_bad_row_among_thousands_stops_all_and_is_named(town: Town, client: Client) -> None:
    """Five thousand rows with one fault change nothing; the fault is told by its line, in plain words (F64)."""
    rows = [f"u{number},利用者{number},総務課" for number in range(5000)]
    rows[4242] = "u4242,利用者,税務課"
    answer = send(client, ("利用者名,氏名,部署\n" + "\n".join(rows)).encode("cp932"))
    assert answer.status_code == 422
    assert re.search(r"<td>4244</td><td>部署「税務課」はありません。</td>", answer.content.decode())
    assert not User.objects.filter(organisation=town.id).exists()


def test_a_broken_file_is_told_by_its_line(client: Client) -> None:
    """Half a Shift_JIS character, a spreadsheet, an archive, nothing: each has its sentence, and never a 5xx (F81)."""
    bomb = BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../etc/passwd", b"0" * 1_000_000)
    broken = {
        "3行目": "利用者名,氏名\r\na,良い\r\n".encode("cp932") + b"b,\x81\r\n",
        "表計算ファイル": bomb.getvalue(),
        "空です": b" \n",
        "テキストファイルでは": b"name\n\0\n",
        "4MB": b"x" * (text.FILE_BYTES + 1),
    }
    for sentence, content in broken.items():
        answer = send(client, content)
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
    bomb_again = client.post(IMPORT, {"packed": "eJzt", "confirmed": "1"})
    assert bomb_again.status_code in (400, 422)


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


def test_an_export_comes_back_as_it_was(town: Town, client: Client) -> None:
    """Exported, imported again: nothing changes; formulas are inert; a character that Shift_JIS lacks is named."""
    town.add_user("tanaka", full_name="=HYPERLINK(1)")
    content = client.get("/console/directory/users/export?encoding=shift_jis").content
    assert "'=HYPERLINK".encode("cp932") in content
    assert "変更なし1件" in send(client, content).content.decode()
    town.add_user("yoshida", full_name="𠮷田")
    assert client.get("/console/directory/users/export").content.decode("utf-8-sig").endswith("𠮷田,総務課,\r\n")
    answer = client.get("/console/directory/users/export?encoding=shift_jis", follow=True).content.decode()
    assert "「𠮷」はShift_JISにない文字です" in answer


@given(st.lists(st.lists(CELLS | FORMULAS, min_size=1, max_size=4), min_size=1, max_size=4), st.sampled_from(Encoding))
def test_no_cell_is_a_formula_and_all_come_back(rows: list[list[str]], encoding: Encoding) -> None:
    """Whatever is written starts with nothing that a spreadsheet runs, and is read as it was (R44, F74)."""
    clean = [[cell.strip() for cell in row] for row in rows]
    clean[0][0] = clean[0][0] or "x"
    written = text.write(clean, encoding)
    for line in written.decode("utf-8-sig" if encoding == Encoding.UTF_8 else "cp932").split("\r\n"):
        assert not line.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
    read = [row for row in text.read(written) if any(row)]
    assert read == [row for row in clean if any(row)]


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    """Any bytes are rows or an unreadable file."""
    try:
        assert isinstance(text.read(raw), list)
    except UnreadableError as error:
        assert error.fault
