"""The audit page: searched by names, filtered by act and day, exported as an act of its own."""

import json
import re
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from playwright.sync_api import Browser

from hanare_core import sentences
from hanare_core.problems import Code
from hanare_server.approvals import requests
from hanare_server.approvals.models import Request
from hanare_server.console.audit_list import PAGE_ROWS
from hanare_server.console.roles import Role
from hanare_server.console.templatetags.hanare import details
from tests.server.accounts import account, browser
from tests.server.browsing import LOOKED_AT_ONCE, Visitor
from tests.server.town import Town

QUERIES = 12
"""The console's bound for every list."""


@pytest.fixture
def client(town: Town) -> Client:
    """Sign an auditor in."""
    return browser(account(town.organisation, Role.AUDITOR))


def numbers(client: Client, query: str = "") -> list[int]:
    """Return the numbers of the rows that the page shows."""
    page = client.get(f"/console/audit?{query}").content.decode()
    return [int(number) for number in re.findall(r'<tr><td class="text-secondary">(\d+)</td>', page)]


def test_search_and_filters(town: Town, client: Client) -> None:
    """A user is found by name, acts by their kind, days by their date; nonsense is ignored."""
    user = town.add_user("tanaka", office_pc=False, full_name="田中")
    town.add_user("sato", office_pc=False)
    last = town.organisation.audit_number
    assert numbers(client) == list(range(last, 0, -1))
    assert numbers(client, "q=田中") == numbers(client, f"q={user.pk}") == [last - 1]
    assert numbers(client, "act=added&q=sato") == [last]
    assert numbers(client, "act=suspended") == []
    assert numbers(client, "until=2020-01-01") == []
    assert len(numbers(client, "from=2020-01-01")) == last
    assert len(numbers(client, "from=nonsense&act=nonsense&before=x&until=9999-12-31")) == last


def test_a_thing_tells_who_did_what_to_it(town: Town, client: Client) -> None:
    """A user's page names who acted; who may not read the log is shown nothing of it."""
    user = town.add_user("tanaka", office_pc=False, full_name="田中")
    assert browser(town.administrator).post(f"/console/api/users/{user.pk}/suspend").status_code == 302
    page = client.get(f"/console/directory/users/{user.pk}").content.decode()
    assert town.administrator.name in page.partition("履歴")[2]
    viewer = browser(account(town.organisation, Role.VIEWER))
    assert "履歴" not in viewer.get(f"/console/directory/users/{user.pk}").content.decode()


def test_a_page_costs_few_queries(town: Town, client: Client) -> None:
    """However many rows there are, a page costs the same number of queries, and the next one is a link away."""
    for number in range(PAGE_ROWS // 4):
        town.add_user(f"user{number}")
    with CaptureQueriesContext(connection) as captured:
        client.get("/console/audit?q=user1")
    assert len(captured) <= QUERIES


def test_a_receipt_is_said_in_times_and_lengths() -> None:
    """How exact its times are is a length, not a moment of 1970."""
    facts = {"last_packet_ms": "1795674000123", "packets": "3", "tick_ms": "4"}
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        told = details(facts)
    assert told == [("最後のパケット", "2026-11-26 15:20:00.123"), ("パケット数", "3"), ("tick", "4 ms")]


def test_facts_are_said_in_words() -> None:
    """A thing has its name, a reason its sentence, a technical fact its own name."""
    facts = {"user": "usr-1", "reasons": "out-of-hours nonsense", "tick_ms": "4"}
    sentence = sentences.sentence(Code.OUT_OF_HOURS, "ja").title
    told = details(facts, {"usr-1": "𠮷田 光"})
    assert told == [("利用者", "𠮷田 光"), ("理由", f"{sentence} nonsense"), ("tick", "4 ms")]


def test_an_export_is_an_act(town: Town, client: Client) -> None:
    """The file ends with the row that says who exported it, and with its seal."""
    client.post("/console/audit/export", {"reason": "監査"})
    row = Request.objects.get(organisation=town.id)
    requests.approve(town.administrator, row.pk, row.payload_hash)
    answer = client.post(f"/console/audit/export/{row.pk}")
    lines = [json.loads(line) for line in b"".join(answer).splitlines()]
    rows = [line for line in lines if "row_hash" in line]
    assert rows[-1]["act"] == "audit-exported"
    assert (lines[-1]["rows"], "checkpoint" in lines[-2]) == (len(rows), True)
    assert town.acts()[-1] == "audit-exported"


@LOOKED_AT_ONCE
@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_page_in_a_browser(town: Town, chrome: Browser, address: str, language: str) -> None:
    """It obeys the CSP, passes axe and fits the screen."""
    town.add_user("tanaka", full_name="𠮷田 太郎")
    visitor = Visitor(chrome, address, account(town.organisation, Role.AUDITOR), language)
    visitor.look("/console/audit", "audit")
    visitor.close()
    assert not visitor.faults, visitor.faults
