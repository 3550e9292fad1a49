"""The console without a mouse: Tab, Enter, arrows, and one always sees where the focus is (WCAG 2.1.1, 2.4.7)."""

from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from hanare_server.clock import now_ms
from hanare_server.directory.models import Loan, Stick
from hanare_server.helpdesk.models import Bundle, Delivery, Message
from tests.server.accounts import TYPING_MS, browser, fresh_code
from tests.server.town import PASSWORD, Town
from tests.server.visit import CHROMIUM, CODES, LANGUAGES, Visit

MOST_TABS: Final = 60
"""The menu has twenty lines, a list's head and first rows as many."""

WORDS: Final = {
    "ja": {"sticks": "USB端末", "lending": "貸出", "lend": "貸出…", "stop": "利用停止"},
    "en": {"sticks": "Sticks", "lending": "Lending", "lend": "Lend…", "stop": "Suspend"},
}

SEEN: Final = """
() => {
  const one = document.activeElement;
  const box = one.getBoundingClientRect();
  const style = getComputedStyle(one);
  const ring = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
  const [x, y] = [box.left + Math.min(box.width, 40) / 2, box.top + box.height / 2];
  const top = document.elementFromPoint(x, y);
  const within = top !== null && (one.contains(top) || top.contains(one) || one.labels?.[0]?.contains(top));
  const shown = box.width > 0 && within;
  return ring && shown ? "" : `${one.outerHTML.slice(0, 160)} ring=${ring} shown=${shown}`;
}
"""
"""What is wrong with how the focus is seen: no ring around it, outside of the window, or something lies over it."""

SETTLING: Final = ".htmx-added, .htmx-settling"
"""What htmx has drawn and does not hear yet, for 20 ms: no hand is so quick."""

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="apt-get install chromium")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_administrator_without_a_mouse(town: Town, chrome: Browser, address: str, language: str) -> None:
    """Signs in, finds a stick and suspends it, chooses from a list by arrows, and lends another stick."""
    town.add_user("mori")
    lost, spare = town.add_stick("総務1"), town.add_stick("総務2")
    visit, words = Visit(chrome, address, language), WORDS[language]
    page = visit.page
    page.goto(f"{address}/console/sign-in")
    _fill(page, "#id_login", f"admin-{town.id}")
    _fill(page, "#id_password", PASSWORD)
    _enter(page)
    for _ in range(CODES):
        _fill(page, "#id_code", fresh_code(held_ms=TYPING_MS))
        _enter(page)
        if page.locator("#id_code").count() == 0:
            break
    _tab_to(page, f"nav a:text-is('{words['sticks']}')")
    _enter(page)
    _fill(page, "#list-search", "総務1")
    expect(page.locator("tbody tr")).to_have_count(1)
    _tab_to(page, "tbody a")
    _enter(page)
    _tab_to(page, f"main button:text-is('{words['stop']}')")
    _enter(page)
    assert Stick.objects.get(pk=lost.stick).state == Stick.State.SUSPENDED
    _tab_to(page, f"nav a:text-is('{words['lending']}')")
    _enter(page)
    _tab_to(page, "#list-where")
    page.keyboard.press("ArrowDown")
    expect(page.locator("tbody tr td")).to_have_count(1)  # nobody has one: the row that says so
    expect(page.locator("#list-where")).to_be_focused()
    expect(page.locator(SETTLING)).to_have_count(0)
    page.keyboard.press("ArrowDown")
    expect(page.locator("tbody tr")).to_have_count(2)
    _tab_to(page, f"tbody a:text-is('{words['lend']}')")
    _enter(page)
    _fill(page, "#id_user", "mori")
    _enter(page)
    assert Loan.objects.get(stick=spare.stick).user == town.user("mori")
    visit.close()


def test_the_focus_stays_when_the_start_page_is_drawn_anew(town: Town, chrome: Browser, address: str) -> None:
    """Whoever stands on a line or a button of the lists stands on it still when these change, every ten seconds."""
    stick = town.ready()
    stick.sign_in("tanaka")
    Stick.objects.filter(pk=town.add_stick("総務2").stick).update(state=Stick.State.LOCKED)
    visit = Visit(chrome, address, LANGUAGES[0])
    visit.enter(town.administrator)
    visit.go("/console/")
    stops = visit.page.locator("#rows a, #rows button")
    expect(stops).to_have_count(4)  # locked sticks; stop the session, suspend its stick; resume the other
    for place in range(4):
        stop = stops.nth(place)
        stop.focus()
        _draw_anew(visit.page)
        expect(stop).to_be_focused()
    visit.close()


def test_nothing_is_taken_away_when_a_message_is_drawn_anew(town: Town, chrome: Browser, address: str) -> None:
    """Every five seconds counts and rows are new: what is typed stays with its filter, and the focus where it is."""
    for label in ("総務1", "総務2"):
        town.add_stick(label)
    browser(town.administrator).post("/console/messages/new", {"ja": "至急ご連絡ください", "hours": "1"})
    Message.objects.filter(organisation=town.id).update(diagnostics=True)
    delivery = Delivery.objects.get(organisation=town.id, stick__label="総務1")
    visit = Visit(chrome, address, LANGUAGES[0])
    visit.enter(town.administrator)
    visit.go(f"/console/messages/{delivery.message_id}")
    search, rows = visit.page.locator("#list-search"), visit.page.locator("#list-rows tr")
    search.press_sequentially("総務1")
    expect(rows).to_have_count(1)
    Delivery.objects.filter(pk=delivery.pk).update(state=Delivery.State.READ)
    expect(rows.locator(".badge")).to_have_class("badge bg-green-lt")  # the next look has come
    expect(search).to_be_focused()
    expect(search).to_have_value("総務1")
    expect(rows).to_have_count(1)
    rows.locator("a").focus()
    Bundle.objects.create(
        delivery=delivery, organisation=town.organisation, received_ms=now_ms(), facts={"image": "7"}, log=["begun"]
    )
    expect(visit.page.locator(".log")).to_be_visible()
    expect(rows.locator("a")).to_be_focused()
    visit.page.locator(".log").focus()
    Delivery.objects.filter(pk=delivery.pk).update(state=Delivery.State.SHOWN)
    expect(rows.locator(".badge")).to_have_class("badge bg-blue-lt")
    expect(visit.page.locator(".log")).to_be_focused()
    visit.close()


def _draw_anew(page: Page) -> None:
    """Have the lists drawn anew, and wait until they are."""
    page.evaluate("document.querySelector('#rows section').dataset.old = ''; htmx.trigger('#rows', 'live-change')")
    expect(page.locator("#rows section[data-old]")).to_have_count(0)
    expect(page.locator("#rows section")).not_to_have_count(0)


def _fill(page: Page, field: str, text: str) -> None:
    _tab_to(page, field)
    page.keyboard.type(text)


def _enter(page: Page) -> None:
    """Press Enter and wait for the page that it leads to."""
    with page.expect_navigation():
        page.keyboard.press("Enter")


def _tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is there; at every step it must be seen where it is."""
    wanted = page.locator(selector).first
    expect(wanted).to_be_visible()
    for _ in range(MOST_TABS):
        if wanted.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
        assert page.evaluate(SEEN) == ""
    raise AssertionError(f"no way by Tab to {selector}")
