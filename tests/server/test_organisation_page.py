"""The pages of the organisation, of stopping all of it, of leaving, and of the help desk's counts look right."""

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser

from hanare_server.audit.log import COMMAND
from hanare_server.lending import leaving
from tests.server.accounts import just_proven
from tests.server.browsing import LOOKED_AT_ONCE, Visitor
from tests.server.town import Town

pytestmark = LOOKED_AT_ONCE


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_pages_look_right(town: Town, address: str, chrome: Browser, language: str) -> None:
    """Nothing is wrong for axe, nothing is blocked, in both languages."""
    stick = town.ready()
    user, gone = town.user("tanaka"), town.add_user("sato", full_name="佐藤 次郎", office_pc=False)
    leaving.leave(town.id, COMMAND, [gone.pk])
    seer = Visitor(chrome, address, town.administrator, language)
    same = Client()
    (cookie,) = [one for one in seer.page.context.cookies() if one["name"] == settings.SESSION_COOKIE_NAME]
    same.cookies[cookie["name"]] = cookie["value"]
    just_proven(same, town.administrator)
    seer.look("/console/", "today-with-stop")
    seer.look("/console/directory/users", "users-with-leaving")
    seer.look("/console/organisation", "organisation")
    seer.look("/console/organisation/stop", "stop-all")
    seer.look(f"/console/resume/sticks/{stick.stick}", "resume")
    seer.look("/console/account", "own-account")
    seer.look("/console/account/complete", "own-account-complete")
    seer.look(f"/console/help/{user.pk}", "help-with-guesses")
    seer.look("/console/audit", "audit-with-reason")
    seer.look(f"/console/directory/users/{gone.pk}", "user-who-left")
    seer.look(f"/console/directory/sticks/{stick.stick}", "stick-with-guesses")
    seer.look(f"/console/directory/users/{user.pk}", "user-with-code")
    seer.follow("button:has-text('退職・異動にする…'), button:has-text('Mark as left…')")
    seer.judge("leave")
    assert seer.faults == []
