"""What people do at the console in a real browser: a morning, new employees, April, a lost stick, an audit, a lock-out.

axe, the policy and every script are watched throughout. One language with each database (`visit.LANGUAGES`).
HANARE_SCREENSHOTS=DIRECTORY keeps a picture of each page.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from hanare_core.messages.stick import Note, Settings
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Role
from hanare_server.directory.models import Department, User
from tests.server.accounts import account
from tests.server.test_messages import channel
from tests.server.town import Town
from tests.server.visit import CHROMIUM, LANGUAGES, Visit

LONG = "総合政策部デジタル行政推進室情報基盤整備担当課長付主幹付調整係第一分室南"
BROKEN = "利用者名,氏名,部署\r\nyoshida,吉田,総務課\r\n".encode("cp932") + b"broken,\x81\r\n"
FAULTY = "利用者名,氏名,部署\r\nyoshida,𠮷田 光,総務課\r\nmori,森,税務課\r\n".encode()
RIGHT = "利用者名,氏名,部署\r\nyoshida,𠮷田 光,総務課\r\nmori,森,総務課\r\n".encode("utf-8-sig")
OWN = "a sentence of my own 7"

pytestmark = [pytest.mark.skipif(not CHROMIUM.exists(), reason="apt-get install chromium"), pytest.mark.story]


@pytest.fixture(params=LANGUAGES)
def visit(town: Town, chrome: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Give a browser in which the first administrator has signed in; nothing may have been wrong at its end."""
    made = Visit(chrome, address, request.param)
    made.enter(town.administrator)
    yield made
    made.close()


def test_a_morning(town: Town, visit: Visit) -> None:
    """The administrator lends a stick, sees that it is in use within a second, and sends its user a message."""
    page, stick = visit.page, town.ready("mori")
    visit.go("/console/")
    expect(page.locator(".channel.badge, .channel")).to_be_visible()
    visit.go("/console/lending")
    visit.follow(f"a[href$='{stick.stick}/lend']")
    page.fill("#id_user", "mori")
    visit.picture("lend")
    visit.follow("main form button")
    expect(page.locator("tbody")).to_contain_text("mori")
    visit.follow("a[href='/console/']")
    peer = channel(town, stick)
    stick.sign_in("mori")
    peer.take(Settings)
    expect(page.locator("tbody tr", has_text="mori")).to_be_visible()
    visit.picture("live")
    visit.go(f"/console/messages/new?stick={stick.stick}")
    page.fill("#id_ja", "10時から保守です")
    visit.follow("main form button")
    assert peer.take(Note).ja == "10時から保守です"
    visit.picture("message")
    peer.close()


def test_new_employees(town: Town, visit: Visit) -> None:
    """A broken Shift_JIS file, a file with an unknown department, then the right one: nothing before, all after."""
    page = visit.page
    visit.go("/console/directory/users/import")
    visit.allowed = {422}
    for name, content in (("broken", BROKEN), ("faulty", FAULTY)):
        page.set_input_files("#id_file", {"name": "users.csv", "mimeType": "text/csv", "buffer": content})
        visit.follow(page.locator("main form button").last)
        expect(page.locator("main")).to_contain_text(re.compile("3行目|Line 3|税務課"))
        visit.picture(f"import-{name}")
        assert not User.objects.filter(organisation=town.id).exists()
    page.set_input_files("#id_file", {"name": "users.csv", "mimeType": "text/csv", "buffer": RIGHT})
    visit.follow(page.locator("main form button").last)
    visit.picture("import-preview")
    visit.follow("main form button")
    expect(page.locator("tbody tr")).to_have_count(2)
    visit.picture("users")


def test_april(town: Town, visit: Visit) -> None:
    """The reorganisation: everybody on the page moves to a department with a name of forty characters at once."""
    page = visit.page
    Department.objects.create(id=f"{town.id}-long", organisation=town.organisation, name=LONG)
    for name in ("yoshida", "mori"):
        town.add_user(name, full_name="𠮷田 光")
    visit.go("/console/directory/users")
    page.check(".list-all")
    visit.follow("button[name=act][value=move]")
    page.select_option("#id_department", f"{town.id}-long")
    visit.picture("move")
    visit.follow("main form button")
    expect(page.locator("tbody")).to_contain_text(LONG)
    visit.picture("users-moved")
    visit.follow("tbody a")
    visit.picture("user")
    assert set(User.objects.filter(organisation=town.id).values_list("department", flat=True)) == {f"{town.id}-long"}


