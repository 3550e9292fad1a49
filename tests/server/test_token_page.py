"""The page of API tokens before a real browser, in both languages: made by hand, read once, judged by axe."""

import pytest
from playwright.sync_api import Browser

from hanare_server.api.models import Token
from hanare_server.console.roles import Role
from tests.server.accounts import account
from tests.server.browsing import LOOKED_AT_ONCE, Visitor
from tests.server.town import Town


@LOOKED_AT_ONCE
@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_token_is_made_by_hand(town: Town, chrome: Browser, address: str, language: str) -> None:
    """Name, one tick and the button make a token; its secret is gone when the page is opened again."""
    owner = account(town.organisation, Role.ADMINISTRATOR)
    visitor = Visitor(chrome, address, owner, language)
    visitor.look("/console/tokens/", "tokens-none")
    visitor.page.fill("#id_name", "夜間の集計" if language == "ja" else "Nightly figures")
    visitor.page.locator("input[name=scopes]").first.check()
    visitor.follow("main form button")
    secret = visitor.page.locator("main code").inner_text()
    visitor.judge("tokens-made")
    visitor.look("/console/tokens/", "tokens")
    assert secret not in visitor.page.content()
    visitor.close()
    assert Token.objects.filter(owner=owner).count() == 1
    assert not visitor.faults, visitor.faults
