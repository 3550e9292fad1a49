"""A large office in the database, filled by `INSERT … SELECT` over a counting query: in minutes, on both databases.

The rows are as the pages read them; what only sticks and gateways look at (keys, certificates, hashes) is filler. The
hub does not read these rows: their revision is one that it has passed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection
from django.db.models import AutoField, Field, Model

from hanare_server.access.models import Lease, Session
from hanare_server.audit.models import AuditRow
from hanare_server.clock import now_ms
from hanare_server.directory.models import Department, Gateway, Loan, OfficePC, Organisation, Stick, User

DAYS: Final = 400
"""Over so many days the sessions and acts are spread: more than the year that is kept."""

DAY_MS: Final = 24 * 3600 * 1000
FINGERPRINT: Final = ":".join(["ab"] * 32)

_ACTS: Final = ("session-opened", "session-ended", "changed", "lent", "taken-back", "sign-in-refused", "code-issued")


@dataclass(frozen=True)
class Size:
    """How large the office is."""

    departments: int = 100
    users: int = 10_000
    sticks: int = 5_000
    sessions: int = 1_000_000
    acts: int = 1_000_000

    @property
    def live(self) -> int:
        """Sessions that are open."""
        return self.sticks // 2

    def small(self, share: int) -> "Size":
        """Return the same office divided, for a trial."""
        return Size(
            self.departments // 10,
            self.users // share,
            self.sticks // share,
            self.sessions // share,
            self.acts // share,
        )


def fill(organisation: Organisation, size: Size) -> None:
    """Fill the organisation; half of the sticks are in use now, one in ten is lent and overdue.

    The open sessions stand for five minutes (`upkeep.SILENT_MS`): no gateway tells of their packets. So they come last.
    """
    here = f"'{organisation.pk}'"
    with _in_bulk():
        _directory(here, size)
        _past_sessions(here, size)
        _loans(here, size)
        _audit(here, organisation, size)
        _open_sessions(here, organisation, size)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as autovacuum does within a minute, and the worker at night


@contextmanager
def _in_bulk() -> Iterator[None]:
    """Write without looking every reference up and without waiting for the disk: the rows are right by their making."""
    begin, end = _BULK[connection.vendor]
    with connection.cursor() as cursor:
        for statement in begin:
            cursor.execute(statement)
        yield
        for statement in end:
            cursor.execute(statement)


_BULK: Final = {
    "sqlite": (
        ("PRAGMA foreign_keys = OFF", "PRAGMA synchronous = OFF", "PRAGMA cache_size = -400000"),
        ("PRAGMA cache_size = -2000", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON"),
    ),
    "postgresql": (("SET session_replication_role = replica",), ("SET session_replication_role = origin",)),
}
"""SQLite's cache is in KiB; indexes of a million rows fit into it."""


def _directory(here: str, size: Size) -> None:
    department = f"'dep-' || (n.i % {size.departments})"
    _insert(Department, size.departments, id="'dep-' || n.i", organisation=here, name="'第' || n.i || '課'")
    _insert(
        User,
        size.users,
        id="'usr-' || n.i",
        organisation=here,
        department=department,
        name="'user' || n.i",
        name_key="'user' || n.i",
        full_name="'離れ ' || n.i || '郎'",
        envelope="'sealed'",
    )
    _insert(
        Stick,
        size.sticks,
        id="'stk-' || n.i",
        organisation=here,
        department=department,
        label="'USB ' || n.i",
        identity_key="'identity-' || n.i",
        door_key="'door-' || n.i",
        image="7",
        state=f"CASE WHEN n.i % 50 = 49 AND n.i >= {size.live} THEN 'suspended' ELSE 'active' END",
    )
    _insert(
        OfficePC,
        size.users,
        id="'opc-' || n.i",
        organisation=here,
        user="'usr-' || n.i",
        name="'PC ' || n.i",
        kind="'windows'",
        address="'10.' || (n.i / 65536) || '.' || (n.i / 256 % 256) || '.' || (n.i % 256)",
        fingerprint=f"'{FINGERPRINT}'",
    )


def _past_sessions(here: str, size: Size) -> None:
    step = DAYS * DAY_MS // size.sessions
    opened = f"{now_ms() - DAYS * DAY_MS} + n.i * {step}"
    _insert(
        Session,
        size.sessions,
        **_of_somebody(here, size),
        id="'ses-' || n.i",
        nonce="'nonce-' || n.i",
        state="'ended'",
        reason="'ended-by-user'",
        opened_ms=opened,
        ends_ms=f"{opened} + 43200000",
        ended_ms=f"{opened} + 1000000 + n.i % 1000 * 25000",
    )


