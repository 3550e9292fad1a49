"""Console accounts: what grants more takes two people, what grants less works at once, and no role is given too far."""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management.base import CommandError
from django.test import Client
from playwright.sync_api import Browser

from hanare_server.administrators import accounts
from hanare_server.approvals.models import Request
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Role
from hanare_server.directory.models import Department
from tests.server.accounts import account, browser
from tests.server.browsing import LOOKED_AT_ONCE, Visitor
from tests.server.town import Town, command

PAGE = "/console/administrators"


@pytest.fixture
def asker(town: Town) -> Administrator:
    """Give an administrator beside the town's first one."""
    return account(town.organisation, Role.ADMINISTRATOR)


def values(town: Town, **changed: Any) -> dict[str, Any]:
    """Return a form's values."""
    name = f"sato-{town.id}"
    return {"name": name, "person": "1234", "mail": "", "role": "operator", "active": "on", **changed}


def edit(who: Administrator, row: Administrator, **changed: Any) -> int:
    """Save the form of an account with some values changed; return the status."""
    kept = {name: value for name, value in accounts.values_of(row).items() if name != "active"}
    return browser(who).post(f"{PAGE}/{row.pk}/edit", {**kept, "active": "on", **changed}).status_code


def approve(who: Administrator) -> int:
    """Press approve on the organisation's waiting request."""
    row = Request.objects.get(organisation=who.organisation, state="waiting")
    return browser(who).post(f"/console/approvals/{row.pk}/approve", {"hash": row.payload_hash}).status_code


def test_an_account_is_added_by_two(town: Town, asker: Administrator) -> None:
    """One asks, another one approves; then nobody can enter it before a first password, and only once."""
    assert browser(asker).post(f"{PAGE}/new", values(town)).status_code == 302
    assert not Administrator.objects.filter(name=f"sato-{town.id}").exists()
    assert (approve(asker), approve(town.administrator)) == (403, 302)
    made = Administrator.objects.get(name=f"sato-{town.id}")
    assert (made.role, made.has_usable_password()) == ("operator", False)
    page = browser(asker).post(f"{PAGE}/{made.pk}/first-password").content.decode()
    (password,) = re.findall(r"<code[^>]*>([A-Z2-9-]{24})<", page)
    made.refresh_from_db()
    assert made.check_password(password)
    assert [act for act in town.acts() if act in {"approval-asked", "approved", "added", "first-password-issued"}][
        -4:
    ] == [
        "approval-asked",
        "approved",
        "added",
        "first-password-issued",
    ]


def test_more_takes_two_and_less_takes_one(town: Town, asker: Administrator) -> None:
    """A viewer becomes an operator by two people; back again by one, and the sessions end with it."""
    row = account(town.organisation, Role.VIEWER)
    assert edit(asker, row, role="operator") == 302
    row.refresh_from_db()
    assert row.role == "viewer"
    assert approve(town.administrator) == 302
    row.refresh_from_db()
    assert row.role == "operator"
    client = browser(row)
    assert client.get("/console/").status_code == 200
    assert edit(asker, row, role="viewer") == 302
    assert client.get("/console/").status_code == 302
    assert Administrator.objects.get(pk=row.pk).role == "viewer"


def test_a_contact_gets_departments_by_two_and_loses_them_by_one(town: Town, asker: Administrator) -> None:
    """The row scope is part of what is granted; a contact without any department is no contact."""
    own = Department.objects.get(pk=town.department)
    other = Department.objects.create(id=f"{town.id}-tax", organisation=town.organisation, name="税務課")
    row = account(town.organisation, Role.CONTACT, [own])
    assert edit(asker, row, departments=[own.pk, other.pk]) == 302
    assert row.departments.count() == 1
    assert approve(town.administrator) == 302
    assert row.departments.count() == 2
    assert edit(asker, row, departments=[other.pk]) == 302
    assert list(row.departments.all()) == [other]
    assert edit(asker, row, departments=[]) == 422


def test_a_closed_account_is_out_at_once_and_comes_back_by_two(town: Town, asker: Administrator) -> None:
    """Closing takes one person; letting in again takes two, and starts without password and factors."""
    row = account(town.organisation, Role.OPERATOR)
    client = browser(row)
    assert browser(asker).post(f"{PAGE}/{row.pk}/close").status_code == 302
    assert client.get("/console/").status_code == 302
    row.refresh_from_db()
    assert edit(asker, row) == 302
    assert approve(town.administrator) == 302
    row.refresh_from_db()
    assert (row.is_active, row.has_usable_password()) == (True, False)
    assert not Authenticator.objects.filter(user=row).exists()


