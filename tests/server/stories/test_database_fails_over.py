"""F56: the database goes away in the middle of a transaction. Nothing is half done, nothing twice, no stop is lost.

Another connection holds a row, so that the act waits in its middle; there its connection is ended by the server, as in
a failover. SQLite has no server that could go.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

import psycopg
import pytest
from django.db import connection, connections

from hanare_core.problems import Code, Problem
from hanare_server.access import suspend
from hanare_server.access.models import Lease, Session
from hanare_server.access.standing import Kind
from hanare_server.audit.log import SYSTEM
from tests.server.town import Town

WAITS_S: Final = 10.0
WAITING: Final = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND pid <> pg_backend_pid()"


@pytest.fixture(autouse=True)
def postgresql(town: Town) -> None:  # noqa: ARG001 - the fixture has chosen the database
    """Skip on SQLite."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite is in the process")


def test_a_stop_that_fails_is_said_and_works_the_second_time(town: Town) -> None:
    """The stop is refused as not saved and nothing of it stays; asked again it stops, once."""
    stick = town.ready()
    session = stick.sign_in("tanaka").session
    before = (town.acts(), town.organisation.revision, town.organisation.epoch)
    stop = lambda: suspend.stop(town.id, SYSTEM, Kind.STICK, stick.stick)  # noqa: E731
    assert _failing(stick.stick, stop) is Code.NOT_SAVED
    assert (town.acts(), town.organisation.revision, town.organisation.epoch) == before
    assert (town.row(stick).state, town.session(session).state) == ("active", "open")
    stop()
    assert (town.row(stick).state, town.session(session).state) == ("suspended", "ended")
    assert town.organisation.epoch == before[2] + 1
    assert town.acts()[len(before[0]) :].count("suspended") == 1


def test_a_sign_in_that_fails_leaves_no_lease(town: Town) -> None:
    """Who signs in meanwhile is told, no session and no lease stays, and signing in anew gives exactly one."""
    stick = town.ready()
    assert _failing(stick.stick, lambda: stick.sign_in("tanaka")) is not None
    assert not Session.objects.filter(organisation=town.id).exists()
    stick.sign_in("tanaka")
    (session,) = Session.objects.filter(organisation=town.id)
    assert Lease.objects.filter(session=session, state="present").count() == 1


def _failing(stick: str, work: Callable[[], Any]) -> Code | None:
    """Do the work, end its connection while it waits for the stick's row, and return the code of its refusal."""
    with _held(stick) as end_who_waits, ThreadPoolExecutor(1) as thread:
        done = thread.submit(_coded, work)
        end_who_waits(done)
        return done.result(WAITS_S)


def _coded(work: Callable[[], Any]) -> Code | None:
    try:
        work()
    except Problem as problem:
        return problem.code
    finally:
        connections.close_all()  # as the next request of a real process does with a connection that is gone
    return None


@contextmanager
def _held(stick: str) -> Iterator[Callable[[Future[Any]], None]]:
    settings = connection.get_connection_params()
    known = {name: settings[name] for name in ("host", "port", "user", "password", "dbname") if settings.get(name)}
    with psycopg.connect(**known) as holder, psycopg.connect(**known, autocommit=True) as killer:
        holder.execute("SELECT 1 FROM directory_stick WHERE id = %s FOR UPDATE", [stick])

        def end_who_waits(done: Future[Any]) -> None:
            deadline = time.monotonic() + WAITS_S
            while not (found := killer.execute(WAITING).fetchall()):
                assert not done.done(), "the work did not wait"
                assert time.monotonic() < deadline, "nobody waits"
                time.sleep(0.005)
            for (pid,) in found:
                killer.execute("SELECT pg_terminate_backend(%s)", [pid])

        yield end_who_waits
        holder.rollback()
