"""F73: SQL, scripts and template code in every field, in searches and in headers are text, and nothing else."""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from hanare_server.console.navigation import MENU
from hanare_server.directory.models import Department, Loan, Stick, User
from hanare_server.helpdesk.models import Message
from tests.server.accounts import browser
from tests.server.town import Town

SCRIPT = "<script>alert(1)</script>"
HOSTILE = (
    SCRIPT,
    '"><img src=x onerror=alert(1)>',
    "{{ 7|add:42 }}{% debug %}{{settings.SECRET_KEY}}",
    "' OR 1=1; DROP TABLE directory_user; --",
    "%s%(x)s%n${7*7}",
    "\u202egnp.exe\u0000\r\nSet-Cookie: x=1",
)
RAW = (SCRIPT, "<img src=x")


@pytest.fixture
def infested(town: Town) -> Town:
    """Give a city hall in which everything has such a name, written past the forms that would refuse some of them."""
    text = "".join(HOSTILE).replace("\0", "")
    user, stick = town.add_user("tanaka"), town.row(town.add_stick())
    User.objects.filter(pk=user.pk).update(full_name=text[:200], name=text[:64])
    Stick.objects.filter(pk=stick.pk).update(label=text[:200])
    Department.objects.filter(organisation=town.id).update(name=text[:200])
    user.office_pc.name = text[:200]
    user.office_pc.save()
    Loan.objects.create(id=f"l-{town.id}", organisation=town.organisation, stick=stick, user=user, since_ms=1, due_ms=2)
    Message.objects.create(
        id=f"m-{town.id}",
        organisation=town.organisation,
        ja=text[:500],
        sent_by=town.administrator,
        sent_ms=1,
        until_ms=2,
    )
    return town


def pages(town: Town) -> list[str]:
    """Return the addresses of the menu, and of each thing."""
    client = browser(town.administrator)
    found = [entry.view for section in MENU for entry in section.entries]
    things = [
        f"/console/directory/users/{User.objects.get(organisation=town.id).pk}",
        f"/console/directory/sticks/{Stick.objects.get(organisation=town.id).pk}",
        f"/console/lending/{Stick.objects.get(organisation=town.id).pk}/lend",
        f"/console/messages/m-{town.id}",
    ]
    addresses = [reverse(view) for view in found]
    return [one for one in (*addresses, *things) if client.get(one).status_code == 200]


def test_what_is_stored_is_shown_as_text(infested: Town) -> None:
    """No page of the menu and of things runs what stands in a row."""
    client = browser(infested.administrator)
    shown = pages(infested)
    assert len(shown) > 18
    for address in shown:
        page = client.get(address).content.decode()
        assert not [raw for raw in RAW if raw in page], address
        assert settings.SECRET_KEY not in page
    assert "{{ 7|add:42 }}{% debug %}" in client.get("/console/directory/users").content.decode()
    assert SCRIPT.replace("<", "&lt;").replace(">", "&gt;") in client.get("/console/directory/users").content.decode()


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_asked_is_text(infested: Town, text: str) -> None:
    """In the search, the sort, the filters and the headers: an answer below 500, without what was sent as markup."""
    client = browser(infested.administrator)
    for address in ("directory/users", "directory/sticks", "audit", "lending", "hours/", "rows"):
        for name in ("q", "sort", "department", "state", "page", "act", "month", "before"):
            answer = client.get(f"/console/{address}", {name: text}, headers={"User-Agent": text.replace("\r\n", "")})
            assert answer.status_code < 500
            assert "x" not in answer.cookies
            assert not [raw for raw in RAW if raw in answer.content.decode()]
    assert User.objects.filter(organisation=infested.id).exists()


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_typed_is_text(town: Town, text: str) -> None:
    """In the forms: refused in words, or kept and shown as it was typed; the sign-in too."""
    client = browser(town.administrator)
    user = town.add_user("tanaka", full_name="田中")
    fields = {"name": "tanaka", "full_name": text, "department": town.department}
    answer = client.post(f"/console/directory/users/{user.pk}/edit", fields)
    assert answer.status_code < 500
    assert not [raw for raw in RAW if raw in answer.content.decode()]
    refused = Client().post("/console/sign-in", {"login": text, "password": text}, REMOTE_ADDR=town.id)
    assert refused.status_code < 500
    assert not [raw for raw in RAW if raw in refused.content.decode()]
