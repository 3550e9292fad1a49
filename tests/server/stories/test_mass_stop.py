"""F102: a malicious administrator stops everybody: it works at once, and lapses in an hour unless a second agrees."""

import pytest
from django.core import mail

from hanare_server.access import mass_stop, suspend
from hanare_server.access.standing import Kind
from hanare_server.approvals.models import MassStop
from hanare_server.audit.log import COMMAND, Actor, ActorKind
from hanare_server.audit.models import AuditRow
from hanare_server.clock import now_ms
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Role
from hanare_server.directory.models import Department, Organisation, User
from hanare_server.lending import loans
from tests.server.accounts import account, browser, just_proven
from tests.server.town import Town

pytestmark = pytest.mark.story

PEOPLE = 7


@pytest.fixture
def malicious(town: Town) -> Administrator:
    """Give an administrator of a town with PEOPLE users."""
    for number in range(PEOPLE):
        town.add_user(f"user{number}", office_pc=False)
    return account(town.organisation, Role.ADMINISTRATOR)


def stop_all(town: Town, who: Administrator) -> MassStop:
    """Stop every user by the list's button."""
    ticked = {"all": "1", "query": "", "act": "suspend", "confirmed": "1"}
    assert browser(who).post("/console/directory/users/bulk", ticked).status_code == 302
    return MassStop.objects.get(organisation=town.id)


def an_hour_later(town: Town) -> int:
    """Let the hour be over, and the worker look."""
    MassStop.objects.filter(organisation=town.id).update(lapses_ms=now_ms())
    return mass_stop.round_of(town.organisation)


def suspended(town: Town) -> int:
    """Return how many users are suspended."""
    return User.objects.filter(organisation=town.id, state=User.State.SUSPENDED).count()


def test_everybody_is_stopped_at_once_and_works_again_in_an_hour(town: Town, malicious: Administrator) -> None:
    """It holds at once, stands in the menu and the log, and lapses; the system resumes, once, in the log's words."""
    stop_all(town, malicious)
    assert suspended(town) == PEOPLE
    assert mass_stop.round_of(town.organisation) == 0
    assert "mass-stopped" in town.acts()
    assert "menu-count" in browser(town.administrator).get("/console/").content.decode()
    assert (an_hour_later(town), an_hour_later(town)) == (1, 0)
    assert suspended(town) == 0
    assert town.acts()[-PEOPLE - 1 :] == ["stop-lapsed", *["resumed"] * PEOPLE]


def test_a_second_administrator_lets_it_stand(town: Town, malicious: Administrator) -> None:
    """The one who stopped cannot confirm, nor an operator; a second one can, and then nothing lapses."""
    row = stop_all(town, malicious)
    path = f"/console/approvals/stop/{row.pk}"
    for who, status in (
        (malicious, 403),
        (account(town.organisation, Role.OPERATOR), 403),
        (account(town.elsewhere().organisation, Role.ADMINISTRATOR), 404),
        (town.administrator, 302),
    ):
        assert browser(who).post(f"{path}/confirm").status_code == status
    assert an_hour_later(town) == 0
    assert suspended(town) == PEOPLE
    assert browser(town.administrator).post(f"{path}/confirm").status_code == 409


def test_stopping_one_by_one_is_stopping_many(town: Town, malicious: Administrator) -> None:
    """A loop over single stops counts together; the fifth stands alone, the sixth makes it a stop of many."""
    client = browser(malicious)
    for number in range(PEOPLE):
        assert not MassStop.objects.filter(organisation=town.id).exists() or number >= 6
        client.post(f"/console/api/users/{town.user(f'user{number}').pk}/suspend")
    assert len(MassStop.objects.get(organisation=town.id).identifiers) == 6
    assert an_hour_later(town) == 1
    assert suspended(town) == PEOPLE - 6


@pytest.mark.parametrize("things", ["departments", "organisations"])
def test_a_department_and_the_organisation_lapse_too(town: Town, malicious: Administrator, things: str) -> None:
    """Stopping the whole is stopping those in it; resuming it earlier takes two."""
    client, identifier = browser(malicious), town.department if things == "departments" else town.id
    just_proven(client, malicious)
    client.post(f"/console/api/{things}/{identifier}/suspend")
    program = {"Accept": "application/json"}
    assert client.post(f"/console/api/{things}/{identifier}/resume", headers=program).status_code == 202
    assert an_hour_later(town) == 1
    assert not Department.objects.get(pk=town.department).suspended
    assert town.organisation.state == Organisation.State.ON


