"""F84: one account destroys everybody's PIN by one-time codes; beyond a few that takes a second person."""

import pytest
from django.test import Client

from hanare_server.api import tokens
from hanare_server.approvals.models import Loosening, Request
from hanare_server.audit.models import AuditRow
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission, Role
from hanare_server.directory.models import Department, User
from tests.server.accounts import account, browser
from tests.server.stories.test_four_eyes_bypass import press
from tests.server.town import Town

pytestmark = pytest.mark.story

KEY = "a-public-key"
FEW = 5


@pytest.fixture
def asker(town: Town) -> Administrator:
    """Give an administrator beside the town's first one, and FEW + 2 users who have a PIN."""
    for number in range(FEW + 2):
        town.add_user(f"user{number}", office_pc=False)
    User.objects.filter(organisation=town.id).update(user_key=KEY, envelope="sealed")
    return account(town.organisation, Role.ADMINISTRATOR)


def code(town: Town, client: Client, number: int) -> int:
    """Press the help desk's button for this user; return the status."""
    return client.post(f"/console/help/{town.user(f'user{number}').pk}/code", {"reason": "PINを忘れた"}).status_code


def test_the_user_beyond_the_few_keeps_the_pin(town: Town, asker: Administrator) -> None:
    """Five are done by one person; the sixth waits with the PIN whole, and goes once, when a second one agrees."""
    client = browser(asker)
    assert [code(town, client, number) for number in range(FEW)] == [200] * FEW
    assert code(town, client, 0) == 200  # the same user again destroys no other one's PIN
    assert [code(town, client, FEW), code(town, client, FEW)] == [302, 302]
    assert [town.user(f"user{number}").user_key for number in (0, FEW)] == ["", KEY]
    row = Request.objects.get(organisation=town.id, act=Loosening.ISSUE_CODE)
    assert (press(asker, row, "approve"), press(town.administrator, row, "approve")) == (403, 302)
    assert town.user(f"user{FEW}").user_key == KEY
    assert f"/{town.user(f'user{FEW}').pk}/code" in client.get(f"/console/approvals/{row.pk}").content.decode()
    assert code(town, browser(town.administrator), FEW + 1) == 200  # whoever approved has done none by that
    assert [code(town, client, FEW), town.user(f"user{FEW}").user_key] == [200, ""]
    row.refresh_from_db()
    assert row.state == Request.State.DONE
    assert code(town, client, FEW + 1) == 200  # it has no PIN any more


def test_a_program_waits_too(town: Town, asker: Administrator) -> None:
    """The API's token is its owner: 202 instead of the code, and the code once that was approved."""
    made = tokens.make(asker, "loop", [Permission.CODE_ISSUE], 1)
    client = Client(headers={"Authorization": f"Bearer {made.secret}"})
    users = [town.user(f"user{number}").pk for number in range(FEW + 1)]
    answers = [client.post(f"/api/v1/users/{user}/one-time-code", content_type="application/json") for user in users]
    assert [answer.status_code for answer in answers] == [200] * FEW + [202]
    assert (answers[-1].json(), town.user(f"user{FEW}").user_key) == ({"state": "waiting"}, KEY)
    row = Request.objects.get(organisation=town.id)
    assert press(town.administrator, row, "approve") == 302
    assert "code" in client.post(f"/api/v1/users/{users[-1]}/one-time-code", content_type="application/json").json()


def test_first_codes_are_as_many_as_there_are_people(town: Town, asker: Administrator) -> None:
    """Who has no PIN loses none: a morning of new employees takes one person, and counts for nothing."""
    User.objects.filter(organisation=town.id).update(user_key="", envelope="")
    client = browser(asker)
    assert {code(town, client, number) for number in range(FEW + 2)} == {200}
    assert not AuditRow.objects.filter(organisation=town.id, act="pin-reset").exists()


def test_a_contact_is_told_to_wait(town: Town, asker: Administrator) -> None:
    """Who may not read the page of requests is led back with a message; the request waits all the same."""
    assert asker.pk
    contact = account(town.organisation, Role.CONTACT, [Department.objects.get(pk=town.department)])
    client = browser(contact)
    for number in range(FEW):
        code(town, client, number)
    answer = client.post(f"/console/help/{town.user(f'user{FEW}').pk}/code", {"reason": "PINを忘れた"}, follow=True)
    assert (answer.status_code, "先に管理者の承認が必要です" in answer.content.decode()) == (200, True)
    assert Request.objects.get(organisation=town.id).requester_id == contact.pk
