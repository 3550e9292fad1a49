"""Every page of the menu asks the database at most twelve times, however much there is to show."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hanare_server.console.navigation import MENU
from hanare_server.console.roles import Role, may
from hanare_server.directory.models import Department, Loan
from hanare_server.lending import loans
from tests.server.accounts import account, browser
from tests.server.town import Town

MOST = 12
"""Queries of a list: session, account, second factor, menu, and what it shows; never one a row."""

ROWS = 4

VIEWS = [entry for section in MENU for entry in section.entries]


def queries_of(client: Client, address: str) -> int:
    """Return how many queries a page takes."""
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200, address
    return len([one for one in asked.captured_queries if "SAVEPOINT" not in one["sql"]])


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.CONTACT])
def test_every_page_of_the_menu_stays_within_few_queries(town: Town, role: Role) -> None:
    """With several rows of each kind, for who sees everything and for who sees one department."""
    for number in range(ROWS):
        user = town.add_user(f"user{number}")
        stick = town.row(town.add_stick(f"USB {number}"))
        Loan.objects.create(
            id=f"loa-{town.id}-{number}",
            organisation=town.organisation,
            stick=stick,
            user=user,
            since_ms=1,
            due_ms=loans.now_ms(),
        )
        account(town.organisation, Role.CONTACT, [Department.objects.get(pk=town.department)])
    who = account(town.organisation, role, [Department.objects.get(pk=town.department)])
    client = browser(who)
    counts = {}
    for entry in VIEWS:
        if may(role, entry.permission):
            counts[entry.view] = queries_of(client, reverse(entry.view))
    assert {view: count for view, count in counts.items() if count > MOST} == {}
