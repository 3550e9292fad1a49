"""F74: what a spreadsheet would run as a formula leaves the console inert, and comes back as it was."""

from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from hanare_server.directory.transfer import text
from hanare_server.directory.transfer.text import Encoding
from tests.server.test_csv import CELLS, FORMULAS, client, send
from tests.server.town import Town

__all__ = ("client",)


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
