"""F84: who issues the first password of an account could enter it, and be both persons of an approval."""

import re

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail

from hanare_core import totp
from hanare_server.administrators import accounts
from hanare_server.approvals import introduction, people
from hanare_server.approvals.models import Request
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Role
from tests.server.accounts import account, browser
from tests.server.stories.test_four_eyes_bypass import ask, lost, press
from tests.server.test_administrators import PAGE
from tests.server.town import Town

pytestmark = pytest.mark.story


def entered_by(issuer: Administrator, town: Town, number: str = "7777") -> Administrator:
    """Return a new administrator's account whose first password the issuer has read, with a factor enrolled in it."""
    made = Administrator(
        id=f"adm-{town.id}-{number}",
        organisation=town.organisation,
        name=f"second-{number}-{town.id}",
        person=number,
        mail="second@example.jp",
        role=Role.ADMINISTRATOR,
    )
    made.set_unusable_password()
    made.save()
    page = browser(issuer).post(f"{PAGE}/{made.pk}/first-password").content.decode()
    assert re.search(r"<code[^>]*>[A-Z2-9-]{24}<", page)
    made.refresh_from_db()
    accounts_of_its_own(made)
    return made


def accounts_of_its_own(made: Administrator) -> None:
    """Choose a password and enrol a factor, as whoever holds the first password does."""
    made.set_password("another horse battery")
    made.first_password_until_ms = None
    made.save()
    TOTP.activate(made, totp.new_secret())


def test_the_two_do_not_decide_for_each_other_for_a_week(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither way round; another administrator can, and after the week they are two people like others."""
    first, third = town.administrator, account(town.organisation, Role.ADMINISTRATOR)
    second = entered_by(first, town)
    by_first, by_second = ask(first, lost(town)), ask(second, lost(town))
    assert (press(second, by_first, "approve"), press(first, by_second, "approve")) == (403, 403)
    page = browser(second).get(f"/console/approvals/{by_first.pk}", headers={"Accept-Language": "en"}).content.decode()
    assert "first password within the last seven days" in page
    assert press(third, by_first, "approve") == 302
    monkeypatch.setattr(introduction, "WAIT_MS", 0)
    assert press(first, by_second, "approve") == 302


def test_an_own_second_account_issues_for_both(town: Town) -> None:
    """The natural person counts: handed out by one of the issuer's accounts is handed out by the issuer."""
    first = town.administrator
    also_first = account(town.organisation, Role.ADMINISTRATOR)
    Administrator.objects.filter(pk=also_first.pk).update(person=first.person)
    second = entered_by(also_first, town)
    assert press(second, ask(first, lost(town)), "approve") == 403


def test_an_office_of_these_two_goes_on_by_the_long_way(town: Town) -> None:
    """As with a single administrator: ten minutes and mail; a third administrator would end that."""
    first = town.administrator
    second = entered_by(first, town)
    assert (people.is_alone(first), people.is_alone(second)) == (True, True)
    account(town.organisation, Role.ADMINISTRATOR)
    assert (people.is_alone(first), people.is_alone(second)) == (False, False)


def test_the_owner_and_the_auditors_hear_of_a_first_password(town: Town) -> None:
    """Whoever waits for it in vain knows that somebody else may have used it."""
    auditor = account(town.organisation, Role.AUDITOR)
    Administrator.objects.filter(pk=auditor.pk).update(mail="auditor@example.jp")
    entered_by(town.administrator, town)
    assert sorted(sent.to[0] for sent in mail.outbox) == ["auditor@example.jp", "second@example.jp"]


def test_an_account_without_a_staff_number_is_no_second_person(town: Town) -> None:
    """Nobody can tell whose it is, until its owner says it, once; then another one takes two people."""
    first, nameless = town.administrator, account(town.organisation, Role.ADMINISTRATOR)
    Administrator.objects.filter(pk=nameless.pk).update(person="")
    nameless.refresh_from_db()
    row = ask(first, lost(town))
    assert press(nameless, row, "approve") == 403
    client = browser(nameless)
    assert (
        "staff number" in client.get(f"/console/approvals/{row.pk}", headers={"Accept-Language": "en"}).content.decode()
    )
    path = "/console/account/complete"
    assert path in client.get("/console/account").content.decode()
    assert client.post(path, {"person": "", "mail": ""}).status_code == 422
    assert client.post(path, {"person": " ２０２６ ", "mail": "me@example.jp", "role": "provider"}).status_code == 302
    nameless.refresh_from_db()
    assert (nameless.person, nameless.mail, nameless.role) == ("2026", "me@example.jp", Role.ADMINISTRATOR)
    assert client.post(path, {"person": "1"}).status_code == 404
    assert press(nameless, row, "approve") == 302
    assert not Request.objects.filter(organisation=town.id, state="waiting").exists()
    assert accounts.loosens(nameless, {**accounts.values_of(nameless), "person": "1"})
