"""Why can this user not sign in? The page runs the decision itself; its answer is what a sign-in would get."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from hanare_core.problems import Code
from hanare_server.clock import now_ms
from hanare_server.console.roles import Role
from hanare_server.directory.models import Department, OfficePC, Stick, User
from hanare_server.helpdesk.explain import explain
from tests.keyd.office import code_of
from tests.server.accounts import account, browser
from tests.server.town import Town


@pytest.fixture
def client(town: Town) -> Client:
    """Sign an operator in."""
    return browser(account(town.organisation, Role.OPERATOR))


def person(town: Town) -> User:
    """Return the town's user as the page reads them."""
    return User.objects.select_related("department__profile", "profile").get(organisation=town.id)


def codes(town: Town, now: int | None = None) -> list[Code]:
    """Return the reasons of the explanation."""
    stick = Stick.objects.select_related("department").get(organisation=town.id)
    found = explain(town.organisation, person(town), stick, now_ms=now or now_ms(), language="en")
    assert all(reason.sentence.title and reason.sentence.next for reason in found.reasons)
    return [reason.code for reason in found.reasons]


def test_the_explanation_is_the_decision(town: Town) -> None:
    """What the page says is exactly what the user is refused with, first reason first, and yes where they get in."""
    stick = town.ready()
    assert codes(town) == []
    stick.end(stick.sign_in("tanaka").session, "ended-by-user")
    Department.objects.filter(pk=town.department).update(suspended=True)
    User.objects.filter(organisation=town.id).update(permitted_until_ms=1)
    OfficePC.objects.filter(organisation=town.id).update(zone="mynumber")
    expected = [Code.DEPARTMENT_SUSPENDED, Code.PERMISSION_EXPIRED, Code.WRONG_ZONE]
    assert codes(town) == expected
    assert code_of(lambda: stick.sign_in("tanaka")) is expected[0]


def test_another_time_is_asked_about(town: Town, client: Client) -> None:
    """The same user may be in hours on Friday morning and out of them at night."""
    town.ready()
    town.set_fields(from_minute=510, until_minute=1035)
    zone = ZoneInfo("Asia/Tokyo")
    morning = int(datetime(2026, 11, 27, 9, tzinfo=zone).timestamp() * 1000)
    night = int(datetime(2026, 11, 27, 23, tzinfo=zone).timestamp() * 1000)
    assert (codes(town, morning), codes(town, night)) == ([], [Code.OUT_OF_HOURS])
    page = client.get(f"/console/help/{person(town).pk}?at=2026-11-27T23:00", headers={"Accept-Language": "en"})
    assert b"out-of-hours" in page.content
    assert client.get(f"/console/help/{person(town).pk}?at=nonsense&stick=nobody").status_code == 200


def test_without_a_stick_one_is_supposed(town: Town, client: Client) -> None:
    """A user of a department without sticks gets an answer too, and hears that there is no PIN yet."""
    town.add_user("sato")
    found = explain(town.organisation, person(town), None, now_ms=now_ms(), language="ja")
    assert (found.supposed, found.reasons, found.has_pin) == (True, [], False)
    page = client.get(f"/console/help/{person(town).pk}", headers={"Accept-Language": "en"})
    assert b"there is no PIN" in page.content


def test_a_code_is_shown_once_and_works(town: Town, client: Client) -> None:
    """The page's code sets a new PIN; the old one is gone; showing the page again shows no code."""
    stick = town.ready()
    user = person(town)
    page = client.post(f"/console/help/{user.pk}/code", {"reason": "PINを忘れた"})
    code = page.context["code"].replace(" ", "")
    assert code_of(lambda: stick.sign_in("tanaka")) is Code.SIGN_IN_FAILED
    stick.set_pin("tanaka", code)
    assert stick.sign_in("tanaka").session
    assert code.encode() not in client.get(f"/console/help/{user.pk}").content
    assert client.post("/console/help/nobody/code").status_code == 404
    assert client.get("/console/help/?q=tanaka").status_code == 200
