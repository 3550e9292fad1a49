"""The worker's rounds: what is over ends, with its reason and its real end; what goes on is left alone."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core import serializers
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from hanare_core.problems import Code
from hanare_server import config, hub_client
from hanare_server.access import upkeep
from hanare_server.access.models import Lease, Session
from hanare_server.audit.models import AuditRow
from hanare_server.clock import now_ms
from hanare_server.directory.models import Department, Organisation, Stick, User
from hanare_server.sticks import leftovers
from hanare_server.sticks.models import SignIn
from tests.hub.peers import until
from tests.server.town import Town
from tests.server.worker_process import Worker


def test_a_session_that_goes_on_is_left_alone(town: Town) -> None:
    """A round writes nothing for a session that holds."""
    session = town.ready().sign_in("tanaka").session
    before = (town.organisation.revision, town.acts())
    assert upkeep.round_of(town.organisation) == 0
    assert (town.organisation.revision, town.acts()) == before
    assert town.session(session).state == Session.State.OPEN


def test_what_gateways_tell_all_the_time_is_no_row(town: Town) -> None:
    """Beats with new facts reach the hub and leave every row of the organisation as it was, the worker's rounds too."""
    answer = town.ready().sign_in("tanaka")
    (gateway,) = town.gateways.values()
    before = _rows(town)
    for beat in range(5):
        seen = now_ms() + beat
        gateway.report(answer.paths[0].lease, seen)
        until(lambda seen=seen: any(fact.last_packet_ms == seen for fact in hub_client.facts(town.id).facts))
        assert upkeep.round_of(town.organisation) == 0
    assert _rows(town) == before


def test_a_round_over_many_asks_no_more(town: Town) -> None:
    """Three sessions that go on are looked at with as many statements as one."""
    taken = []
    for names in (("tanaka",), ("suzuki", "sato")):
        for name in names:
            town.ready(name).sign_in(name)
        with CaptureQueriesContext(connection) as queries:
            assert upkeep.round_of(town.organisation) == 0
        taken.append(len(queries))
    assert taken[0] == taken[1]


def test_ends_at_the_hard_end(town: Town) -> None:
    """After twelve hours the session ends, at the time that was set."""
    session = town.ready().sign_in("tanaka").session
    end = now_ms() - 1
    Session.objects.filter(pk=session).update(ends_ms=end)
    assert upkeep.round_of(town.organisation) == 1
    row = town.session(session)
    assert (row.reason, row.ended_ms) == (Code.HARD_END, end)


def test_ends_when_the_decision_changes(town: Town) -> None:
    """A permission that was shortened ends the session at the next round."""
    session = town.ready().sign_in("tanaka").session
    User.objects.filter(organisation=town.id).update(permitted_until_ms=now_ms() - 1)
    upkeep.round_of(town.organisation)
    assert town.session(session).reason == Code.PERMISSION_EXPIRED


def test_the_end_of_hours_is_named(town: Town) -> None:
    """A session whose hard end was the end of the hours says so."""
    session = town.ready().sign_in("tanaka").session
    Session.objects.filter(pk=session).update(ends_ms=now_ms() - 1)
    day_after_tomorrow = (datetime.now(UTC) + timedelta(days=2)).isoweekday()
    town.set_fields(weekdays=[day_after_tomorrow])
    upkeep.round_of(town.organisation)
    assert town.session(session).reason == Code.OUT_OF_HOURS


def test_ends_after_five_silent_minutes_at_the_last_packet(town: Town) -> None:
    """The end of a session that fell silent is its last packet."""
    answer = town.ready().sign_in("tanaka")
    (gateway,) = town.gateways.values()
    last = now_ms() - upkeep.SILENT_MS - 1_000
    Session.objects.filter(pk=answer.session).update(opened_ms=last - 60_000)
    gateway.report(answer.paths[0].lease, last)
    _until_known(town, answer.paths[0].lease)
    assert upkeep.round_of(town.organisation) == 1
    row = town.session(answer.session)
    assert (row.reason, row.ended_ms) == (Code.LOST_CONTACT, last)


def test_nobody_is_silent_while_the_hub_does_not_answer(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without facts no session ends for silence."""
    session = town.ready().sign_in("tanaka").session
    Session.objects.filter(pk=session).update(opened_ms=1)
    away = config.Config(directory=settings.HANARE.directory, hub_socket="/nonexistent/hub.sock")
    monkeypatch.setattr(settings, "HANARE", away)
    assert upkeep.round_of(town.organisation) == 0
    assert town.session(session).state == Session.State.OPEN


def test_a_suspended_department_is_noticed_without_its_button(town: Town) -> None:
    """Whoever changes a row by hand is followed by the worker."""
    session = town.ready().sign_in("tanaka").session
    Department.objects.filter(organisation=town.id).update(suspended=True)
    upkeep.round_of(town.organisation)
    assert town.session(session).reason == Code.DEPARTMENT_SUSPENDED


def test_tickets_that_nobody_confirmed_are_cleared(town: Town) -> None:
    """A ticket goes some minutes after its time."""
    stick = town.ready()
    stick.finish(stick.open("tanaka"))
    leftovers.clear()
    assert SignIn.objects.filter(stick=stick.stick).count() == 1
    SignIn.objects.filter(stick=stick.stick).update(not_after_ms=1)
    leftovers.clear()
    assert not SignIn.objects.filter(stick=stick.stick).exists()


def test_the_worker_process_ends_what_is_over_and_stops(town: Town, tmp_path: Path) -> None:
    """The real process, with its settings file, ends an overdue session and leaves on SIGTERM with 0."""
    session = town.ready().sign_in("tanaka").session
    Session.objects.filter(pk=session).update(ends_ms=now_ms() - 1)
    worker = Worker(tmp_path)
    with worker.running():
        worker.wait(lambda: town.session(session).state != Session.State.OPEN)
        assert worker.stop() == 0


def _until_known(town: Town, lease: str) -> None:
    """Wait until the hub has the gateway's beat."""
    for _ in range(3_000):
        if any(fact.lease == lease and fact.last_packet_ms for fact in hub_client.facts(town.id).facts):
            return
        time.sleep(0.02)
    raise AssertionError("the hub does not know the fact")


def _rows(town: Town) -> list[str]:
    """Return every row of the tables that hold what is open and what was done."""
    kept = (Organisation, Session, Lease, Stick, User, AuditRow)
    return [serializers.serialize("json", one.objects.filter(**_own(one, town))) for one in kept]


def _own(model: type[Model], town: Town) -> dict[str, str]:
    return {"pk" if model is Organisation else "organisation": town.id}
