"""F10: a leaver, a deleted user, a permission that has ended: refused at once, and a live session is cut."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from hanare_core.problems import Code, Problem
from hanare_server import keyd_client
from hanare_server.access import suspend, upkeep
from hanare_server.access.act import act
from hanare_server.access.standing import Kind
from hanare_server.approvals.models import Request
from hanare_server.audit.log import COMMAND
from hanare_server.audit.models import AuditRow
from hanare_server.clock import now_ms
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Role
from hanare_server.directory.models import Loan, User
from hanare_server.lending import leaving, loans, reservations
from hanare_server.lending.days import today_of
from tests.keyd.office import code_of
from tests.server.accounts import account, browser
from tests.server.stories.test_four_eyes_bypass import press as decide
from tests.server.town import Town


def test_a_leaver_is_cut_and_refused(town: Town) -> None:
    """The session's packets stop in the same act that takes the user out, and the name is unknown from then on."""
    stick = town.ready()
    answer = stick.sign_in("tanaka")
    (gateway,) = town.gateways.values()
    assert answer.paths[0].lease in gateway.present
    leaving.leave(town.id, COMMAND, [town.user("tanaka").pk])
    assert town.session(answer.session).reason == Code.NOT_PERMITTED
    town.wait_gone(answer.paths[0].lease)
    assert code_of(lambda: stick.sign_in("tanaka")) is Code.SIGN_IN_FAILED


def test_an_ended_permission_cuts_and_refuses(town: Town) -> None:
    """When the permission ends the worker ends the session with that reason, and the next sign-in hears it too."""
    stick = town.ready()
    answer = stick.sign_in("tanaka")
    User.objects.filter(organisation=town.id).update(permitted_until_ms=now_ms() - 1)
    upkeep.round_of(town.organisation)
    assert town.session(answer.session).reason == Code.PERMISSION_EXPIRED
    town.wait_gone(answer.paths[0].lease)
    assert code_of(lambda: stick.sign_in("tanaka")) is Code.PERMISSION_EXPIRED


@pytest.mark.parametrize("left_ms", [1, 60_000])
def test_a_session_never_outlives_the_permission(town: Town, left_ms: int) -> None:
    """A session that begins just before the permission's end has its hard end there."""
    stick = town.ready()
    until = now_ms() + 20_000 + left_ms
    User.objects.filter(organisation=town.id).update(permitted_until_ms=until)
    assert stick.sign_in("tanaka").ends_ms == until


PEOPLE = 7


@pytest.fixture
def staff(town: Town) -> list[str]:
    """Give an office of PEOPLE users."""
    return [town.add_user(f"user{number}", office_pc=False).pk for number in range(PEOPLE)]


def press(who: Administrator, keys: list[str], act: str, **more: str) -> int:
    """Press the list's button for these users and confirm it; return the status."""
    form = {"row": keys, "act": act, "confirmed": "1", "reason": "3月末で退職", **more}
    return browser(who).post("/console/directory/users/bulk", form).status_code


def states(town: Town) -> list[str]:
    """Return how the users stand, by name."""
    return list(User.objects.filter(organisation=town.id).order_by("name").values_list("state", flat=True))


def test_on_the_users_page_one_leaves_and_comes_back(town: Town) -> None:
    """With a reason; the stick that is still out is due, reservations are free, history stays; back without a PIN."""
    stick = town.ready()
    user, operator = town.user("tanaka"), account(town.organisation, Role.OPERATOR)
    today = today_of(town.organisation)
    with act(town.id, COMMAND) as opened:
        loans.lend(opened, town.row(stick), user, today + timedelta(days=3))
        reservations.reserve(opened, town.row(stick), user, today + timedelta(days=9), today + timedelta(days=10))
    page = browser(operator).get(f"/console/directory/users/{user.pk}").content.decode()
    assert 'value="leave"' in page
    asked = browser(operator).post("/console/directory/users/bulk", {"row": user.pk, "act": "leave"}).content.decode()
    assert (str(user) in asked, town.user("tanaka").state) == (True, "active")
    assert press(operator, [user.pk], "leave", reason=" ") == 400
    assert press(operator, [user.pk], "leave") == 302
    gone = town.user("tanaka")
    assert (gone.state, gone.envelope, gone.user_key) == ("gone", "", "")
    assert Loan.objects.get(user=user).due_ms <= now_ms()
    assert Loan.objects.get(user=user).returned_ms is None
    assert not reservations.standing(town.organisation).exists()
    row = AuditRow.objects.get(organisation=town.id, act="left")
    assert row.detail == {"state": "active", "why": "3月末で退職"}
    assert code_of(lambda: stick.sign_in("tanaka")) is Code.SIGN_IN_FAILED
    assert press(operator, [user.pk], "come-back", reason="再任用") == 302
    assert town.acts()[-1] == "came-back"
    assert code_of(lambda: stick.sign_in("tanaka")) is Code.SIGN_IN_FAILED
    stick.set_pin("tanaka", town.code_for(user))
    assert stick.sign_in("tanaka").session


