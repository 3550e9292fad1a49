"""F84: an administrator makes the others go and then loosens alone, or takes another one's account over."""

import pytest
from django.core import mail

from hanare_core.problems import Code
from hanare_server.approvals import requests, solitude
from hanare_server.approvals.models import Loosening, Request
from hanare_server.clock import now_ms
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Role
from tests.keyd.office import code_of
from tests.server.accounts import account, browser
from tests.server.stories.test_four_eyes_bypass import ask, lost, press
from tests.server.test_administrators import PAGE, edit
from tests.server.town import Town

pytestmark = pytest.mark.story


@pytest.fixture
def asker(town: Town) -> Administrator:
    """Give an administrator beside the town's first one."""
    return account(town.organisation, Role.ADMINISTRATOR)


def known_by_mail(who: Administrator) -> str:
    """Give the account a mail address, and return it."""
    address = f"{who.name}@example.jp"
    Administrator.objects.filter(pk=who.pk).update(mail=address)
    return address


def carry_out_alone(who: Administrator, row: Request) -> int:
    """Confirm by second factor, let ten minutes pass, and carry it out; return the status."""
    assert code_of(lambda: requests.confirm_alone(who, row.pk, now_ms())) in (None, Code.NOT_PERMITTED)
    # Even if it was refused: nothing but the look at the end of the ten minutes stands in the way then.
    Request.objects.filter(pk=row.pk).update(confirmed_ms=now_ms() - requests.WAIT_MS)
    return press(who, row, "carry-out")


@pytest.mark.parametrize("how", ["close", "demote", "by the own second account"])
def test_who_has_made_the_others_go_is_not_alone(
    town: Town, asker: Administrator, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a week after closing or demoting the other one nothing is loosened alone; then the office goes on."""
    doer = account(town.organisation, Role.ADMINISTRATOR) if how.startswith("by") else asker
    Administrator.objects.filter(pk=doer.pk).update(person=asker.person)
    if how == "demote":
        Administrator.objects.filter(pk=town.administrator.pk).update(person="1234")
        assert edit(doer, town.administrator, role="viewer") == 302
        assert town.administrator.role == Role.VIEWER
    else:
        assert browser(doer).post(f"{PAGE}/{town.administrator.pk}/close").status_code == 302
    stick = lost(town)
    row = ask(asker, stick)
    assert carry_out_alone(asker, row) == 403
    page = browser(asker).get(f"/console/approvals/{row.pk}").content.decode()
    assert ("封印コード" in page, town.row(stick).state) == (True, "suspended")
    monkeypatch.setattr(solitude, "WAIT_MS", 0)
    assert carry_out_alone(asker, row) == 302


def test_closing_somebody_who_approves_nothing_changes_nothing(town: Town) -> None:
    """The only administrator closes an operator who has left, and goes on alone, by second factor and mail."""
    operator = account(town.organisation, Role.OPERATOR)
    assert browser(town.administrator).post(f"{PAGE}/{operator.pk}/close").status_code == 302
    assert carry_out_alone(town.administrator, ask(town.administrator, lost(town))) == 302


def test_the_auditors_are_told_at_the_address_they_had(town: Town) -> None:
    """Another address takes two; who was an auditor until just now is told as well, when it is asked and confirmed."""
    only, demoted, closed = town.administrator, *(account(town.organisation, Role.AUDITOR) for _ in range(2))
    addresses = sorted([known_by_mail(demoted), known_by_mail(closed)])
    demoted.refresh_from_db()
    assert edit(only, demoted, mail="mine@example.jp") == 302
    asked = Request.objects.get(organisation=town.id, act=Loosening.CHANGE_ADMINISTRATOR)
    assert {address for sent in mail.outbox for address in sent.to} == set(addresses)
    assert press(only, asked, "refuse") == 302
    assert edit(only, demoted, role="viewer") == 302
    assert browser(only).post(f"{PAGE}/{closed.pk}/close").status_code == 302
    mail.outbox.clear()
    row = ask(only, lost(town))
    assert sorted(sent.to[0] for sent in mail.outbox) == addresses
    requests.confirm_alone(only, row.pk, now_ms())
    assert sorted(sent.to[0] for sent in mail.outbox) == sorted(2 * addresses)


def test_whom_a_reset_is_about_hears_of_it_and_refuses(town: Town, asker: Administrator) -> None:
    """Of two administrators the other one does not approve the reset of the own account, but says no to it."""
    address = known_by_mail(town.administrator)
    assert browser(asker).post(f"{PAGE}/{town.administrator.pk}/reset", {"reason": "電話をなくした"}).status_code == 302
    row = Request.objects.get(organisation=town.id)
    assert [sent.to for sent in mail.outbox] == [[address]]
    assert "/refuse" in browser(town.administrator).get(f"/console/approvals/{row.pk}").content.decode()
    assert press(account(town.organisation, Role.AUDITOR), row, "refuse") == 403
    assert (press(town.administrator, row, "approve"), press(town.administrator, row, "refuse")) == (403, 302)
    assert code_of(lambda: requests.confirm_alone(asker, row.pk, now_ms())) is Code.CONFLICT
