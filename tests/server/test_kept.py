"""What a web process keeps a moment: gone at the next act and after its time, nobody else's, not shown to an act."""

import itertools

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hanare_server.access.act import act
from hanare_server.audit.log import SYSTEM, Act, Thing
from hanare_server.console import kept
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Role
from hanare_server.directory.models import Stick
from tests.server.accounts import account, browser
from tests.server.town import Town


def reader(town: Town, role: Role = Role.ADMINISTRATOR) -> Administrator:
    """Return an account whose request only reads."""
    made = account(town.organisation, role)
    made.only_reads = True
    return made


def test_it_is_counted_once_until_the_next_act(town: Town) -> None:
    """Readers of one organisation share an answer; any act of it makes a new one; so does a request that acts."""
    numbers = itertools.count()
    asked = [kept.answer(reader(town), "n", numbers.__next__) for _ in range(2)]
    assert asked == [0, 0]
    with act(town.id, SYSTEM) as opened:
        opened.write(Act.DRAINED, Thing("gateway", "gw"))
    assert kept.answer(reader(town), "n", numbers.__next__) == 1
    acting = reader(town)
    acting.only_reads = False
    assert kept.answer(acting, "n", numbers.__next__) == 2
    assert kept.answer(reader(town), "other", numbers.__next__) == 3


def test_it_is_nobody_elses(town: Town) -> None:
    """Another organisation and each department contact have their own."""
    numbers = itertools.count()
    other = account(town.elsewhere().organisation, Role.ADMINISTRATOR)
    other.only_reads = True
    readers = [reader(town), other, reader(town, Role.CONTACT), reader(town, Role.CONTACT), reader(town, Role.AUDITOR)]
    assert [kept.answer(one, "n", numbers.__next__) for one in readers] == [0, 1, 2, 3, 0]


def test_it_ends_with_its_time_and_is_bounded(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """What time alone changes is seen soon; a process keeps no more than its bound."""
    numbers = itertools.count()
    assert kept.answer(reader(town), "n", numbers.__next__) == 0
    monkeypatch.setattr(kept, "KEPT_SECONDS", 0.0)
    assert kept.answer(reader(town), "n", numbers.__next__) == 1
    monkeypatch.setattr(kept, "MOST", 2)
    for name in "abc":
        kept.answer(reader(town), name, numbers.__next__)
    assert len(kept._kept) <= 2


def test_the_start_page_shows_a_stop_at_once(town: Town) -> None:
    """The answer to the button and the next page show what was done; a second look asks the database less."""
    stick, client = town.add_stick("総務1").stick, browser(town.administrator)
    assert "利用停止中のものはありません" in client.get("/console/rows").content.decode()
    shown = client.post(f"/console/api/sticks/{stick}/suspend", headers={"HX-Request": "true"}).content.decode()
    assert "総務1" in shown
    first, second = (CaptureQueriesContext(connection) for _ in "ab")
    with first:
        assert "総務1" in client.get("/console/rows").content.decode()
    with second:
        assert "総務1" in client.get("/console/rows").content.decode()
    assert len(second) < len(first)
    Stick.objects.filter(pk=stick).update(state="active")  # what is no act is seen after the time
    assert "総務1" in client.get("/console/rows").content.decode()