def test_a_lapse_resumes_no_lost_stick(town: Town, malicious: Administrator) -> None:
    """What is lost meanwhile, or was suspended again since by somebody, stays suspended."""
    sticks = [town.add_stick(f"総務{number}") for number in range(6)]
    ticked = {"all": "1", "query": "", "act": "suspend", "confirmed": "1"}
    browser(malicious).post("/console/directory/sticks/bulk", ticked)
    loans.report_lost(town.id, COMMAND, town.row(sticks[0]))
    assert an_hour_later(town) == 1
    assert [town.row(stick).state for stick in sticks[:2]] == ["suspended", "active"]


def test_few_are_no_stop_of_many(town: Town, malicious: Administrator) -> None:
    """Five of seven stand by one person's word."""
    ticked = {"row": [town.user(f"user{number}").pk for number in range(5)], "act": "suspend", "confirmed": "1"}
    browser(malicious).post("/console/directory/users/bulk", ticked)
    assert suspended(town) == 5
    assert not MassStop.objects.filter(organisation=town.id).exists()


def test_the_worker_notes_what_a_killed_process_had_stopped(town: Town, malicious: Administrator) -> None:
    """A stop of many whose process died after it is noted by the worker's next round, once, as stopped when it was."""
    actor = Actor(ActorKind.ADMINISTRATOR, malicious.pk)
    for number in range(PEOPLE):
        suspend.stop(town.id, actor, Kind.USER, town.user(f"user{number}").pk)  # the act alone
    before = now_ms()
    assert not MassStop.objects.filter(organisation=town.id).exists()
    assert [mass_stop.round_of(town.organisation) for _ in range(2)] == [0, 0]
    noted = MassStop.objects.get(organisation=town.id)
    assert len(noted.identifiers) == PEOPLE
    assert noted.stopped_ms <= before
    assert an_hour_later(town) == 1
    assert suspended(town) == 0


def test_the_only_administrator_lets_it_stand_by_second_factor(town: Town) -> None:
    """Shown since the stop, not before it; the auditor hears of it, and resuming then takes the long way."""
    for number in range(PEOPLE):
        town.add_user(f"user{number}", office_pc=False)
    auditor = account(town.organisation, Role.AUDITOR)
    Administrator.objects.filter(pk=auditor.pk).update(mail="auditor@example.jp")
    only = town.administrator
    client = browser(only)
    just_proven(client, only)
    row = stop_all(town, only)
    path = f"/console/approvals/stop/{row.pk}/confirm-alone"
    assert client.post(path).headers["Location"].startswith("/console/account/again/factor?next=")
    just_proven(client, only)
    assert "confirm-alone" in client.get(f"/console/approvals/stop/{row.pk}").content.decode()
    assert client.get(path).status_code == 302
    assert (an_hour_later(town), suspended(town)) == (0, PEOPLE)
    assert [sent.to for sent in mail.outbox] == [["auditor@example.jp"]]
    assert town.acts()[-1] == "stop-confirmed"
    program = {"Accept": "application/json"}
    answer = client.post(f"/console/api/users/{town.user('user0').pk}/resume", headers=program)
    assert answer.status_code == 202


def test_with_a_second_administrator_nobody_confirms_the_own_stop(town: Town, malicious: Administrator) -> None:
    """The second factor of who stopped is no second person."""
    row = stop_all(town, malicious)
    client = browser(malicious)
    just_proven(client, malicious)
    assert client.post(f"/console/approvals/stop/{row.pk}/confirm-alone").status_code == 403
    assert an_hour_later(town) == 1


def test_everything_is_stopped_in_three_clicks(town: Town, malicious: Administrator) -> None:
    """From the start page: the second factor, the reason, stopped; no reason and an old proof stop nothing."""
    client, path = browser(malicious), "/console/organisation/stop"
    assert path in client.get("/console/").content.decode()
    assert client.post(f"/console/api/organisations/{town.id}/suspend").status_code == 401
    assert client.get(path).headers["Location"].startswith("/console/account/again/factor?next=")
    just_proven(client, malicious)
    assert client.get(path).status_code == 200
    assert client.post(path, {"reason": " "}).status_code == 422
    assert town.organisation.state == Organisation.State.ON
    assert client.post(path, {"reason": "侵入の疑い"}).status_code == 302
    assert town.organisation.state == Organisation.State.OFF
    stopped = AuditRow.objects.get(organisation=town.id, act="suspended")
    assert stopped.detail == {"why": "侵入の疑い"}
    start = browser(town.administrator).get("/console/", headers={"Accept-Language": "en"}).content.decode()
    assert "Stops of many that lapse" in start
    page = client.get("/console/organisation", headers={"Accept-Language": "en"}).content.decode()
    assert "Suspended" in page
    contact = account(town.organisation, Role.CONTACT, [Department.objects.get(pk=town.department)])
    assert browser(contact).get(path).status_code == 404
