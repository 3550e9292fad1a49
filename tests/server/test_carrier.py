"""The carrier per organisation: one person closes it, two open it, the hub reads it at once."""

from http import HTTPStatus

import pytest
from django.db import connection
from playwright.sync_api import Browser

from hanare_core.problems import Code
from hanare_server.approvals import requests
from hanare_server.approvals.models import Loosening, Request
from hanare_server.console.roles import Role
from tests.keyd.office import code_of
from tests.server.accounts import account, browser
from tests.server.browsing import LOOKED_AT_ONCE, Visitor
from tests.server.town import Town

PAGE = "/console/directory/gateways/carrier"


def told(town: Town) -> tuple[str, int]:
    """Return what the hub reads of the organisation: the carrier, and the revision."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT carrier, revision FROM hub_party WHERE kind = 'organisation' AND id = %s", [town.id])
        carrier, revision = cursor.fetchone()
    return str(carrier), int(revision)


def test_one_person_closes_it_at_once(town: Town) -> None:
    """The hub reads it in a new revision, the log says who; a second press changes and writes nothing."""
    client = browser(account(town.organisation, Role.ADMINISTRATOR))
    before = told(town)
    assert before[0] == "on"
    assert client.post(f"{PAGE}/close").status_code == HTTPStatus.FOUND
    assert told(town) == ("off", before[1] + 1)
    assert client.post(f"{PAGE}/close").status_code == HTTPStatus.FOUND
    assert told(town) == ("off", before[1] + 1)
    assert town.acts().count("carrier-off") == 1


def test_two_people_open_it(town: Town) -> None:
    """Who asks opens nothing and cannot approve it; the second person does."""
    asker, second = (account(town.organisation, Role.ADMINISTRATOR) for _ in range(2))
    client = browser(asker)
    client.post(f"{PAGE}/close")
    assert client.post(f"{PAGE}/ask", {"reason": "出張者のホテル"}).status_code == HTTPStatus.FOUND
    (asked,) = Request.objects.filter(organisation=town.id)
    assert code_of(lambda: requests.approve(asker, asked.pk, asked.payload_hash)) is Code.NOT_PERMITTED
    assert told(town)[0] == "off"
    requests.approve(second, asked.pk, asked.payload_hash)
    assert told(town)[0] == "on"
    assert town.acts()[-2:] == ["approved", "carrier-on"]


def test_what_is_open_is_not_asked_for(town: Town) -> None:
    """Asking for what holds already is a conflict, and writes no request."""
    client = browser(account(town.organisation, Role.ADMINISTRATOR))
    assert client.post(f"{PAGE}/ask").status_code == HTTPStatus.CONFLICT
    assert not Request.objects.filter(organisation=town.id, act=Loosening.ALLOW_CARRIER).exists()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.AUDITOR])
def test_others_only_look(town: Town, role: Role) -> None:
    """Who may not change settings sees how it stands, and can neither close it nor ask."""
    client = browser(account(town.organisation, role))
    page = client.get(PAGE).content.decode()
    assert "443経路" in page
    assert f"{PAGE}/close" not in page
    for path in ("close", "ask"):
        assert client.post(f"{PAGE}/{path}").status_code == HTTPStatus.FORBIDDEN
    assert told(town)[0] == "on"


@LOOKED_AT_ONCE
@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_pages_in_a_browser(town: Town, chrome: Browser, address: str, language: str) -> None:
    """The page, open and closed, and the request obey the CSP, pass axe and fit the screen, in both languages."""
    asker = account(town.organisation, Role.ADMINISTRATOR)
    visitor = Visitor(chrome, address, town.administrator, language)
    visitor.look("/console/directory/gateways", "gateways-with-carrier")
    visitor.look(PAGE, "carrier-open")
    browser(asker).post(f"{PAGE}/close")
    visitor.look(PAGE, "carrier-closed")
    asked = requests.ask(asker, Loosening.ALLOW_CARRIER, {}, "出張者のホテル")
    visitor.look(f"/console/approvals/{asked.pk}", "approval-carrier")
    visitor.close()
    assert not visitor.faults, visitor.faults
