"""F81: archives, spreadsheets, bombs and broken text in the place of a CSV file are refused in plain words."""

import zipfile
from io import BytesIO

from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from hanare_server.directory.transfer import text
from hanare_server.directory.transfer.text import UnreadableError
from tests.server.test_csv import IMPORT, client, send

__all__ = ("client",)


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


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    """Any bytes are rows or an unreadable file."""
    try:
        assert isinstance(text.read(raw), list)
    except UnreadableError as error:
        assert error.fault
