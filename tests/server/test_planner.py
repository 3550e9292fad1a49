"""The planner's counts: SQLite's are made once a night, and PostgreSQL makes its own."""

import os
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hanare_server.access import planner
from tests.server.town import Town

POSTGRESQL = os.environ.get("HANARE_TEST_DATABASE") == "postgresql"
NIGHT, DAY = (datetime(2026, 11, 26, hour, 30, tzinfo=ZoneInfo("Asia/Tokyo")) for hour in (planner.NIGHT_HOUR, 9))


@pytest.fixture(autouse=True)
def forgotten() -> None:
    """Let another test's night be another night."""
    cache.delete(planner.COUNTED)


@pytest.mark.skipif(POSTGRESQL, reason="it counts by itself")
def test_sqlite_counts_once_a_night(town: Town) -> None:
    """Whatever the hour where nobody has counted; then at night, once; and an audit search uses its indices."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat1')")
        (counted,) = cursor.fetchone()
    assert planner.round_of(DAY) is not bool(counted)
    cache.delete(planner.COUNTED)
    assert not planner.round_of(DAY)
    assert planner.round_of(NIGHT)
    assert not planner.round_of(NIGHT)
    with connection.cursor() as cursor:
        cursor.execute("SELECT stat FROM sqlite_stat1 WHERE idx = 'audit_actor'")
        assert int(cursor.fetchone()[0].split()[0]) >= len(town.acts())


@pytest.mark.skipif(not POSTGRESQL, reason="SQLite is told to count")
@pytest.mark.usefixtures("town")
def test_postgresql_counts_by_itself() -> None:
    """The worker asks nothing for it."""
    with CaptureQueriesContext(connection) as asked:
        assert not planner.round_of(NIGHT)
    assert len(asked) == 0
