"""F84: one account lets work again alone what two must agree on: five at a time, or between the look and the act."""

import pytest

from hanare_core.problems import Code
from hanare_server.access import receipts, suspend
from hanare_server.access.standing import Kind
from hanare_server.api import tokens
from hanare_server.approvals.models import MassStop, Request
from hanare_server.audit.log import COMMAND, Actor, ActorKind
from hanare_server.audit.models import AuditRow
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission, Role
from hanare_server.directory.models import User
from hanare_server.lending import loans
from hanare_server.lending.models import LostStick
from tests.keyd.office import code_of
from tests.server.accounts import account, browser
from tests.server.stories.test_four_eyes_bypass import lost, press
from tests.server.stories.test_mass_stop import stop_all
from tests.server.town import Town
from tests.server.worker_at_home import AtHome

pytestmark = pytest.mark.story

FEW = 5
PROGRAM = {"Accept": "application/json"}


@pytest.fixture
def asker(town: Town) -> Administrator:
    """Give an administrator beside the town's first one, and FEW + 2 users."""
    for number in range(FEW + 2):
        town.add_user(f"user{number}", office_pc=False)
    return account(town.organisation, Role.ADMINISTRATOR)


def user(town: Town, number: int) -> str:
    """Return the key of a user."""
    return town.user(f"user{number}").pk


def resume(town: Town, who: Administrator, number: int) -> int:
    """Press the resume button of a user; return the status."""
    return browser(who).post(f"/console/api/users/{user(town, number)}/resume", headers=PROGRAM).status_code


def working(town: Town) -> int:
    """Return how many users work."""
    return User.objects.filter(organisation=town.id, state=User.State.ACTIVE).count()


def test_five_at_a_time_are_many(town: Town, asker: Administrator) -> None:
    """Whatever button or token, the sixth within the hour waits; what two agreed on counts for neither of them."""
    everybody = [user(town, number) for number in range(FEW + 2)]
    suspend.suspend_many(town.id, COMMAND, Kind.USER, everybody)
    ticked = {"row": everybody[: FEW - 1], "act": "resume", "confirmed": "1", "reason": "誤って停止"}
    browser(asker).post("/console/directory/users/bulk", ticked)
    assert working(town) == FEW - 1
    made = tokens.make(asker, "loop", [Permission.RESUME], 1)
    program = {"Authorization": f"Bearer {made.secret}"}
    one_by_one = [f"/api/v1/users/{one}/resume" for one in everybody[FEW - 1 :]]
    again = [browser(asker).post(one, content_type="application/json", headers=program) for one in one_by_one]
    assert [answer.json()["state"] for answer in again] == ["active", "waiting", "waiting"]
    assert (resume(town, asker, FEW), working(town)) == (202, FEW)
    browser(asker).post("/console/directory/users/bulk", {**ticked, "row": everybody[FEW:]})
    assert (Request.objects.filter(organisation=town.id).count(), working(town)) == (3, FEW)
    assert (
        press(town.administrator, Request.objects.filter(organisation=town.id).earliest("asked_ms"), "approve") == 302
    )
    assert resume(town, town.administrator, FEW + 1) == 200
    counted = AuditRow.objects.filter(organisation=town.id, act="resumed", actor=town.administrator.pk)
    assert [row.detail for row in counted.order_by("number")] == [{"agreed": "yes"}, {}]


def test_what_two_have_stopped_one_does_not_resume(town: Town, asker: Administrator) -> None:
    """After a confirmed stop of many each single one takes two, until it was resumed once."""
    row = stop_all(town, asker)
    assert browser(town.administrator).post(f"/console/approvals/stop/{row.pk}/confirm").status_code == 302
    assert MassStop.objects.get(pk=row.pk).state == MassStop.State.CONFIRMED
    assert (resume(town, asker, 0), working(town)) == (202, 0)
    assert press(town.administrator, Request.objects.get(organisation=town.id), "approve") == 302
    suspend.suspend(town.id, COMMAND, Kind.USER, user(town, 0))
    assert (resume(town, asker, 0), working(town)) == (200, 1)


def test_the_act_itself_looks_again(town: Town, asker: Administrator) -> None:
    """Who looked before the stick was reported lost does not resume it after: the act refuses, for one and for many."""
    stick = lost(town)
    me = Actor(ActorKind.ADMINISTRATOR, asker.pk)
    assert code_of(lambda: suspend.resume(town.id, me, Kind.STICK, stick.stick)) is Code.CONFLICT
    assert code_of(lambda: suspend.resume_many(town.id, me, Kind.STICK, [stick.stick])) is Code.CONFLICT
    assert town.row(stick).state == "suspended"


def test_a_loss_is_noted_before_anything_is_waited_for(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the receipts are on their way the stick is lost already, and nobody resumes it alone."""
    stick: AtHome = town.ready()
    stick.sign_in("tanaka")
    collect, seen = receipts.collect, list[bool]()

    def watched(organisation: str, leases: list[str]) -> object:
        seen.append(LostStick.objects.filter(stick=stick.stick, found_ms=None).exists())
        return collect(organisation, leases)

    monkeypatch.setattr(receipts, "collect", watched)
    loans.report_lost(town.id, COMMAND, town.row(stick))
    assert seen == [True]
    assert [act for act in town.acts() if act in {"suspended", "lost", "stopped"}] == ["suspended", "lost", "stopped"]