def test_nobody_changes_the_own_account_or_grants_the_provider(town: Town, asker: Administrator) -> None:
    """No self-promotion, no last administrator that closes itself, and no look into other offices."""
    for path in ("edit", "close", "reset", "first-password"):
        assert browser(asker).post(f"{PAGE}/{asker.pk}/{path}", values(town)).status_code == 403
    row = account(town.organisation, Role.VIEWER)
    assert edit(asker, row, role="provider") == 422
    assert browser(asker).post(f"{PAGE}/new", values(town, role="provider")).status_code == 422
    provider = account(town.organisation, Role.PROVIDER)
    for path in ("edit", "reset", "first-password"):
        assert browser(asker).post(f"{PAGE}/{provider.pk}/{path}", values(town)).status_code == 403
    assert browser(asker).post(f"{PAGE}/{provider.pk}/close").status_code == 302
    stranger = account(town.elsewhere().organisation, Role.VIEWER)
    assert browser(asker).post(f"{PAGE}/{stranger.pk}/close").status_code == 404


def test_a_name_that_is_taken_anywhere_is_refused(town: Town, asker: Administrator) -> None:
    """Names are unique over all offices, because one signs in before one's office is known."""
    taken = account(town.elsewhere().organisation, Role.VIEWER)
    assert browser(asker).post(f"{PAGE}/new", values(town, name=taken.name.upper())).status_code == 422
    assert browser(asker).post(f"{PAGE}/new", values(town, name="a\x07b")).status_code == 422


def test_a_first_password_that_is_too_old_opens_nothing(town: Town) -> None:
    """After three days, and for a session that was opened with it, the account is closed."""
    row = account(town.organisation, Role.VIEWER)
    client = browser(row)
    Administrator.objects.filter(pk=row.pk).update(first_password_until_ms=1)
    assert client.get("/console/").status_code == 302


def test_the_provider_chooses_an_office_and_its_log_tells(town: Town) -> None:
    """The command makes the account; it steps into another office, which sees that in its log."""
    password = command("provider_account", organisation=town.id, name=f"noc-{town.id}", person="n1")
    row = Administrator.objects.get(name=f"noc-{town.id}")
    assert row.check_password(password)
    with pytest.raises(CommandError):
        command("provider_account", organisation=town.id, name=f"admin-{town.id}")
    provider, other = account(town.organisation, Role.PROVIDER), town.elsewhere()
    client = browser(provider)
    assert other.organisation.name in client.get("/console/organisations").content.decode()
    assert client.post(f"/console/organisations/{other.id}/visit").status_code == 302
    page = client.get("/console/").content.decode()
    assert other.organisation.name in page
    assert other.acts() == ["provider-came"]
    assert client.post("/console/organisations/nowhere/visit").status_code == 404


@LOOKED_AT_ONCE
@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_pages_in_a_browser(town: Town, chrome: Browser, address: str, language: str) -> None:
    """Each page obeys the CSP, passes axe and fits the screen, in both languages."""
    viewer, provider = account(town.organisation, Role.ADMINISTRATOR), account(town.organisation, Role.PROVIDER)
    own = Department.objects.get(pk=town.department)
    contact = account(town.organisation, Role.CONTACT, [own])
    town.elsewhere()
    fresh = account(town.organisation, Role.OPERATOR)
    Authenticator.objects.filter(user=fresh).delete()
    browser(viewer).post(f"{PAGE}/new", values(town, role="contact", departments=[own.pk]))
    asked = Request.objects.get(organisation=town.id)
    visitor = Visitor(chrome, address, viewer, language)
    visitor.look(PAGE, "administrators")
    visitor.look(f"{PAGE}/new", "administrator-new")
    visitor.look(f"{PAGE}/{contact.pk}", "administrator")
    visitor.look(f"{PAGE}/{contact.pk}/edit", "administrator-edit")
    visitor.look(f"/console/approvals/{asked.pk}", "administrator-approval")
    visitor.look(f"{PAGE}/{fresh.pk}", "administrator-fresh")
    visitor.follow("form[action$='first-password'] button")
    visitor.judge("administrator-password")
    visitor.close()
    seer = Visitor(chrome, address, provider, language)
    seer.look("/console/organisations", "organisations")
    seer.follow("button[formaction$='-b/visit']")
    seer.judge("organisation-visited")
    seer.close()
    assert not visitor.faults + seer.faults, visitor.faults + seer.faults


def test_the_page_is_read_by_those_who_may(town: Town) -> None:
    """An auditor reads it without buttons; an operator does not read it at all."""
    page = browser(account(town.organisation, Role.AUDITOR)).get(f"{PAGE}/{town.administrator.pk}").content.decode()
    assert "/close" not in page
    assert browser(account(town.organisation, Role.OPERATOR)).get(PAGE).status_code == 403
    assert Client().get(PAGE).status_code == 302
