"""The console in a real browser, behind a real nginx, with the real hub: both languages, live changes, the buttons.

HANARE_SCREENSHOTS=DIRECTORY keeps a picture of each page.
"""

import re

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Browser, expect

from hanare_server.access import receipts
from hanare_server.access.models import Session
from hanare_server.clock import now_ms
from tests.server.browsing import PATIENT_MS
from tests.server.town import Town
from tests.server.visit import CHROMIUM, LANGUAGES, Visit

SUSPEND = {"ja": "端末を利用停止", "en": "Suspend stick"}
RESUME = {"ja": "停止解除", "en": "Resume"}
RECEIPT = {"ja": "停止済み・最後のパケット", "en": "stopped, last packet"}
LIVE = {"ja": "リアルタイム", "en": "Live"}
AUDIT = {"ja": "監査ログ", "en": "Audit log"}

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="apt-get install chromium")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_administrator_stops_a_stick_live(town: Town, chrome: Browser, address: str, language: str) -> None:
    """The page shows the session that begins, stops the stick with a receipt, and resumes it, without a reload."""
    visit = Visit(chrome, address, language)
    page = visit.page
    visit.sign_in(town)
    expect(page.locator(".channel")).to_have_text(re.compile(LIVE[language]))
    stick = town.ready()
    answer = stick.sign_in("tanaka")
    row = page.locator("tbody tr", has_text="tanaka")
    expect(row).to_be_visible()
    (gateway,) = town.gateways.values()
    gateway.report(answer.paths[0].lease, now_ms())
    expect(row.locator(".line.good")).to_contain_text("↓")
    visit.picture("live")
    row.locator(f"button:has-text('{SUSPEND[language]}')").click()
    expect(row).to_have_count(0)
    assert town.session(answer.session).state == Session.State.ENDED
    # A receipt that is later than the page waits for is fetched by the worker; none runs beside this test.
    receipts.collect(town.id, receipts.missing(town.id, now_ms()), PATIENT_MS)
    expect(page.locator(".receipt")).to_contain_text(RECEIPT[language])
    visit.picture("stopped")
    page.click(f"button:has-text('{RESUME[language]}')")
    expect(page.locator(f"button:has-text('{RESUME[language]}')")).to_have_count(0)
    assert stick.hello().nonce
    visit.follow(f"nav >> text={AUDIT[language]}")
    expect(page.locator("h1")).to_have_text(AUDIT[language])
    visit.picture("audit")
    visit.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_new_account_sets_its_factors_up_and_signs_in_by_passkey(
    town: Town, chrome: Browser, address: str, language: str
) -> None:
    """The first sign-in leads to the authenticator; a passkey is added, and signs in alone; a false one does not."""
    Authenticator.objects.filter(user=town.administrator).delete()
    visit = Visit(chrome, address.replace("127.0.0.1", "localhost"), language)
    page = visit.page
    key = visit.security_key()
    visit.send_password(town)
    visit.picture("set-up")
    secret = page.locator("#secret").inner_text()
    visit.send_code(secret)
    expect(page.locator(".factor-codes li")).to_have_count(10)
    visit.picture("recovery-codes")
    page.goto(f"{visit.address}/console/account/passkeys/new")
    visit.picture("add-passkey")
    page.locator("main form button").click()
    page.wait_for_url("**/console/account")
    visit.picture("account")
    visit.follow(page.locator(".top button").last)
    page.locator("form[data-passkey] button").click()
    page.wait_for_url("**/console/")
    assert town.acts()[-1] == "console-signed-in"
    visit.follow(page.locator(".top button").last)
    visit.forget(key)
    visit.security_key()
    page.locator("form[data-passkey] button").click()
    expect(page.locator("form[data-passkey] [role=alert]")).to_be_visible()
    visit.picture("passkey-refused")
    visit.close()
