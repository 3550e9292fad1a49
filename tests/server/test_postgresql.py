"""What PostgreSQL does for us beside keeping rows: it rings the hub's bell, and a connection's end shows by itself."""

from typing import Any, Final

import psycopg
import pytest
from django.db import connection

from hanare_server.access import suspend
from hanare_server.access.standing import Kind
from hanare_server.audit.log import SYSTEM
from tests.server.town import Town

RINGS_S: Final = 10.0


@pytest.fixture
def beside(town: Town) -> Any:  # noqa: ARG001 - the fixture has chosen the database
    """Give a second connection; skip on SQLite."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no server that rings or goes away")
    connection.ensure_connection()
    kept = connection.connection
    with psycopg.connect(kept.info.dsn, autocommit=True) as second:
        yield second


def test_a_stop_rings_the_bell_with_its_revision(town: Town, beside: Any) -> None:
    """Whoever listens hears of the organisation and its new revision once the stop holds."""
    user = town.add_user("tanaka", office_pc=False)
    beside.execute("LISTEN hanare_bell")
    suspend.stop(town.id, SYSTEM, Kind.USER, user.pk)
    (heard,) = beside.notifies(timeout=RINGS_S, stop_after=1)
    assert heard.payload == f"{town.id} {town.organisation.revision}"


@pytest.mark.usefixtures("town")
def test_a_connection_that_was_ended_is_not_used_again(beside: Any) -> None:
    """A kept connection is good until the server ends it; the next request then gets a new one."""
    assert connection.is_usable()
    ended = connection.connection
    beside.execute("SELECT pg_terminate_backend(%s, 5000)", [ended.info.backend_pid])
    connection.health_check_enabled, connection.health_check_done = True, False
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    assert connection.connection is not ended
    assert connection.is_usable()