def test_a_lost_stick(town: Town, visit: Visit) -> None:
    """It rings: from the scanned label or the ledger in three clicks the stick is stopped and the loss is on record."""
    page, stick = visit.page, town.ready("mori").stick
    visit.go(f"/console/lending/{stick}/reserve")
    page.fill("#id_user", "mori")
    page.fill("#id_first", page.input_value("#id_last"))
    visit.follow("main form button")
    visit.picture("reserved")
    visit.go(f"/s/{stick}")
    visit.picture("scanned")
    visit.follow(f"a[href$='{stick}/lost']")
    visit.picture("lost-ask")
    visit.follow("button.btn-danger")
    expect(page.locator("[role=status].alert-success")).to_be_visible()
    visit.picture("lost")
    assert town.acts()[-1] == "lost"


def test_an_audit(town: Town, chrome: Browser, address: str) -> None:
    """The auditor finds an act by name and kind, reads evidence and hours, asks for the log, and can change nothing."""
    visit = Visit(chrome, address, LANGUAGES[0])
    page = visit.page
    user = town.add_user("mori", full_name="森 光")
    town.code_for(user)
    visit.enter(account(town.organisation, Role.AUDITOR))
    visit.go("/console/audit")
    page.fill("main input[name=q]", "森")
    page.select_option("main select[name=act]", "code-issued")
    page.locator("main .list-filters button").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    visit.picture("audit")
    visit.go("/console/evidence/")
    visit.picture("evidence")
    visit.go("/console/hours/")
    visit.picture("hours")
    visit.go(f"/console/directory/users/{user.pk}")
    expect(page.locator("main .btn-primary, main .btn-danger")).to_have_count(0)
    visit.allowed = {403}
    visit.go(f"/console/directory/users/{user.pk}/edit")
    expect(page.locator("main")).to_contain_text("not-permitted")
    visit.close()


def test_a_locked_out_administrator(town: Town, chrome: Browser, address: str) -> None:
    """Two colleagues let in again: one asks, one approves, the first password opens once, then all is one's own."""
    locked_out, colleague, second = town.administrator, *(account(town.organisation, Role.ADMINISTRATOR) for _ in "ab")
    password = _asked_and_approved(chrome, address, locked_out, colleague, second)
    visit = Visit(chrome, address, LANGUAGES[0])
    page = visit.page
    visit.go("/console/sign-in")
    page.fill("#id_login", locked_out.name)
    page.fill("#id_password", password)
    visit.follow("main form button")
    page.wait_for_url("**/console/account/password")
    visit.picture("first-password")
    for field, value in (("oldpassword", password), ("password1", OWN), ("password2", OWN)):
        page.fill(f"[name={field}]", value)
    visit.follow("main form button")
    visit.go("/console/")
    page.wait_for_url("**/console/account/totp")
    visit.send_code(page.locator("#secret").inner_text())
    expect(page.locator(".factor-codes li")).to_have_count(10)
    visit.go("/console/")
    expect(page.locator(".with-menu")).to_be_visible()
    visit.close()


def _asked_and_approved(
    chrome: Browser, address: str, locked_out: Administrator, colleague: Administrator, second: Administrator
) -> str:
    """Have one colleague ask and the other approve; return the first password that is then issued."""
    asking, approving = (Visit(chrome, address, LANGUAGES[0]) for _ in "ab")
    asking.enter(colleague)
    approving.enter(second)
    asking.go(f"/console/administrators/{locked_out.pk}")
    asking.picture("administrator")
    asking.page.fill("form[action$='/reset'] [name=reason]", "電話をなくした")
    asking.follow("form[action$='/reset'] button")
    asking.page.wait_for_url("**/console/approvals/*")
    asking.picture("approval-asked")
    approving.page.goto(asking.page.url)
    approving.picture("approval")
    approving.follow("form[action$='/approve'] button")
    expect(approving.page.locator("form[action$='/approve']")).to_have_count(0)
    asking.go(f"/console/administrators/{locked_out.pk}")
    asking.follow("form[action$='/first-password'] button")
    shown = asking.page.locator("main code").first.inner_text()
    asking.picture("first-password-issued")
    asking.close()
    approving.close()
    return shown