def _open_sessions(here: str, organisation: Organisation, size: Size) -> None:
    now = now_ms()
    _insert(
        Session,
        size.live,
        **_of_somebody(here, size),
        id="'live-' || n.i",
        nonce="'live-' || n.i",
        factors="""'["pin", "totp"]'""",
        opened_ms=f"{now} - n.i",
        ends_ms=f"{now + DAY_MS}",
    )
    gateway = Gateway.objects.filter(organisation=organisation).values_list("pk", flat=True)[0]
    _insert(
        Lease,
        size.live,
        organisation=here,
        id="'lea-' || n.i",
        session="'live-' || n.i",
        gateway=f"'{gateway}'",
        position="0",
        address="'100.100.' || (n.i / 256) || '.' || (n.i % 256)",
        targets="'[]'",
        ttl_ms="120000",
        grace_ms="0",
        ends_ms=f"{now + DAY_MS}",
    )


def _of_somebody(here: str, size: Size) -> dict[str, str]:
    return {
        "organisation": here,
        "department": f"'dep-' || (n.i % {size.departments})",
        "user": f"'usr-' || (n.i % {size.users})",
        "office_pc": f"'opc-' || (n.i % {size.users})",
        "stick": f"'stk-' || (n.i % {size.sticks})",
    }


def _loans(here: str, size: Size) -> None:
    now = now_ms()
    person = {"organisation": here, "user": f"'usr-' || (n.i % {size.users})"}
    stick = f"'stk-' || (n.i % {size.sticks})"
    _insert(
        Loan,
        size.sticks * 10,
        **person,
        id="'loa-' || n.i",
        stick=stick,
        since_ms=f"{now - DAYS * DAY_MS} + n.i * 1000",
        due_ms=f"{now}",
        returned_ms=f"{now}",
    )
    _insert(
        Loan,
        size.live,
        **person,
        id="'out-' || n.i",
        stick=stick,
        since_ms=f"{now - DAY_MS}",
        due_ms=f"{now} + CASE WHEN n.i % 10 = 0 THEN -1 ELSE {DAY_MS} END",
    )


def _audit(here: str, organisation: Organisation, size: Size) -> None:
    organisation.refresh_from_db()
    first, step = organisation.audit_number + 1, DAYS * DAY_MS // size.acts
    cases = " ".join(f"WHEN {place} THEN '{act}'" for place, act in enumerate(_ACTS))
    _insert(
        AuditRow,
        size.acts,
        organisation=here,
        number=f"{first} + n.i",
        time_ms=f"{now_ms() - DAYS * DAY_MS} + n.i * {step}",
        actor_kind="'user'",
        actor=f"'usr-' || (n.i % {size.users})",
        act=f"CASE n.i % {len(_ACTS)} {cases} END",
        object_kind="'stick'",
        object=f"'stk-' || (n.i % {size.sticks})",
        detail='\'{"reason": "out-of-hours"}\'',
        row_hash="'filler'",
    )
    organisation.audit_number += size.acts
    organisation.audit_hash = "0" * 64
    organisation.save(update_fields=["audit_number", "audit_hash"])


def _insert(model: type[Model], count: int, **expressions: str) -> None:
    """Insert so many rows; `n.i` counts from 0. A field without an expression gets its default, or nothing."""
    fields: list[Any] = [field for field in model._meta.concrete_fields if not isinstance(field, AutoField)]  # noqa: SLF001
    columns = ", ".join(f'"{field.column}"' for field in fields)
    values = ", ".join(f"CAST({expressions.get(field.name) or _default(field)} AS {_type(field)})" for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE n(i) AS (SELECT CAST(0 AS bigint) UNION ALL SELECT i + 1 FROM n WHERE i < {count - 1}) "  # noqa: S608
            f'INSERT INTO "{model._meta.db_table}" ({columns}) SELECT {values} FROM n'  # noqa: SLF001
        )


def _type(field: Any) -> str:
    return str(field.db_type(connection))


def _default(field: "Field[Any, Any]") -> str:
    if field.null:
        return "NULL"
    value = field.get_default()
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, list | dict):
        return "'[]'" if isinstance(value, list) else "'{}'"
    return f"'{value}'"
