"""Stories at the console in a real browser, in both languages: axe, the policy and every script are watched throughout.

HANARE_SCREENSHOTS=DIRECTORY keeps a picture of each page.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from hanare_server.directory.models import Department, User
from tests.server import front
from tests.server.front import Gunicorn
from tests.server.town import Town
from tests.server.visit import CHROMIUM, LANGUAGES, Visit

LONG = "総合政策部デジタル行政推進室情報基盤整備担当課長付主幹付調整係第一分室南"
BROKEN = "利用者名,氏名,部署\r\nyoshida,吉田,総務課\r\n".encode("cp932") + b"broken,\x81\r\n"
FAULTY = "利用者名,氏名,部署\r\nyoshida,𠮷田 光,総務課\r\nmori,森,税務課\r\n".encode()
RIGHT = "利用者名,氏名,部署\r\nyoshida,𠮷田 光,総務課\r\nmori,森,総務課\r\n".encode("utf-8-sig")

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="apt-get install chromium")


@pytest.fixture
def address(town: Town, tmp_path: Path) -> Iterator[str]:
    """Run web process and nginx; give the console's address."""
    with Gunicorn(tmp_path).running(), front.nginx(tmp_path, town.hub_channel) as address:
        yield address


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_day_at_the_town_hall(town: Town, chrome: Browser, address: str, language: str) -> None:
    """New employees by CSV (a broken file first), April's moves, a stick lent, lost in three clicks."""
    Department.objects.create(id=f"{town.id}-long", organisation=town.organisation, name=LONG)
    stick = town.add_stick("総務1")
    visit = Visit(chrome, address, language)
    visit.sign_in(town)
    _new_employees(visit, town)
    _reorganisation(visit, town)
    _lent_and_lost(visit, town, stick.stick)
    for path in (
        "departments",
        "sticks",
        "office-pcs",
        "gateways",
        f"sticks/{stick.stick}",
        "office-pcs/new",
        "office-pcs/import",
    ):
        visit.go(f"/console/directory/{path}")
        visit.picture(path.replace("/", "-").replace(stick.stick, "one"))
    visit.close()


def _new_employees(visit: Visit, town: Town) -> None:
    page = visit.page
    page.click("a[href='/console/directory/users']")
    visit.picture("users-empty")
    page.click("a[href$='/users/import']")
    visit.allowed = {422}
    for name, content in (("broken", BROKEN), ("faulty", FAULTY)):
        page.set_input_files("#id_file", {"name": "users.csv", "mimeType": "text/csv", "buffer": content})
        page.locator("main form button").last.click()
        expect(page.locator("main")).to_contain_text(re.compile("3行目|Line 3|税務課"))
        visit.picture(f"import-{name}")
        assert not User.objects.filter(organisation=town.id).exists()
    page.set_input_files("#id_file", {"name": "users.csv", "mimeType": "text/csv", "buffer": RIGHT})
    page.locator("main form button").last.click()
    visit.picture("import-preview")
    page.locator("main form button").first.click()
    expect(page.locator("tbody tr")).to_have_count(2)
    visit.picture("users")


def _reorganisation(visit: Visit, town: Town) -> None:
    page = visit.page
    page.check(".list-all")
    page.click("button[name=act][value=move]")
    page.select_option("#id_department", f"{town.id}-long")
    visit.picture("move")
    page.locator("main form button").click()
    expect(page.locator("tbody")).to_contain_text(LONG)
    visit.picture("users-moved")
    page.click("tbody a >> nth=0")
    visit.picture("user")
    page.click("a[href$='/edit']")
    visit.picture("user-edit")


def _lent_and_lost(visit: Visit, town: Town, stick: str) -> None:
    page = visit.page
    visit.go("/console/lending")
    page.click(f"a[href$='{stick}/lend']")
    page.fill("#id_user", "mori")
    visit.picture("lend")
    page.locator("main form button").click()
    expect(page.locator("tbody")).to_contain_text("森")
    visit.picture("ledger")
    visit.go(f"/s/{stick}")
    visit.go(f"/console/lending/{stick}/reserve")
    page.fill("#id_user", "mori")
    visit.picture("reserve")
    page.fill("#id_first", "2099-01-01")
    visit.allowed = {409}
    page.locator("main form button").click()
    expect(page.locator("main [role=alert]")).to_be_visible()
    page.fill("#id_first", page.input_value("#id_last"))
    page.locator("main form button").click()
    visit.picture("reserved")
    page.click(f"a[href$='{stick}/lost']")
    visit.picture("lost-ask")
    page.click("button.btn-danger")
    expect(page.locator("[role=status].alert-success")).to_be_visible()
    visit.picture("lost")
    assert town.acts()[-1] == "lost"
