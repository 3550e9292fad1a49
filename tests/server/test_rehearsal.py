"""A stop is rehearsed by a web process before its first request, and leaves nothing."""

from pathlib import Path

import pytest
from django.db import connection

from hanare_server import serving
from hanare_server.access import rehearsal
from hanare_server.access.models import Lease, Session
from hanare_server.audit.models import AuditRow
from hanare_server.directory.models import Department, Gateway, OfficePC, Organisation, Stick, User
from tests.hub.peers import until
from tests.server.front import Gunicorn
from tests.server.town import Town

TABLES = (AuditRow, Department, Gateway, Lease, OfficePC, Organisation, Session, Stick, User)
REHEARSALS_SECONDS = 60


def test_it_stops_a_stick_that_has_a_lease_and_leaves_no_row(town: Town) -> None:
    """The rehearsal goes as far as a real stop does; afterwards each table has the rows that it had before."""
    town.ready()
    before = [table.objects.count() for table in TABLES]
    assert rehearsal.rehearse()
    assert [table.objects.count() for table in TABLES] == before


@pytest.mark.usefixtures("django_db_setup")
def test_a_web_process_rehearses_before_its_first_request(tmp_path: Path) -> None:
    """PostgreSQL sees as many new connections as threads begin at once, each at rest after a rollback."""
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL shows who is connected")
    before = _rolled_back()
    with Gunicorn(tmp_path).running():
        until(lambda: len(_rolled_back() - before) >= serving.READY, REHEARSALS_SECONDS)


def _rolled_back() -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE state = 'idle' AND query = 'ROLLBACK'")
        return {pid for (pid,) in cursor.fetchall()}
