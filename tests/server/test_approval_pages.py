"""How the pages of approvals look in a real browser, in both languages."""

import pytest
from playwright.sync_api import Browser

from hanare_server.access import standing, suspend
from hanare_server.approvals import requests
from hanare_server.approvals.models import Loosening, MassStop
from hanare_server.audit.log import COMMAND, Actor, ActorKind
from hanare_server.console.roles import Role
from hanare_server.directory.models import Stick
from hanare_server.lending import loans
from tests.server.accounts import account
from tests.server.browsing import LOOKED_AT_ONCE, Visitor
from tests.server.town import Town


@LOOKED_AT_ONCE
@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_pages_in_a_browser(town: Town, chrome: Browser, address: str, language: str) -> None:
    """Each page obeys the CSP, passes axe and fits the screen, in both languages."""
    asker, viewer = (account(town.organisation, Role.ADMINISTRATOR) for _ in range(2))
    users = [town.add_user(f"user{number}", office_pc=False, full_name=f"𠮷田 {number}郎") for number in range(6)]
    stick, copied = town.add_stick("総務2"), town.add_stick("総務3")
    loans.report_lost(town.id, COMMAND, town.row(stick))
    Stick.objects.filter(pk=copied.stick).update(state="quarantined", generation=5, stale_shown=4)
    resume = requests.ask(
        asker, Loosening.RESUME, {"kind": "stick", "identifiers": [stick.stick]}, "総務課で見つかった"
    )
    fields = {"until_minute": 1320, "grace_ms": 600_000}
    profile = {"profile": town.profile.pk, "version": 1, "name": "標準", "fields": fields, "put_back": None}
    change = requests.ask(asker, Loosening.CHANGE_PROFILE, profile)
    requests.refuse(viewer, requests.ask(viewer, Loosening.EXPORT_AUDIT, {}).pk)
    actor = Actor(ActorKind.ADMINISTRATOR, asker.pk)
    suspend.suspend_many(town.id, actor, standing.Kind.USER, [user.pk for user in users])
    stop = MassStop.objects.get(organisation=town.id)
    visitor = Visitor(chrome, address, viewer, language)
    visitor.look("/console/approvals/", "approvals")
    visitor.look(f"/console/approvals/{resume.pk}", "approval-resume")
    visitor.look(f"/console/approvals/{change.pk}", "approval-profile")
    visitor.look(f"/console/approvals/stop/{stop.pk}", "approval-stop")
    visitor.look(f"/console/approvals/original/{copied.stick}", "approval-original")
    visitor.close()
    assert not visitor.faults, visitor.faults
