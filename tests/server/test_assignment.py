"""By which profile a department or a user lives: one person tightens, two loosen, and it holds at once."""

from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser

from hanare_core.problems import Code
from hanare_server import identifiers
from hanare_server.access.act import act
from hanare_server.access.models import Lease
from hanare_server.approvals import requests
from hanare_server.approvals.models import Request
from hanare_server.audit.log import COMMAND
from hanare_server.console.roles import Role
from hanare_server.directory.models import Department, Organisation, Profile, User
from hanare_server.profiles import change
from hanare_server.profiles.resolve import settings_of
from tests.keyd.office import code_of
from tests.server.accounts import account, browser
from tests.server.browsing import LOOKED_AT_ONCE, Visitor
from tests.server.town import Town

STRICT = {"second_factor": "any", "watermark": True}
LOOSE = {"watermark": False}


@pytest.fixture
def client(town: Town) -> Client:
    """Sign an administrator in."""
    return browser(account(town.organisation, Role.ADMINISTRATOR))


@pytest.fixture
def user(town: Town) -> User:
    """Add somebody to the department."""
    return town.add_user("tanaka", full_name="田中 一郎")


def profile(town: Town, name: str, fields: dict[str, Any]) -> Profile:
    """Add a profile that nobody lives by."""
    with act(town.id, COMMAND) as opened:
        return change.create(opened, name, fields)


def assign(client: Client, level: str, identifier: str, chosen: str, **more: str) -> tuple[int, str]:
    """Send the page's form; return status and page."""
    fields = {"profile": chosen, "act": "save", **more}
    answer = client.post(f"/console/settings/for/{level}/{identifier}", fields, headers={"Accept-Language": "en"})
    return answer.status_code, answer.content.decode()


def held(town: Town, user: User) -> Any:
    """Return the settings that hold for the user now."""
    fresh = User.objects.select_related("department__profile", "profile").get(pk=user.pk)
    return settings_of(Organisation.objects.select_related("profile").get(pk=town.id), fresh)


def test_a_department_is_tightened_by_one(town: Town, client: Client, user: User) -> None:
    """The profile holds for the department's users, is shown on its page, and goes when none is chosen again."""
    strict = profile(town, "厳格", STRICT)
    assert assign(client, "department", town.department, strict.pk)[0] == HTTPStatus.FOUND
    assert held(town, user).second_factor.value == "any"
    assert town.acts()[-1] == "profile-assigned"
    assert "厳格" in client.get(f"/console/directory/departments/{town.department}").content.decode()
    assert assign(client, "department", town.department, "")[0] == HTTPStatus.FOUND  # asked for: it loosens
    assert held(town, user).second_factor.value == "any"


def test_a_session_takes_it_over(town: Town, client: Client) -> None:
    """An open session's lease gets what its user's new profile says, with a new revision."""
    town.ready().sign_in("tanaka")
    before = Lease.objects.get(organisation=town.id)
    own = profile(town, "本人", {"lease_ttl_ms": 30_000})
    worker = User.objects.get(organisation=town.id)
    assert assign(client, "user", worker.pk, own.pk)[0] == HTTPStatus.FOUND
    after = Lease.objects.get(pk=before.pk)
    assert (after.ttl_ms, after.revision > before.revision) == (30_000, True)


def test_two_people_loosen(town: Town, client: Client, user: User) -> None:
    """What loosens waits, says exactly what would change, and holds when the second person has approved it."""
    loose = profile(town, "緩い", LOOSE)
    assert assign(client, "user", user.pk, loose.pk, reason="窓口の表示用")[0] == HTTPStatus.FOUND
    assert held(town, user).watermark
    (asked,) = Request.objects.filter(organisation=town.id)
    shown = browser(town.administrator).get(f"/console/approvals/{asked.pk}").content.decode()
    assert all(words in shown for words in ("田中 一郎", "緩い", "窓口の表示用"))
    assert code_of(lambda: requests.approve(asked.requester, asked.pk, asked.payload_hash)) is Code.NOT_PERMITTED
    requests.approve(account(town.organisation, Role.ADMINISTRATOR), asked.pk, asked.payload_hash)
    assert not held(town, user).watermark
    assert town.acts()[-2:] == ["approved", "profile-assigned"]


