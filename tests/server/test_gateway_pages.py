"""How several gateways look in a real browser, in both languages: the list, one that is drained, the live page."""

import pytest
from playwright.sync_api import Browser, expect

from hanare_server import hub_client
from hanare_server.access import drain
from hanare_server.audit.log import COMMAND
from hanare_server.clock import now_ms
from hanare_server.console.roles import Role
from tests.hub.peers import until
from tests.server.accounts import account
from tests.server.browsing import LOOKED_AT_ONCE, Visitor
from tests.server.town import Town


@LOOKED_AT_ONCE
@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_pages_in_a_browser(town: Town, chrome: Browser, address: str, language: str) -> None:
    """One is drained, one away, a session has moved and tried others: pages say it, obey the CSP and pass axe."""
    second = town.add_gateway(1)
    third = town.add_gateway(2, connected=False)
    answer = town.ready().sign_in("tanaka")
    town.gateways[second].report(answer.paths[1].lease, now_ms(), tried=14)
    until(lambda: any(fact.last_packet_ms for fact in hub_client.facts(town.id).facts))
    drain.set_draining(town.id, COMMAND, second, draining=True)
    viewer = account(town.organisation, Role.ADMINISTRATOR)
    visitor = Visitor(chrome, address, viewer, language)
    visitor.look("/console/directory/gateways", "gateways")
    rows = visitor.page.locator("tbody tr")
    expect(rows.nth(0)).to_contain_text({"ja": "接続中", "en": "in touch"}[language])
    expect(rows.nth(1)).to_contain_text({"ja": "新しい利用は受け付けない", "en": "takes no new sessions"}[language])
    expect(rows.nth(2)).to_contain_text({"ja": "応答なし", "en": "out of touch"}[language])
    visitor.look(f"/console/directory/gateways/{second}", "gateway-drained")
    visitor.look(f"/console/directory/gateways/{third}", "gateway-away")
    visitor.look("/console/", "live-two-gateways")
    expect(visitor.page.locator(".gateway.spare")).to_have_text("ゲートウェイ0")
    expect(visitor.page.locator(".line:visible")).to_have_count(1)
    tried = {"ja": "ほかの宛先を 14 件試行", "en": "tried 14 other addresses"}[language]
    expect(visitor.page.locator(".line:visible")).to_contain_text(tried)
    visitor.judge("live-moved")
    visitor.close()
    assert not visitor.faults, visitor.faults
