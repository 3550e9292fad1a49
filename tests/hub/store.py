"""The server's side of the database: the columns of its two views as plain tables, on either engine."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Protocol

import psycopg
from nacl.signing import SigningKey

from hanare_core import signed
from tests.hub.keys import ORGANISATION, SERVER, now_ms, stick_certificate, stick_ticket
from tests.hub.peers import LOCAL_SOCKET, LocalPeer
from tests.postgres import Postgres

_PARTY_TABLE: Final = """
CREATE TABLE hub_party (organisation text, kind text, id text, identity_key text, certificate text, state text,
    code text, epoch bigint, revision bigint, next_certificate text, carrier text, PRIMARY KEY (kind, id))
"""
_LEASE_TABLE: Final = """
CREATE TABLE hub_lease (organisation text, lease text PRIMARY KEY, session text, stick text, "user" text,
    department text, gateway text, state text, reason text, certificate text, ticket text, address text,
    targets text, ttl_ms bigint, grace_ms bigint, ends_ms bigint, revision bigint, settings text)
"""


class Transaction(Protocol):
    """A connection with an open transaction."""

    def execute(self, query: str, parameters: tuple[object, ...] = (), /) -> Any:
        """Run one statement."""

    def commit(self) -> None:
        """Commit."""

    def close(self) -> None:
        """Roll back what is open, and close."""


class Store:
    """The server's side of the database, on either engine."""

    def __init__(self, url: str, connect: Callable[[], Transaction], mark: str, ring: Callable[[int], None]) -> None:
        self.url = url
        self._connect = connect
        self._mark = mark
        self._ring = ring
        with self.transaction() as step:
            step.run(_PARTY_TABLE)
            step.run(_LEASE_TABLE)
            step.run(
                "INSERT INTO hub_party VALUES (?, 'organisation', ?, ?, '', 'present', '', 1, 1, '', 'on')",
                ORGANISATION,
                ORGANISATION,
                signed.public_text(SERVER),
            )

    def open(self) -> "Step":
        """Begin a transaction that the test commits itself."""
        return Step(self._connect(), self._mark, self._ring)

    @contextlib.contextmanager
    def transaction(self) -> Iterator["Step"]:
        """Give a transaction that commits at the end of the block."""
        step = self.open()
        try:
            yield step
            step.commit()
        finally:
            step.close()


class Step:
    """One transaction of the server; a revision is allocated once, under the organisation's lock."""

    def __init__(self, connection: Transaction, mark: str, ring: Callable[[int], None]) -> None:
        self._connection = connection
        self._mark = mark
        self._ring = ring
        self.revision = 0

    def run(self, query: str, *parameters: object) -> Any:
        """Run one statement with `?` for parameters."""
        return self._connection.execute(query.replace("?", self._mark), parameters)

    def advance(self, *, epoch: int = 0) -> int:
        """Take the next revision; blocks while another transaction holds one."""
        if not self.revision:
            self.run(
                "UPDATE hub_party SET revision = revision + 1, epoch = epoch + ? WHERE kind = 'organisation'", epoch
            )
            row = self.run("SELECT revision FROM hub_party WHERE kind = 'organisation'").fetchone()
            self.revision = row[0]
        return self.revision

    def put_gateway(self, name: str, key: SigningKey, state: str = "present") -> None:
        """Write a gateway."""
        self._put_party("gateway", name, signed.public_text(key), state=state)

    def put_stick(self, name: str, key: SigningKey, *, state: str = "present", code: str = "") -> None:
        """Write a stick."""
        text = stick_certificate(name)
        self._put_party("stick", name, signed.public_text(key), certificate=text, state=state, code=code)

    def put_lease(self, name: str, *, settings: str = "", **changes: object) -> None:
        """Write a lease of gateway-1 and stick-1, with the columns that differ."""
        row: dict[str, object] = {
            "organisation": ORGANISATION,
            "lease": name,
            "session": name.replace("lease", "session"),
            "stick": "stick-1",
            "user": "user-1",
            "department": "general",
            "gateway": "gateway-1",
            "state": "present",
            "reason": None,
            "certificate": stick_certificate("stick-1"),
            "ticket": stick_ticket("stick-1"),
            "address": "100.64.0.7",
            "targets": '[{"address": "10.20.1.5", "port": 3389}]',
            "ttl_ms": 120_000,
            "grace_ms": 0,
            "ends_ms": now_ms() + 3_600_000,
            **changes,
            "revision": self.advance(),
            "settings": settings,
        }
        self.run("DELETE FROM hub_lease WHERE lease = ?", name)
        self.run(f"INSERT INTO hub_lease VALUES ({', '.join('?' * len(row))})", *row.values())  # noqa: S608

    def end_lease(self, name: str, reason: str = "suspended") -> None:
        """Let a lease be gone."""
        self.run(
            "UPDATE hub_lease SET state = 'gone', reason = ?, revision = ? WHERE lease = ?",
            reason,
            self.advance(epoch=1),
            name,
        )

    def commit(self) -> None:
        """Commit and ring the engine's bell, as the server does."""
        if self._mark == "%s":
            self.run("SELECT pg_notify('hanare_bell', ?)", f"{ORGANISATION} {self.revision}")
        self._connection.commit()
        self._ring(self.revision)

    def commit_silently(self) -> None:
        """Commit without the bell."""
        self._connection.commit()

    def close(self) -> None:
        """Roll back what is open."""
        self._connection.close()

    def _put_party(self, kind: str, name: str, key: str, **columns: str) -> None:
        row: dict[str, object] = {
            "organisation": ORGANISATION,
            "kind": kind,
            "id": name,
            "identity_key": key,
            "certificate": "",
            "state": "present",
            "code": "",
            "epoch": 0,
            "revision": self.advance(),
            "next_certificate": "",
            "carrier": "",
            **columns,
        }
        self.run("DELETE FROM hub_party WHERE kind = ? AND id = ?", kind, name)
        self.run(f"INSERT INTO hub_party VALUES ({', '.join('?' * len(row))})", *row.values())  # noqa: S608


def sqlite_store(path: Path) -> Store:
    """Give a store on a file in WAL mode, as the server sets it."""

    def connect() -> Transaction:
        connection = sqlite3.connect(path, timeout=20, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        return connection

    def ring(revision: int) -> None:
        with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
            server = LocalPeer(path.parent / LOCAL_SOCKET)
            server.bell(revision)
            server.close()

    return Store(f"sqlite:///{path}", connect, "?", ring)


def postgres_store(postgres: Postgres) -> Store:
    """Give a store on the server, emptied."""
    with psycopg.connect(postgres.url) as connection:
        connection.execute("DROP TABLE IF EXISTS hub_party, hub_lease")
    return Store(postgres.url, lambda: psycopg.connect(postgres.url), "%s", lambda _: None)