def test_what_was_looked_at_is_what_is_assigned(town: Town, client: Client, user: User) -> None:
    """A profile that somebody changes between request and approval is not assigned."""
    loose = profile(town, "緩い", LOOSE)
    assign(client, "user", user.pk, loose.pk)
    (asked,) = Request.objects.filter(organisation=town.id)
    with act(town.id, COMMAND) as opened:
        change.save(opened, loose.pk, change.Edit(1, "緩い", {**LOOSE, "vm_allowed": True}))
    second = account(town.organisation, Role.ADMINISTRATOR)
    assert code_of(lambda: requests.approve(second, asked.pk, asked.payload_hash)) is Code.CONFLICT
    assert User.objects.get(pk=user.pk).profile is None


def test_an_empty_department_is_no_way_around(town: Town, client: Client, user: User) -> None:
    """A loose profile for a department without users takes two as well: to move somebody there takes one."""
    empty = Department.objects.create(id=identifiers.new("dep"), organisation=town.organisation, name="空の課")
    strict, loose = profile(town, "厳格", STRICT), profile(town, "緩い", LOOSE)
    assign(client, "department", empty.pk, loose.pk)
    assert Department.objects.get(pk=empty.pk).profile is None
    assign(client, "department", empty.pk, strict.pk)
    fields = {"version": "1", "name": "厳格", "act": "save", "watermark": "no"}
    asked = client.post(f"/console/settings/{strict.pk}/edit", fields, headers={"Accept-Language": "en"})
    assert "write the reason that they are to read" in asked.content.decode()
    client.post(f"/console/settings/{strict.pk}/edit", {**fields, "reason": "試行"})
    assert Profile.objects.get(pk=strict.pk).settings == STRICT
    assert Request.objects.filter(organisation=town.id, state=Request.State.WAITING).count() == 2
    assert held(town, user).watermark


def test_a_preview_assigns_nothing(town: Town, client: Client, user: User) -> None:
    """The page says what would change for how many."""
    strict = profile(town, "厳格", STRICT)
    status, page = assign(client, "department", town.department, strict.pk, act="preview")
    assert (status, "What saving would do" in page, "1" in page) == (HTTPStatus.OK, True, True)
    assert held(town, user).second_factor.value == "none"


def test_the_lint_says_why_not(town: Town, client: Client, user: User) -> None:
    """Under 総務省LGWAN a profile without second factor is refused with the sentence, and nobody is asked."""
    with act(town.id, COMMAND) as opened:
        change.save(
            opened,
            town.profile.pk,
            change.Edit(town.profile.version, "市", {"standard": "lgwan", "second_factor": "any"}),
        )
    bad = Profile.objects.create(
        id=identifiers.new("pro"), organisation=town.organisation, name="不可", settings={"second_factor": "none"}
    )
    status, page = assign(client, "user", user.pk, bad.pk)
    assert (status, "This profile cannot be assigned" in page) == (HTTPStatus.OK, True)
    assert not Request.objects.filter(organisation=town.id).exists()


def test_who_may_and_what_is_there(town: Town, client: Client, user: User) -> None:
    """Nobody's identifiers are 404, and an operator may not."""
    strict = profile(town, "厳格", STRICT)
    for level, identifier in (
        ("user", "nobody"),
        ("department", user.pk),
        ("stick", user.pk),
        ("organisation", "nobody"),
    ):
        assert assign(client, level, identifier, strict.pk)[0] == HTTPStatus.NOT_FOUND
    assert assign(client, "user", user.pk, "nobody")[0] == HTTPStatus.NOT_FOUND
    operator = browser(account(town.organisation, Role.VIEWER))
    assert assign(operator, "user", user.pk, strict.pk)[0] == HTTPStatus.FORBIDDEN
    assert User.objects.get(pk=user.pk).profile is None


@LOOKED_AT_ONCE
@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_pages_in_a_browser(town: Town, user: User, chrome: Browser, address: str, language: str) -> None:
    """The page, its preview and the request obey the CSP, pass axe and fit the screen, in both languages."""
    asker = account(town.organisation, Role.ADMINISTRATOR)
    loose = profile(town, "窓口の表示用に緩めた、とても長い名前の設定プロファイル", LOOSE)
    assign(browser(asker), "user", user.pk, loose.pk, reason="窓口の表示用")
    (asked,) = Request.objects.filter(organisation=town.id)
    visitor = Visitor(chrome, address, town.administrator, language)
    visitor.look(f"/console/settings/for/user/{user.pk}", "assignment")
    visitor.page.select_option("[name=profile]", loose.pk)
    visitor.follow("button[value=preview]")
    visitor.judge("assignment-preview")
    visitor.look(f"/console/directory/users/{user.pk}", "user-with-profile")
    visitor.look("/console/settings/", "settings")
    visitor.look(f"/console/approvals/{asked.pk}", "approval-assignment")
    visitor.close()
    assert not visitor.faults, visitor.faults
