"""The largest office: ten thousand at once, departments with names of forty characters, characters beyond the BMP."""

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser

from hanare_server.access.models import Lease, Session
from hanare_server.clock import now_ms
from hanare_server.console.live_sessions import SHOWN_SESSIONS
from hanare_server.directory.models import Department, Gateway, Stick, User
from tests.hub.town import Hub
from tests.keyd.office import Keyd
from tests.server import town as towns
from tests.server.accounts import browser
from tests.server.browsing import LOOKED_AT_ONCE, Visitor
from tests.server.test_few_queries import MOST, queries_of
from tests.server.town import Town

LIVE: Final = 10_000
"""Sessions at once that the start page must stay usable with."""

LONG: Final = "総合政策部デジタル行政推進室情報基盤整備担当課長付主幹付調整係第一分室南館西棟内"

LISTS: Final = {
    "live": "/console/?group=1",
    "sticks": "/console/directory/sticks?page=200",
    "users": "/console/directory/users",
    "departments": "/console/directory/departments",
    "office-pcs": "/console/directory/office-pcs",
    "ledger": "/console/lending",
    "hours": "/console/hours/",
    "audit": "/console/audit",
}

CUT: Final = """
() => [...document.querySelectorAll("body *")]
  .filter((one) => {
    const box = one.getBoundingClientRect();
    const mayScroll = ["auto", "scroll"].includes(getComputedStyle(one).overflowX);
    const scrolls = mayScroll && one.scrollWidth > one.clientWidth + 1;
    return box.width > 0 && box.left >= 0 && (box.right > window.innerWidth + 1 || scrolls);
  })
  .map((one) => one.outerHTML.slice(0, 120))
"""
"""What reaches over the window's edge, and what can only be read by scrolling sideways."""


@pytest.mark.parametrize("wish", ["", "?group=1", "?q=USB+9", "?group=1&department={department}"])
def test_the_start_page_with_ten_thousand_sessions(crowd: Town, wish: str) -> None:
    """It counts all that match, shows the first of them with their paths, and asks no more than with four."""
    client = browser(crowd.administrator)
    address = f"/console/{wish.format(department=crowd.department)}"
    assert queries_of(client, address) <= MOST
    page = client.get(address).content.decode()
    matching = LIVE if "q=" not in wish else len([number for number in range(LIVE) if "9" in f"{number}"])
    assert f"{matching}" in page.partition('class="list-foot"')[2][:40]
    assert page.count("data-gateway-of") == page.count("data-lease") == SHOWN_SESSIONS


@LOOKED_AT_ONCE
@pytest.mark.parametrize("language", ["ja", "en"])
def test_nothing_is_cut_off(crowd: Town, chrome: Browser, address: str, language: str) -> None:
    """At 1280×720 every list fits the window, and none has to be scrolled sideways."""
    faults = []
    visitor = Visitor(chrome, address, crowd.administrator, language)
    for name, path in LISTS.items():
        visitor.page.goto(address + path)
        visitor.keep(f"crowd-{name}")
        faults += [f"{name}: {one}" for one in visitor.page.evaluate(CUT)]
    visitor.close()
    assert faults == []
    assert visitor.faults == []


@pytest.fixture(scope="module")
def crowd(keyd: Keyd, hub: Hub) -> Iterator[Town]:
    """Give a city hall of which everybody is at home; only the first sessions have their leases, for speed."""
    with pytest.MonkeyPatch.context() as patch:
        town = towns.found(keyd, hub, patch)
    user: User = town.add_user("tanaka", full_name="𠮷田 髙﨑 光太郎左衛門尉")
    Department.objects.filter(pk=town.department).update(name=LONG)
    here, department = town.organisation, Department.objects.get(pk=town.department)
    common = {"organisation": here, "department": department}
    sticks = [
        Stick(
            id=f"{town.id}-{n}",
            label=f"𠮷野 USB {n}",
            identity_key=f"{town.id}i{n}",
            door_key=f"{town.id}d{n}",
            **common,
        )
        for n in range(LIVE)
    ]
    sessions = [
        Session(
            id=f"ses-{stick.id}",
            stick=stick,
            user=user,
            office_pc=user.office_pc,
            nonce=stick.id,
            opened_ms=now_ms() + n,
            ends_ms=now_ms() + 3_600_000,
            **common,
        )
        for n, stick in enumerate(sticks)
    ]
    gateway = Gateway.objects.get(organisation=here)
    leases = [
        Lease(
            id=f"lea-{one.pk}",
            organisation=here,
            session=one,
            gateway=gateway,
            position=0,
            address=f"100.127.{n // 256}.{n % 256}",
            targets="[]",
            ttl_ms=120_000,
            grace_ms=0,
            ends_ms=one.ends_ms,
        )
        for n, one in enumerate(sessions)
        if n < 1_000
    ]
    for model, rows in ((Stick, sticks), (Session, sessions), (Lease, leases)):
        model.objects.bulk_create(rows)
    yield town
    for one in (Lease, Session):  # a worker that is started later would go through them all
        one.objects.filter(organisation=here).delete()
    town.close()
