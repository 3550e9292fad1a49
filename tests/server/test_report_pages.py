"""Working hours, usage, help desk and evidence in the console: figures, file, queries, a browser's judgement."""

import csv
import io
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import Browser

from hanare_core.problems import Code
from hanare_server import identifiers
from hanare_server.access.models import Session
from hanare_server.clock import now_ms
from hanare_server.console.roles import Role
from hanare_server.directory.models import OfficePC, User
from hanare_server.reports import counted
from hanare_server.reports.rows import Month
from tests.server.accounts import account, browser
from tests.server.browsing import LOOKED_AT_ONCE, Visitor
from tests.server.town import Town

QUERIES = 12
"""The console's bound for every list."""

JAPAN = ZoneInfo("Asia/Tokyo")


def at(text: str) -> int:
    """Return a local time of November 2026 in Unix milliseconds."""
    return int(datetime.strptime(f"2026-11-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=JAPAN).timestamp() * 1000)


def worked(town: Town, user: User, start: str, end: str, reason: Code = Code.ENDED_BY_USER) -> None:
    """Write one session of the past."""
    stick = town.add_stick()
    Session.objects.create(
        id=identifiers.new("ses"),
        organisation=town.organisation,
        stick_id=stick.stick,
        user=user,
        department=user.department,
        office_pc=OfficePC.objects.get(user=user),
        nonce=identifiers.new("non"),
        ticket="",
        state=Session.State.ENDED,
        reason=reason.value,
        opened_ms=at(start),
        ends_ms=at(end),
        ended_ms=at(end),
    )


@pytest.fixture
def user(town: Town) -> User:
    """Give a user with a few days of work."""
    user = town.add_user("=tanaka", full_name="𠮷田 太郎")
    worked(town, user, "02 08:30", "02 17:15")
    worked(town, user, "07 22:30", "08 01:00")
    worked(town, user, "09 13:00", "09 16:30", Code.IDLE)
    return user


@pytest.fixture
def client(town: Town) -> Client:
    """Sign an auditor in."""
    return browser(account(town.organisation, Role.AUDITOR))


def test_the_month_of_a_user(client: Client, user: User) -> None:
    """The page shows the days as computed, midnight as the end of one and the beginning of the next."""
    page = client.get(f"/console/hours/{user.pk}?month=2026-11")
    shown = [(day["start"], day["end"], day["active"], day["idle"]) for day in page.context["days"]]
    assert shown == [
        ("08:30", "17:15", "8:45", "0:00"),
        ("22:30", "24:00", "1:30", "0:00"),
        ("00:00", "01:00", "1:00", "0:00"),
        ("13:00", "16:30", "3:00", "0:30"),
    ]
    assert client.get("/console/hours/nobody?month=2026-11").status_code == 404
    assert client.get(f"/console/hours/{user.pk}?month=9999-99").status_code == 200


@pytest.mark.parametrize(
    ("encoding", "codec", "name"), [("utf-8", "utf-8-sig", "𠮷田"), ("shift_jis", "cp932", "〓田")]
)
def test_the_file_for_attendance_systems(client: Client, user: User, encoding: str, codec: str, name: str) -> None:
    """One line a day in either encoding; a name that looks like a formula is made harmless."""
    answer = client.get(f"/console/hours/file?month=2026-11&encoding={encoding}")
    lines = list(csv.reader(io.StringIO(b"".join(answer).decode(codec))))
    assert len(lines) == 5
    assert lines[1][:2] == ["'" + user.name, f"{name} 太郎"]
    assert lines[1][3:] == ["2026-11-02", "08:30", "17:15", "525", "0", "0", "0"]
    assert lines[2][3:] == ["2026-11-07", "22:30", "24:00", "90", "0", "90", "1"]
    assert client.get("/console/hours/file?encoding=ebcdic").status_code == 400


def test_usage_counts_the_month(client: Client, user: User) -> None:
    """Sessions, days and departments of the month and of no other."""
    found = client.get("/console/usage?month=2026-11").context["usage"]
    assert (found.sessions, found.peak, found.broken) == (3, 1, 0)
    assert found.departments == [(user.department.name, 3, 1, 15)]
    assert client.get("/console/usage?month=2026-10").context["usage"].sessions == 0


@pytest.mark.parametrize("path", ["/console/hours/?month=2026-11", "/console/usage?month=2026-11", "/console/help/"])
def test_a_page_costs_few_queries(town: Town, client: Client, user: User, path: str) -> None:
    """However many users there are, a list costs the same few queries."""
    for number in range(5):
        worked(town, town.add_user(f"user{number}"), "03 09:00", "03 10:00")
    assert user.pk
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    assert len(captured) <= QUERIES


@LOOKED_AT_ONCE
@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_pages_in_a_browser(town: Town, chrome: Browser, address: str, user: User, language: str) -> None:
    """Each page obeys the CSP, passes axe and fits the screen, in both languages."""
    visitor = Visitor(chrome, address, account(town.organisation, Role.ADMINISTRATOR), language)
    visitor.look("/console/hours/?month=2026-11", "hours")
    visitor.look(f"/console/hours/{user.pk}?month=2026-11", "hours-of")
    visitor.look("/console/usage?month=2026-11", "usage")
    visitor.look("/console/help/", "help")
    visitor.look(f"/console/help/{user.pk}", "help-one")
    visitor.look("/console/evidence/", "evidence")
    visitor.close()
    assert not visitor.faults, visitor.faults


def test_a_slow_month_is_counted_by_the_worker(
    town: Town, client: Client, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its readers get the worker's count, which says when it was; a contact's own rows are counted apart."""
    monkeypatch.setattr(counted, "QUICK_MS", -1)
    month = Month.of("", town.organisation, date.fromtimestamp(now_ms() / 1000))  # noqa: DTZ012 the server's day
    counted.round_of(town.organisation)
    known = counted.of(town.administrator, month)
    Session.objects.filter(user=user).delete()
    counted.round_of(town.organisation)
    assert counted.of(town.administrator, month) == known
    contact = account(town.organisation, Role.CONTACT, [])
    assert counted.of(contact, month).usage.sessions == 0
    assert client.get("/console/usage").status_code == 200