def test_who_was_suspended_comes_back_suspended(town: Town, staff: list[str]) -> None:
    """Leaving and coming back is no way around a resumption."""
    suspend.suspend(town.id, COMMAND, Kind.USER, staff[0])
    leaving.leave(town.id, COMMAND, staff[:1])
    leaving.come_back(town.id, COMMAND, staff[:1])
    assert states(town)[:2] == ["suspended", "active"]


def test_many_leave_and_come_back_by_two(town: Town, staff: list[str]) -> None:
    """Five at once by one person, one more within the hour by two; so it is on the way back."""
    asker = account(town.organisation, Role.ADMINISTRATOR)
    assert press(asker, staff[:5], "leave") == 302
    assert states(town) == ["gone"] * 5 + ["active"] * 2
    assert press(asker, staff[5:], "leave") == 302
    assert states(town) == ["gone"] * 5 + ["active"] * 2
    row = Request.objects.get(organisation=town.id)
    assert row.reason == "3月末で退職"
    assert decide(town.administrator, row, "approve") == 302
    assert states(town) == ["gone"] * PEOPLE
    assert press(asker, staff, "come-back") == 302
    assert states(town) == ["gone"] * PEOPLE
    row = Request.objects.get(organisation=town.id, act="come-back")
    assert decide(town.administrator, row, "approve") == 302
    assert states(town) == ["active"] * PEOPLE


def test_who_is_not_in_the_list_of_all_is_marked_as_left(town: Town, staff: list[str]) -> None:
    """The preview of a file counts them, a page names them, and only its confirmation marks them."""
    del staff
    client = browser(town.administrator)
    lines = ["利用者名,部署", *(f"user{number},総務課" for number in range(2, PEOPLE))]
    file = SimpleUploadedFile("users.csv", "\r\n".join(lines).encode())
    page = client.post("/console/directory/users/import", {"file": file})
    assert page.context["absent_count"] == 2
    path, packed = "/console/directory/users/absent", page.context["packed"]
    shown = client.post(path, {"packed": packed})
    assert [user.name for user in shown.context["named"]] == ["user0", "user1"]
    form = {"packed": packed, "confirmed": "1", "shown": shown.context["shown"], "reason": "名簿の整理"}
    town.add_user("user99", office_pc=False)
    assert client.post(path, form).status_code == 409
    again = client.post(path, {"packed": packed})
    assert client.post(path, {**form, "shown": again.context["shown"]}).status_code == 302
    assert states(town) == ["gone", "gone", *["active"] * (PEOPLE - 2), "gone"]
    assert client.post(path, {"packed": "no file"}).status_code == 400


def test_keys_that_keyd_could_not_destroy_go_with_the_next_round(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user is out at once; the worker asks keyd again."""
    stick = town.ready()

    def away(*_: object) -> None:
        raise Problem(Code.KEYD_UNREACHABLE)

    with monkeypatch.context() as patch:
        patch.setattr(keyd_client, "ask", away)
        leaving.leave(town.id, COMMAND, [town.user("tanaka").pk])
    assert code_of(lambda: stick.sign_in("tanaka")) is Code.SIGN_IN_FAILED
    assert town.user("tanaka").user_key
    assert (leaving.forget(town.id), leaving.forget(town.id)) == (1, 0)
    assert not town.user("tanaka").user_key
