"""Every page that the address table has, in a real browser: axe, the policy, the window's width, Tab from end to end.

The table itself is walked, so a new page is looked at without anybody thinking of it, or this fails: an address must be
a page here, or stand in NO_PAGE with its reason. HANARE_SCREENSHOTS=DIRECTORY keeps a picture of each, in
both languages.
"""

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

import pytest
from django.test import Client
from playwright.sync_api import Browser

from tests.hub.town import Hub
from tests.keyd.office import Keyd
from tests.server import town as towns
from tests.server.accounts import browser
from tests.server.browsing import LOOKED_AT_ONCE, Visitor
from tests.server.full_office import Full, fill
from tests.server.test_keyboard import SEEN
from tests.server.test_largest_office import CUT
from tests.server.test_roles import OPEN, Permission, addresses, permission_of
from tests.server.visit import LANGUAGES

NO_PAGE: Final = {
    "console/account/directory": "test_ldap_directory.py: needs a directory",
    "console/account/password": "test_console_stories.py: this one signs in without a password",
    "console/account/recovery-codes": "test_pages.py: there are none",
    "console/account/passkeys/<int:pk>/remove": "test_pages.py adds a passkey; none is here to be removed",
    "console/approvals/<str:identifier>/carry-out": "answers a button",
    "console/directory/users/sync": "test_ldap_directory.py: needs a directory",
    "console/messages/<str:identifier>/diagnostics.json": "a file",
    "console/organisations": "the provider's: test_administrators.py",
    "console/organisations/<str:identifier>/visit": "the provider's: test_administrators.py",
}
"""Addresses that are no page of this town's administrator, and where they are looked at."""

MOST_TABS: Final = 80
"""A list's form, in which a date has four stops, and its first rows: all rows are alike."""

TABBABLE: Final = """
() => [...document.querySelectorAll("main a[href], main button, main input, main select, main textarea, main summary")]
  .filter((one) => !one.disabled && one.type !== "hidden" && one.tabIndex >= 0 && one.checkVisibility()
    && (one.type !== "radio" || one === (document.querySelector(`input[name="${one.name}"]:checked`)
      ?? document.querySelector(`input[name="${one.name}"]`))))
  .map((one, place) => {
    one.dataset.tab = place;
    if (one.id) (window.tabs ??= new Map()).set(one.id, place);
    return one.outerHTML.slice(0, 120);
  })
"""
"""What Tab must reach; of a group of radio buttons, the chosen one, or the first."""

STANDS: Final = """
() => {
  const one = document.activeElement;
  const place = one.dataset.tab ?? window.tabs?.get(one.id);
  return [one.closest("main") !== null, place === undefined ? null : Number(place)];
}
"""
"""Whether the focus is within the content, and on which of these; what was drawn anew meanwhile is known by its id."""


SECTIONS: Final = ("account", "administrators", "approvals", "directory", "lending", "settings", "sign-in", "")
"""First words of the addresses, without `console/`; the last has all others."""


@LOOKED_AT_ONCE
@pytest.mark.timeout(900)  # twenty pages, each with axe: half a minute on a machine that has time
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("section", SECTIONS)
def test_every_page(full: Full, chrome: Browser, address: str, section: str, language: str) -> None:
    """Nothing is wrong with any page, none is cut off, and each is used by Tab alone with the focus always seen."""
    visitor, stranger = Visitor(chrome, address, full.reader, language), Visitor(chrome, address, None, language)
    inside, outside = browser(full.reader), Client()
    faults, looked = [], 0
    for path, view in addresses():
        if path in NO_PAGE or _section(path) != section:
            continue
        known = isinstance(permission_of(view), Permission)
        asking, looking = (inside, visitor) if known else (outside, stranger)
        filled = _filled(path, full)
        if _is_page(asking, filled):
            looked += 1
            looking.look(filled, _name(path))
            faults += [f"{path}: cut off: {one}" for one in looking.page.evaluate(CUT)]
            faults += [f"{path}: {one}" for one in _by_tab(looking)]
    visitor.close()
    stranger.close()
    assert looked
    assert faults + visitor.faults + stranger.faults == []


@pytest.fixture(scope="module")
def full(keyd: Keyd, hub: Hub) -> Iterator[Full]:
    """Give a city hall that has something of everything."""
    with pytest.MonkeyPatch.context() as patch:
        town = towns.found(keyd, hub, patch)
    yield fill(town)
    town.close()


def test_every_address_is_a_page_or_says_why_not(full: Full) -> None:
    """No address is left out of the look because nothing stands behind it."""
    client, unknown = browser(full.reader), []
    for path, view in addresses():
        if permission_of(view) == OPEN or path in NO_PAGE:
            continue
        if client.get(_filled(path, full)).status_code in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
            unknown.append(path)
    assert unknown == []


def _filled(path: str, full: Full) -> str:
    """Return the address with what stands behind it in each of its places."""
    path = path.lstrip("^").rstrip("$").replace("<str:level>", "user").replace("resume/<str:things>", "resume/sticks")
    begins = [prefix for prefix in full.things if path.startswith(f"{prefix}<")]
    if begins:
        path = re.sub(r"<str:\w+>", full.things[max(begins, key=len)], path, count=1)
    return "/" + re.sub(r"<(?:\w+:)?\w+>", "1", path)


def _section(path: str) -> str:
    word = path.removeprefix("console/").partition("/")[0]
    return word if word in SECTIONS else ""


def _name(path: str) -> str:
    words = path.removeprefix("console/").replace("str:identifier", "one")
    return "page-" + (re.sub(r"[^a-z0-9]+", "-", words).strip("-") or "live")


def _is_page(client: Client, address: str) -> bool:
    answer = client.get(address)
    whole = b"<!doctype html>" in getattr(answer, "content", b"")[:200]
    return answer.status_code == 200 and whole


def _by_tab(visitor: Visitor) -> list[str]:
    """Press Tab from the content's beginning to its end; return what it does not reach, or where it is not seen."""
    page = visitor.page
    wanted, faults, reached = page.evaluate(TABBABLE), [], set()
    page.evaluate("document.querySelector('main').focus()")
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        inside, place, unseen = page.evaluate(f"[...({STANDS.strip()})(), ({SEEN.strip()})()]")
        if not inside:
            break
        if place is not None:
            reached.add(place)
        if unseen:
            faults.append(f"the focus is not seen: {unseen}")
    last = max(reached, default=0) if inside else len(wanted)
    missed = [one for place, one in enumerate(wanted[:last]) if place not in reached]
    return faults + [f"no way by Tab to {one}" for one in missed]
