"""The audit log: appended with the act, chained, and unchangeable in the database as well."""

import pytest
from django.db import DatabaseError, connection, transaction

from hanare_core import audit
from hanare_server.access import suspend
from hanare_server.access.act import act
from hanare_server.access.standing import Kind
from hanare_server.audit.log import SYSTEM, Act, Actor, ActorKind, Thing
from hanare_server.audit.models import AuditRow
from hanare_server.clock import now_ms
from hanare_server.directory.models import Stick
from tests.chain import first_broken
from tests.server.town import Town


def test_the_chain_of_a_working_day_holds(town: Town) -> None:
    """Every row's hash covers the row and the hash before it."""
    stick = town.ready()
    stick.end(stick.sign_in("tanaka").session, "ended-by-user")
    assert first_broken(_chain(town)) is None
    assert len(_chain(town)) == town.organisation.audit_number


def test_a_changed_or_missing_row_is_named(town: Town) -> None:
    """The verifier names the number at which the log stops to hold."""
    town.ready()
    chain = _chain(town)
    assert first_broken(chain[:2] + chain[3:]) == 3
    assert first_broken([chain[1], *chain[1:]]) == 1


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_auditrow SET actor = 'somebody-else'", "DELETE FROM audit_auditrow"],
)
def test_the_database_refuses_to_change_rows(town: Town, statement: str) -> None:
    """UPDATE and DELETE fail on the table itself, whoever asks."""
    before = _chain(town)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{statement} WHERE organisation_id = %s", [town.id])
    assert _chain(town) == before


def test_truncate_is_refused(town: Town) -> None:
    """PostgreSQL's way around DELETE is closed as well."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE audit_auditrow")
    assert AuditRow.objects.filter(organisation=town.id).exists()


def test_no_row_no_act(town: Town) -> None:
    """An act that fails leaves neither its rows nor its audit row nor a revision."""
    stick = town.add_stick()
    before = (town.organisation.revision, town.acts())
    with pytest.raises(RuntimeError, match="half way"):
        _break_off(town, town.row(stick))
    assert (town.organisation.revision, town.acts()) == before
    assert town.row(stick).label != "changed"


def test_a_row_says_who_did_what_when(town: Town) -> None:
    """A suspend is in the log with its administrator, its stick and its time."""
    stick = town.add_stick()
    earliest = now_ms()
    actor = Actor(ActorKind.ADMINISTRATOR, town.administrator.id)
    suspend.suspend(town.id, actor, Kind.STICK, stick.stick)
    row = AuditRow.objects.filter(organisation=town.id).latest("number")
    assert (row.actor_kind, row.actor) == actor
    assert (row.act, row.object_kind, row.object) == ("suspended", "stick", stick.stick)
    assert earliest <= row.time_ms <= now_ms()


def _break_off(town: Town, row: Stick) -> None:
    with act(town.id, SYSTEM) as opened:
        row.label = "changed"
        opened.touch(row)
        opened.write(Act.SUSPENDED, Thing("stick", row.id))
        raise RuntimeError("half way")


def _chain(town: Town) -> list[tuple[audit.AuditRow, str]]:
    previous, chain = audit.FIRST_HASH, []
    for row in AuditRow.objects.filter(organisation=town.id).order_by("number"):
        hashed = audit.AuditRow(
            organisation=town.id,
            number=row.number,
            time_ms=row.time_ms,
            actor_kind=row.actor_kind,
            actor=row.actor,
            act=row.act,
            object_kind=row.object_kind,
            object=row.object,
            detail=row.detail,
            previous_hash=previous,
        )
        chain.append((hashed, row.row_hash))
        previous = row.row_hash
    return chain
