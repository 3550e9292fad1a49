"""F75: requests forged by other sites, pages in frames, and links that lead away are refused on every page."""

from urllib.parse import urlsplit

import pytest
from django.test import Client

from hanare_server.console.guard import OPEN, permission_of
from hanare_server.console.headers import POLICY
from hanare_server.directory.models import Stick
from tests.server.accounts import account, browser
from tests.server.test_roles import addresses, filled
from tests.server.town import Town

AWAY = ("//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "\\\\evil.example")


def test_no_form_is_taken_without_its_token(town: Town) -> None:
    """Every address of the console refuses a POST that carries the cookies alone, and changes nothing."""
    client = browser(town.administrator)
    forged = Client(enforce_csrf_checks=True)
    forged.cookies = client.cookies
    before = town.acts()
    for path, view in addresses():
        if path.startswith(("console/", "s/")) and permission_of(view) is not None:
            assert forged.post(filled(path)).status_code in (403, 405), path
    assert [act for act in town.acts() if act != "console-signed-in"] == [
        act for act in before if act != "console-signed-in"
    ]


def test_nothing_changes_by_being_looked_at(town: Town) -> None:
    """No GET of any address writes an act: a picture's address in somebody's mail does nothing."""
    client, stick = browser(town.administrator), town.add_stick()
    before = town.acts()
    for path, _view in addresses():
        if path.startswith(("console/", "s/")) and "export" not in path and "sign" not in path:
            client.get(filled(path))
    for act in ("suspend", "resume"):
        assert client.get(f"/console/api/sticks/{stick.stick}/{act}").status_code == 405
    assert town.acts() == before
    assert town.row(stick).state == Stick.State.ACTIVE


def test_every_answer_forbids_frames_and_foreign_code(town: Town) -> None:
    """Pages, refusals, files and the sign-in carry the strict policy, and cookies are no other site's."""
    client = browser(town.administrator)
    for path, view in addresses():
        answer = (Client() if permission_of(view) == OPEN else client).get(filled(path))
        assert answer.headers["Content-Security-Policy"] == POLICY, path
        assert answer.headers["X-Frame-Options"] == "DENY", path
    assert "frame-ancestors 'none'" in POLICY
    assert "unsafe" not in POLICY
    assert {cookie["samesite"] for cookie in Client().get("/console/sign-in").cookies.values()} == {"Strict"}


@pytest.mark.parametrize("away", AWAY)
def test_no_form_leads_away(town: Town, away: str) -> None:
    """Language, suspending and resuming take where to go next from the form: never to another site."""
    client, stick = browser(town.administrator), town.add_stick()
    answers = [
        client.post("/console/language", {"language": "en", "next": away}),
        client.post(f"/console/api/sticks/{stick.stick}/suspend", {"next": away}),
        client.post(f"/console/api/sticks/{stick.stick}/resume", {"next": away}),
    ]
    for answer in answers:
        place = answer.headers.get("Location", "/")
        assert not urlsplit(place).netloc
        assert place.startswith("/")
        assert not place.startswith(("//", "/\\"))


def test_a_person_without_that_right_cannot_be_made_to_do_it(town: Town) -> None:
    """A viewer's browser that is led to an act gets 403, token or not."""
    stick = town.add_stick()
    viewer = browser(account(town.organisation, "viewer"))
    assert viewer.post(f"/console/api/sticks/{stick.stick}/suspend").status_code == 403
