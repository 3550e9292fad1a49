"""F84: one person tries to loosen alone: approving the own request, by a second account, changing it afterwards."""

import json
import time
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from hanare_core.problems import Code, Problem
from hanare_server.access import mass_stop, standing, suspend
from hanare_server.approvals import requests
from hanare_server.approvals.models import Loosening, Request
from hanare_server.audit.log import COMMAND
from hanare_server.clock import now_ms
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Role
from hanare_server.directory.models import Stick
from hanare_server.lending import loans
from hanare_server.lending.models import LostStick
from tests.server.accounts import account, browser, fresh_code, sign_in
from tests.server.town import Town
from tests.server.worker_at_home import AtHome

pytestmark = pytest.mark.story


@pytest.fixture
def asker(town: Town) -> Administrator:
    """Give an administrator beside the town's first one."""
    return account(town.organisation, Role.ADMINISTRATOR)


def lost(town: Town) -> AtHome:
    """Return a stick that was reported lost."""
    stick = town.add_stick()
    loans.report_lost(town.id, COMMAND, town.row(stick))
    return stick


def ask(who: Administrator, stick: AtHome) -> Request:
    """Press the resume button of the stick, and return the request that it became."""
    answer = browser(who).post(f"/console/api/sticks/{stick.stick}/resume", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    return Request.objects.get(pk=answer.json()["request"])


def press(who: Administrator, row: Request, button: str, **more: str) -> int:
    """Press a button of the request's page; return the answer's status."""
    form = {"hash": row.payload_hash, **more}
    return browser(who).post(f"/console/approvals/{row.pk}/{button}", form).status_code


def test_a_lost_stick_works_again_when_two_people_say_so(town: Town, asker: Administrator) -> None:
    """The button only asks; the other administrator reads what would change, and approves; the log has both."""
    stick = lost(town)
    row = ask(asker, stick)
    assert town.row(stick).state == "suspended"
    assert str(town.row(stick)) in browser(town.administrator).get(f"/console/approvals/{row.pk}").content.decode()
    assert press(town.administrator, row, "approve") == 302
    assert town.row(stick).state == "active"
    assert not LostStick.objects.filter(stick=stick.stick, found_ms=None).exists()
    assert [act for act in town.acts() if act in {"approval-asked", "approved", "resumed"}] == [
        "approval-asked",
        "approved",
        "resumed",
    ]


def test_nobody_approves_the_own_request(town: Town, asker: Administrator) -> None:
    """Neither the account itself, nor another account of the same person, nor one without the permission."""
    stick = lost(town)
    row = ask(asker, stick)
    twin = account(town.organisation, Role.ADMINISTRATOR)
    Administrator.objects.filter(pk=twin.pk).update(person=asker.person)
    stranger = account(town.elsewhere().organisation, Role.ADMINISTRATOR)
    operator, auditor = account(town.organisation, Role.OPERATOR), account(town.organisation, Role.AUDITOR)
    for who, status in ((asker, 403), (twin, 403), (operator, 403), (auditor, 403), (stranger, 404)):
        assert press(who, row, "approve") == status
    assert press(asker, row, "confirm") == 302
    assert press(asker, row, "carry-out") == 403
    assert town.row(stick).state == "suspended"


def test_what_the_sealed_code_opens_is_no_second_person(town: Town, asker: Administrator) -> None:
    """An account without a second factor approves nothing."""
    sealed = Administrator.objects.create(
        id=f"adm-{town.id}", organisation=town.organisation, name=f"sealed-code-{town.id}", role=Role.ADMINISTRATOR
    )
    row = ask(asker, lost(town))
    with pytest.raises(Problem) as refused:
        requests.approve(sealed, row.pk, row.payload_hash)
    assert refused.value.code is Code.NOT_PERMITTED


def test_a_request_that_was_changed_is_void(town: Town, asker: Administrator) -> None:
    """Who edits the row after it was read, or even its hash with it, gets nothing carried out."""
    stick, other = lost(town), lost(town)
    row = ask(asker, stick)
    payload = row.payload.replace(stick.stick, other.stick)
    Request.objects.filter(pk=row.pk).update(payload=payload)
    assert press(town.administrator, row, "approve") == 409
    Request.objects.filter(pk=row.pk).update(payload_hash=requests.loosening.hash_of(payload))
    assert press(town.administrator, row, "approve") == 409
    assert {town.row(stick).state, town.row(other).state} == {"suspended"}


def test_a_target_that_changed_meanwhile_is_a_conflict(town: Town, asker: Administrator) -> None:
    """The approval holds for the stick as it stood: another generation since makes the request void."""
    stick = lost(town)
    row = ask(asker, stick)
    Stick.objects.filter(pk=stick.stick).update(generation=77)
    assert press(town.administrator, row, "approve") == 409
    assert town.row(stick).state == "suspended"


def test_an_old_request_is_void(town: Town, asker: Administrator) -> None:
    """After an hour nobody can approve it, and the worker closes it with an audit row."""
    stick = lost(town)
    row = ask(asker, stick)
    Request.objects.filter(pk=row.pk).update(expires_ms=now_ms())
    assert press(town.administrator, row, "approve") == 409
    assert (requests.round_of(town.organisation), requests.round_of(town.organisation)) == (1, 0)
    row.refresh_from_db()
    assert (row.state, town.acts()[-1], town.row(stick).state) == ("expired", "approval-expired", "suspended")


def test_of_two_requests_only_the_first_is_carried_out(town: Town, asker: Administrator) -> None:
    """Two requests for one stick, and two approvals of one request: the second finds a conflict."""
    stick = lost(town)
    rows = [ask(who, stick) for who in (asker, account(town.organisation, Role.ADMINISTRATOR))]
    assert ask(asker, stick).pk == rows[0].pk
    assert [press(town.administrator, row, "approve") for row in (*rows, rows[0])] == [302, 409, 409]
    assert town.acts().count("resumed") == 1


def test_a_refused_request_stays_refused(town: Town, asker: Administrator) -> None:
    """Refusing ends it, and the requester may take the own one back; an operator does not decide of others'."""
    row = ask(asker, lost(town))
    assert press(account(town.organisation, Role.OPERATOR), row, "refuse") == 403
    assert [press(asker, row, "refuse"), press(town.administrator, row, "approve")] == [302, 409]


def test_a_quarantine_is_not_forgotten_by_suspending(town: Town, asker: Administrator) -> None:
    """A quarantined stick that was suspended since still takes two people to resume."""
    stick = town.add_stick()
    Stick.objects.filter(pk=stick.stick).update(state="quarantined", stale_shown=1)
    suspend.suspend(town.id, COMMAND, standing.Kind.STICK, stick.stick)
    row = ask(asker, stick)
    assert press(town.administrator, row, "approve") == 302
    assert (town.row(stick).state, town.row(stick).stale_shown) == ("active", None)


def test_the_original_is_confirmed_by_two(town: Town, asker: Administrator) -> None:
    """Who says which generation is the original's only asks; a number that nobody showed is refused."""
    stick = town.add_stick()
    Stick.objects.filter(pk=stick.stick).update(state="quarantined", generation=5, stale_shown=4)
    path = f"/console/approvals/original/{stick.stick}"
    assert browser(asker).get(path).status_code == 200
    assert browser(asker).post(path, {"generation": "9"}).status_code == 400
    assert browser(asker).post(path, {"generation": "4"}).status_code == 302
    row = Request.objects.get(organisation=town.id)
    assert press(town.administrator, row, "approve") == 302
    assert (town.row(stick).state, town.row(stick).generation) == ("active", 4)


def test_settings_loosen_by_two_and_tighten_by_one(town: Town, asker: Administrator) -> None:
    """Wider hours wait and the profile stays; a second change meanwhile voids the request; stricter ones hold."""
    town.add_user("tanaka", office_pc=False)
    assert save(town, asker, until_minute="17:00") == "profiles"
    assert town.profile.settings == {"until_minute": 1020}
    assert save(town, asker, until_minute="22:00") == "approvals"
    assert town.profile.settings == {"until_minute": 1020}
    first = Request.objects.get(organisation=town.id)
    assert "22:00" in browser(town.administrator).get(f"/console/approvals/{first.pk}").content.decode()
    assert save(town, asker, until_minute="16:00") == "profiles"
    assert press(town.administrator, first, "approve") == 409
    assert save(town, asker, until_minute="18:00") == "approvals"
    second = Request.objects.exclude(pk=first.pk).get(organisation=town.id)
    assert press(town.administrator, second, "approve") == 302
    assert town.profile.settings == {"until_minute": 1080}


def test_an_older_looser_version_is_put_back_by_two(town: Town, asker: Administrator) -> None:
    """Putting back is a change like any other."""
    town.add_user("tanaka", office_pc=False)
    save(town, asker, until_minute="17:00")
    save(town, asker, until_minute="16:00")
    profile = town.profile
    path = f"/console/settings/{profile.pk}/put-back/{profile.version - 1}"
    answer = browser(asker).post(path, {"version": str(profile.version)})
    assert "/console/approvals/" in answer.headers["Location"]
    assert town.profile.settings == {"until_minute": 960}


def save(town: Town, who: Administrator, **fields: str) -> str:
    """Save the organisation's profile by its form; return whose page the answer leads to."""
    profile = town.profile
    form = {"version": str(profile.version), "name": profile.name, "act": "save", "reason": "残業", **fields}
    answer = browser(who).post(f"/console/settings/{profile.pk}/edit", form)
    assert answer.status_code == 302
    return "approvals" if "/approvals/" in answer.headers["Location"] else "profiles"


def test_the_log_leaves_the_house_by_two(town: Town) -> None:
    """An auditor asks, an administrator approves, and the auditor alone fetches it, once."""
    auditor = account(town.organisation, Role.AUDITOR)
    assert browser(auditor).post("/console/audit/export", {"reason": "監査"}).status_code == 302
    row = Request.objects.get(organisation=town.id)
    path = f"/console/audit/export/{row.pk}"
    assert browser(auditor).post(path).status_code == 409
    assert press(town.administrator, row, "approve") == 302
    assert browser(town.administrator).post(path).status_code == 403
    answer: Any = browser(auditor).post(path)
    assert json.loads(b"".join(answer).splitlines()[-1])["end"] == town.id
    assert browser(auditor).post(path).status_code == 409


def test_many_are_resumed_by_two(town: Town, asker: Administrator) -> None:
    """Six of six users at once wait for a second person; five do not."""
    users = [town.add_user(f"user{number}", office_pc=False) for number in range(6)]
    suspend.suspend_many(town.id, COMMAND, standing.Kind.USER, [user.pk for user in users])
    ticked = {"row": [user.pk for user in users], "act": "resume", "confirmed": "1", "reason": "誤って停止"}
    browser(asker).post("/console/directory/users/bulk", ticked)
    row = Request.objects.get(organisation=town.id)
    assert town.user("user0").state == "suspended"
    assert press(town.administrator, row, "approve") == 302
    assert town.user("user5").state == "active"
    suspend.suspend_many(town.id, COMMAND, standing.Kind.USER, [user.pk for user in users])
    browser(asker).post("/console/directory/users/bulk", {**ticked, "row": ticked["row"][:5]})
    assert [town.user(f"user{number}").state for number in (4, 5)] == ["active", "suspended"]


def test_the_only_administrator_waits_and_is_told_of(town: Town) -> None:
    """The second factor again, ten minutes, and the auditor has mail; nothing of it can be left out."""
    auditor = account(town.organisation, Role.AUDITOR)
    Administrator.objects.filter(pk=auditor.pk).update(mail="auditor@example.jp")
    stick, only = lost(town), town.administrator
    client = Client()
    sign_in(client, town)
    row = ask(only, stick)
    assert [sent.to for sent in mail.outbox] == [["auditor@example.jp"]]
    assert press(only, row, "approve") == 403
    path = f"/console/approvals/{row.pk}"
    # What was shown at the sign-in was shown before the request.
    to_the_factor = client.post(f"{path}/confirm").headers["Location"]
    assert to_the_factor.startswith("/console/account/again/factor?next=")
    answer = client.post(to_the_factor, {"code": fresh_code(step=1)})
    assert answer.status_code == 200
    prove(client)
    assert client.get(f"{path}/confirm").status_code == 302
    row.refresh_from_db()
    assert row.confirmed_ms is not None
    form = {"hash": row.payload_hash}
    assert client.post(f"{path}/carry-out", form).status_code == 403
    Request.objects.filter(pk=row.pk).update(confirmed_ms=row.confirmed_ms - requests.WAIT_MS)
    assert client.post(f"{path}/carry-out", form).status_code == 302
    assert town.row(stick).state == "active"
    assert mass_stop.round_of(town.organisation) == 0


def prove(client: Client) -> None:
    """Have the web session say that the second factor was shown just now, as allauth writes it down.

    The code itself can be used once a step, and the sign-in has used this one.
    """
    session = client.session
    shown = {"method": "mfa", "type": "totp", "at": time.time(), "reauthenticated": True}
    session["account_authentication_methods"] = [*session["account_authentication_methods"], shown]
    session.save()


def test_a_role_that_was_lost_meanwhile_asks_for_nothing(town: Town, asker: Administrator) -> None:
    """A request of somebody who may no longer do it is void."""
    row = ask(asker, lost(town))
    Administrator.objects.filter(pk=asker.pk).update(role=Role.VIEWER)
    assert press(town.administrator, row, "approve") == 409
    with pytest.raises(Problem):
        requests.ask(Administrator.objects.get(pk=asker.pk), Loosening.EXPORT_AUDIT, {})
