"""What the hub reads: the two views, and nothing that it could write."""

import json
import sqlite3
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from hanare_core import signed
from hanare_server import keys
from hanare_server.access import suspend
from hanare_server.access.standing import Kind
from hanare_server.audit.log import SYSTEM
from hanare_server.directory.models import Organisation, Stick
from tests.server.town import Town


def test_party_shows_organisation_gateway_and_stick(town: Town) -> None:
    """Each party has its key, its standing and the revision of its last change."""
    stick = town.add_stick()
    parties = {row["kind"]: row for row in _rows("hub_party", town.id)}
    organisation, gateway, shown = parties["organisation"], parties["gateway"], parties["stick"]
    assert organisation["identity_key"] == signed.public_text(keys.signing_key())
    assert (organisation["revision"], organisation["epoch"]) == (town.organisation.revision, 0)
    assert gateway["id"] == f"{town.id}-gw0"
    assert gateway["identity_key"] == signed.public_text(town.gateway_keys[gateway["id"]])
    assert (shown["id"], shown["certificate"]) == (stick.stick, stick.certificate())
    assert {row["state"] for row in parties.values()} == {"present"}
    assert {row["code"] for row in parties.values()} == {""}


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("active", ("present", "")),
        ("suspended", ("present", "suspended")),
        ("quarantined", ("present", "stick-quarantined")),
        ("locked", ("present", "stick-locked")),
        ("revoked", ("gone", "")),
        ("replaced", ("gone", "")),
    ],
)
def test_a_sticks_door_stands_until_it_is_revoked(town: Town, state: str, shown: tuple[str, str]) -> None:
    """A suspended, quarantined or locked stick keeps its door and is told why; a revoked or replaced one has none."""
    stick = town.add_stick()
    Stick.objects.filter(pk=stick.stick).update(state=state)
    (row,) = [row for row in _rows("hub_party", town.id) if row["kind"] == "stick"]
    assert (row["state"], row["code"]) == shown


def test_an_organisation_that_is_off_says_so(town: Town) -> None:
    """The organisation's row carries the code."""
    suspend.suspend(town.id, SYSTEM, Kind.ORGANISATION, town.id)
    (row,) = [row for row in _rows("hub_party", town.id) if row["kind"] == "organisation"]
    assert (row["state"], row["code"], row["epoch"]) == ("present", "organisation-off", 1)
    assert Organisation.objects.get(pk=town.id).revision == row["revision"]


def test_lease_shows_what_a_gateway_needs(town: Town) -> None:
    """A lease carries certificate, ticket, address and targets as text, and stays as gone with its reason."""
    stick = town.ready()
    answer = stick.sign_in("tanaka")
    (row,) = _rows("hub_lease", town.id)
    session = town.session(answer.session)
    assert (row["lease"], row["session"]) == (answer.paths[0].lease, answer.session)
    assert (row["stick"], row["user"], row["department"]) == (stick.stick, session.user_id, town.department)
    assert (row["certificate"], row["ticket"]) == (stick.certificate(), session.ticket)
    assert row["address"] == answer.paths[0].address
    assert json.loads(row["targets"]) == [{"address": "10.1.2.3", "port": 3389}]
    assert (row["ttl_ms"], row["grace_ms"], row["ends_ms"]) == (120_000, 0, answer.ends_ms)
    assert (row["state"], row["reason"], row["revision"]) == ("present", "", town.organisation.revision)
    stick.end(answer.session, "ended-by-user")
    (row,) = _rows("hub_lease", town.id)
    assert (row["state"], row["reason"]) == ("gone", "ended-by-user")
    assert row["revision"] == town.organisation.revision


def test_a_reader_cannot_write(town: Town) -> None:
    """The hub's way of opening SQLite refuses to write; on PostgreSQL a role without rights is refused."""
    if connection.vendor == "sqlite":
        path = settings.DATABASES["default"]["NAME"]
        reader = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader.execute("UPDATE directory_stick SET state = 'active'")
        reader.close()
        return
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE ROLE "hub-{town.id}" LOGIN')
        cursor.execute(f'GRANT SELECT ON hub_party, hub_lease TO "hub-{town.id}"')
        cursor.execute(
            "SELECT has_table_privilege(%s, 'hub_party', 'SELECT'),"
            " has_table_privilege(%s, 'directory_user', 'SELECT'),"
            " has_table_privilege(%s, 'directory_stick', 'UPDATE')",
            [f"hub-{town.id}"] * 3,
        )
        assert cursor.fetchone() == (True, False, False)


def _rows(view: str, organisation: str) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {view} WHERE organisation = %s ORDER BY 1, 2", [organisation])  # noqa: S608 our own names
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
