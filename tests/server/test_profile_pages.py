"""The settings pages: a form that loses nothing, a preview, a stale writer, and how they look in a browser."""

import pytest
from django.test import Client
from playwright.sync_api import Browser

from hanare_server.console.roles import Role
from hanare_server.directory.models import Profile
from tests.server.accounts import account, browser
from tests.server.browsing import LOOKED_AT_ONCE, Visitor
from tests.server.town import Town

LINE = "chat | チャット | Chat | https://chat.example.jp/ | chat.example.jp"


@pytest.fixture
def client(town: Town) -> Client:
    """Sign an administrator in."""
    return browser(account(town.organisation, Role.ADMINISTRATOR))


def posted(town: Town, client: Client, **fields: str | list[str]) -> tuple[int, str]:
    """Send the form of the organisation's profile; return status and page."""
    profile = town.profile
    words = {"version": str(profile.version), "name": profile.name, "act": "save", "reason": "年度替わり", **fields}
    answer = client.post(f"/console/settings/{profile.pk}/edit", words, headers={"Accept-Language": "en"})
    return answer.status_code, answer.content.decode()


def test_a_form_sets_and_inherits(town: Town, client: Client) -> None:
    """Filled fields are set with their units, empty ones are inherited again."""
    fields = {
        "sound": "no",
        "lease_ttl_ms": "30",
        "from_minute": "8:30",
        "until_minute": "17:15",
        "weekdays": ["1", "2", "3", "4", "5"],
        "web_applications": LINE,
    }
    assert posted(town, client, **fields)[0] == 302
    expected = {"sound": False, "lease_ttl_ms": 30_000, "from_minute": 510, "until_minute": 1035}
    saved = town.profile.settings
    assert expected.items() <= saved.items()
    assert (saved["weekdays"], saved["web_applications"][0]["hosts"]) == ([1, 2, 3, 4, 5], ["chat.example.jp"])
    assert posted(town, client)[0] == 302
    assert town.profile.settings == {}


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("idle_lock_minutes", "many"),
        ("idle_lock_minutes", "31"),
        ("until_minute", "25:00"),
        ("second_factor", "sms"),
        ("web_applications", "chat | only two"),
        ("web_applications", LINE.replace("https", "http")),
    ],
)
def test_a_faulty_field_is_named_and_nothing_is_lost(town: Town, client: Client, field: str, text: str) -> None:
    """A wrong value comes back with 422, its error and everything else that was typed; nothing is saved."""
    before = town.profile.settings
    status, page = posted(town, client, **{field: text, "image_floor": "7654321"})
    assert status == 422
    assert page.count("profile-error") == 1
    assert 'value="7654321"' in page
    assert town.profile.settings == before


def test_a_preview_saves_nothing(town: Town, client: Client) -> None:
    """The preview says who loses what, and the profile stays as it was."""
    posted(town, client, web_applications=LINE)
    town.add_user("tanaka", office_pc=False)
    status, page = posted(town, client, act="preview")
    assert (status, "Users who lose “Chat”: 1." in page) == (200, True)
    assert town.profile.settings["web_applications"]


def test_the_lgwan_profile_is_refused_without_a_second_factor(town: Town, client: Client) -> None:
    """The page says why it cannot be saved."""
    status, page = posted(town, client, standard="lgwan")
    assert (status, "cannot be without a second factor" in page) == (200, True)
    assert "standard" not in town.profile.settings


def test_a_stale_form_is_a_conflict(town: Town, client: Client) -> None:
    """The second of two writers gets 409."""
    assert posted(town, client, version="1")[0] == 302
    assert posted(town, client, version="1")[0] == 409


def test_a_ready_made_profile_is_taken_over_and_put_back(town: Town, client: Client) -> None:
    """A new profile begins with 総務省LGWAN; its first version can be put back."""
    answer = client.post("/console/settings/new", {"from": "lgwan"})
    made = Profile.objects.get(organisation=town.id, name="総務省LGWAN")
    assert answer.headers["Location"].endswith(made.pk)
    client.post(f"/console/settings/{made.pk}/edit", {"version": "1", "name": "LGWAN", "act": "save"})
    assert client.post(f"/console/settings/{made.pk}/put-back/1", {"version": "2"}).status_code == 302
    made.refresh_from_db()
    assert (made.name, made.version, made.settings["second_factor"]) == ("総務省LGWAN", 3, "any")


def test_another_organisations_profile_does_not_exist(client: Client) -> None:
    """An identifier of nobody's is 404 for reading, previewing and putting back."""
    for path in ("nobody", "of-user/nobody"):
        assert client.get(f"/console/settings/{path}").status_code == 404
    assert client.post("/console/settings/nobody/edit").status_code == 404
    assert client.post("/console/settings/nobody/put-back/1").status_code == 404


@LOOKED_AT_ONCE
@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_pages_in_a_browser(town: Town, chrome: Browser, address: str, language: str) -> None:
    """Each page obeys the CSP, passes axe and fits the screen, in both languages."""
    administrator = account(town.organisation, Role.ADMINISTRATOR)
    posted(town, browser(administrator), web_applications=LINE, watermark="no", standard="nist")
    user = town.add_user("tanaka", full_name="𠮷田 太郎")  # once somebody lives by it, loosening takes two
    visitor = Visitor(chrome, address, administrator, language)
    visitor.look("/console/settings/", "settings")
    visitor.look(f"/console/settings/{town.profile.pk}", "profile")
    visitor.page.fill("[name=web_applications]", "")
    visitor.follow("button[value=preview]")
    visitor.judge("profile-preview")
    visitor.look(f"/console/settings/of-user/{user.pk}", "settings-of-user")
    visitor.close()
    assert not visitor.faults, visitor.faults
