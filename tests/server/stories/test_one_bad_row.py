"""F64: a file of thousands of rows with one bad one: nothing is taken over, and the row is named."""

import re

from django.test import Client

from hanare_server.directory.models import User
from tests.server.test_csv import client, send
from tests.server.town import Town

__all__ = ("client",)


def test_one_bad_row_among_thousands_stops_all_and_is_named(town: Town, client: Client) -> None:
    """Five thousand rows with one fault change nothing; the fault is told by its line, in plain words (F64)."""
    rows = [f"u{number},利用者{number},総務課" for number in range(5000)]
    rows[4242] = "u4242,利用者,税務課"
    answer = send(client, ("利用者名,氏名,部署\n" + "\n".join(rows)).encode("cp932"))
    assert answer.status_code == 422
    assert re.search(r"<td>4244</td><td>部署「税務課」はありません。</td>", answer.content.decode())
    assert not User.objects.filter(organisation=town.id).exists()
