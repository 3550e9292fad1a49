"""What a test of the hub stands on: a database with the two views' columns, keys, a hub process, scripted peers."""

import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, Protocol, Self, TypeVar

import msgspec
import psycopg
from nacl.signing import SigningKey
from tests.postgres import Postgres
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, unix_connect

from hanare_core import certificate, signed, ticket, wire
from hanare_core.messages import gateway, local, stick
from hanare_core.problems import Code
from hanare_core.signed import Kind

ORGANISATION: Final = "city"
WAIT_S: Final = 5.0
"""Bound of every wait of the tests; none of the waited-for things takes a second."""

START_WAIT_S: Final = 20.0
YEAR_MS: Final = 365 * 86400 * 1000

CA = SigningKey(b"c" * 32)
KEYD = SigningKey(b"k" * 32)
SERVER = SigningKey(b"s" * 32)

_TABLES: Final = (
    "CREATE TABLE hub_party (organisation text, kind text, id text, identity_key text, certificate text, state text, "
    "code text, epoch bigint, revision bigint, PRIMARY KEY (kind, id))",
    'CREATE TABLE hub_lease (organisation text, lease text PRIMARY KEY, session text, stick text, "user" text, '
    "department text, gateway text, state text, reason text, certificate text, ticket text, address text, "
    "targets text, ttl_ms bigint, grace_ms bigint, ends_ms bigint, revision bigint)",
)

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)


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

    def __init__(self, url: str, connect: Callable[[], Transaction], mark: str) -> None:
        self.url = url
        self._connect = connect
        self._mark = mark
        with self.transaction() as step:
            for table in _TABLES:
                step.run(table)
            step.run(
                "INSERT INTO hub_party VALUES (?, 'organisation', ?, ?, '', 'present', '', 1, 1)",
                ORGANISATION,
                ORGANISATION,
                signed.public_text(SERVER),
            )

    def open(self) -> "Step":
        """Begin a transaction that the test commits itself."""
        return Step(self._connect(), self._mark)

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

    def __init__(self, connection: Transaction, mark: str) -> None:
        self._connection = connection
        self._mark = mark
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
        self._put_party("gateway", name, signed.public_text(key), "", state, "")

    def put_stick(self, name: str, key: SigningKey, *, state: str = "present", code: str = "") -> None:
        """Write a stick."""
        self._put_party("stick", name, signed.public_text(key), stick_certificate(name), state, code)

    def put_lease(self, name: str, **changes: object) -> None:
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
        """Commit; on PostgreSQL ring NOTIFY as the server does."""
        if self._mark == "%s" and self.revision:
            self.run("SELECT pg_notify('hanare_bell', ?)", f"{ORGANISATION} {self.revision}")
        self._connection.commit()

    def commit_silently(self) -> None:
        """Commit without the bell."""
        self._connection.commit()

    def close(self) -> None:
        """Roll back what is open."""
        self._connection.close()

    def _put_party(self, kind: str, name: str, key: str, text: str, state: str, code: str) -> None:
        self.run("DELETE FROM hub_party WHERE kind = ? AND id = ?", kind, name)
        self.run(
            "INSERT INTO hub_party VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?)",
            ORGANISATION,
            kind,
            name,
            key,
            text,
            state,
            code,
            self.advance(),
        )


def sqlite_store(path: Path) -> Store:
    """Give a store on a file in WAL mode, as the server sets it."""

    def connect() -> Transaction:
        connection = sqlite3.connect(path, timeout=20, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        return connection

    return Store(f"sqlite:///{path}", connect, "?")


def postgres_store(postgres: Postgres) -> Store:
    """Give a store on the server, emptied."""
    with psycopg.connect(postgres.url) as connection:
        connection.execute("DROP TABLE IF EXISTS hub_party, hub_lease")
    return Store(postgres.url, lambda: psycopg.connect(postgres.url), "%s")


class Hub:
    """A hub process with its sockets in a directory."""

    def __init__(self, directory: Path, store: Store, **changes: object) -> None:
        self._directory = directory
        self._channel = directory / "channel.sock"
        self._local = directory / "local.sock"
        settings: dict[str, object] = {
            "database": store.url,
            "channel_socket": str(self._channel),
            "local_socket": str(self._local),
            "local_uids": [os.geteuid()],
            **changes,
        }
        self._settings = directory / "hub.toml"
        self._settings.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items()))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """What the process has written."""
        return (self._directory / "hub.log").read_text()

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start the process and wait until it listens."""
        with (self._directory / "hub.log").open("ab") as log:
            self._process = subprocess.Popen([sys.executable, "-m", "hanare_hub", str(self._settings)], stderr=log)
        until(self._channel.exists, START_WAIT_S)

    def stop(self) -> int:
        """Stop it by SIGTERM; return its exit status."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(WAIT_S)

    def kill(self) -> None:
        """End it by SIGKILL."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(WAIT_S)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self.stop()

    def dial(self, path: str) -> ClientConnection:
        """Open a WebSocket; repeats while the hub has not read its database yet."""
        deadline = time.monotonic() + START_WAIT_S
        while True:
            try:
                return self.dial_once(path)
            except InvalidStatus as refused:
                assert refused.response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
                assert time.monotonic() < deadline
                time.sleep(0.02)

    def dial_once(self, path: str) -> ClientConnection:
        """Open a WebSocket, or raise."""
        return unix_connect(str(self._channel), f"ws://hub{path}", compression=None, max_size=None, ping_interval=None)

    def gateway(self, name: str = "gateway-1", key: SigningKey | None = None) -> "GatewayPeer":
        """Introduce a gateway."""
        return GatewayPeer(self.dial(gateway.PATH), name, key or key_of(name))

    def stick(self, name: str = "stick-1", key: SigningKey | None = None) -> "StickPeer":
        """Introduce a stick."""
        return StickPeer(self.dial(stick.PATH), name, key or key_of(name))

    def page(self, token: str) -> "Peer":
        """Open a console page's channel."""
        peer = Peer(self.dial(local.LIVE_PATH))
        peer.send(local.LiveHello(token))
        return peer

    def reach(self, revision: int) -> None:
        """Wait until the hub has read the revision: only then does it know that a lease is not there."""
        server = self.server()
        answer = server.ask(local.AwaitLease(ORGANISATION, "no-lease", revision, 5_000), local.LeaseAnswer)
        server.close()
        assert answer.code is Code.LEASE_ENDED

    def server(self) -> "LocalPeer":
        """Open the server's socket."""
        return LocalPeer(self._local)


class Peer:
    """One scripted end of a WebSocket."""

    def __init__(self, socket_: ClientConnection) -> None:
        self.socket = socket_

    def send(self, message: msgspec.Struct) -> None:
        """Send a message as a text frame."""
        self.socket.send(wire.encode(message), text=True)

    def take(self, shape: type[S], wait_s: float = WAIT_S) -> S:
        """Return the next frame, which must be of the shape."""
        return wire.decode(self.socket.recv(timeout=wait_s), shape, limit=wire.BULK_BYTES)

    def nothing(self, wait_s: float) -> None:
        """Assert that no frame comes for a while."""
        with contextlib.suppress(TimeoutError):
            frame = self.socket.recv(timeout=wait_s)
            raise AssertionError(frame)

    def closed(self, wait_s: float = WAIT_S) -> tuple[int, str]:
        """Return the close code and reason; frames before it are passed over."""
        try:
            while True:
                self.socket.recv(timeout=wait_s)
        except ConnectionClosed as end:
            assert end.rcvd is not None
            return end.rcvd.code, end.rcvd.reason

    def close(self) -> None:
        """Close the channel."""
        self.socket.close()


class GatewayPeer(Peer):
    """A gateway that answers the challenge."""

    def __init__(self, socket_: ClientConnection, name: str, key: SigningKey) -> None:
        super().__init__(socket_)
        nonce = self.take(gateway.Challenge).nonce
        self.hello = gateway.Hello(
            wire.PROTOCOL_VERSION,
            signed.sign(Kind.CHANNEL_GATEWAY, gateway.HelloBody(nonce, name), key),
            revision=0,
            epoch=0,
        )
        self.send(self.hello)

    def snapshot(self) -> list[gateway.Snapshot]:
        """Take all parts of a snapshot."""
        parts = [self.take(gateway.Snapshot)]
        while parts[-1].more:
            parts.append(self.take(gateway.Snapshot))
        return parts

    def ack(self, revision: int, receipts: tuple[gateway.Receipt, ...] = (), rejected: tuple[gateway.Rejected, ...] = ()) -> None:
        """Acknowledge a revision."""
        self.send(gateway.Ack(revision, 1, receipts, rejected))

    def beat(self, stamp_ms: int = 1, facts: tuple[gateway.Fact, ...] = ()) -> gateway.BeatAnswer:
        """Beat and take the answer."""
        self.send(gateway.Beat(stamp_ms, facts))
        return self.take(gateway.BeatAnswer)


class StickPeer(Peer):
    """A stick that answers the challenge."""

    def __init__(self, socket_: ClientConnection, name: str, key: SigningKey) -> None:
        super().__init__(socket_)
        nonce = self.take(gateway.Challenge).nonce
        self.hello = stick.Hello(
            wire.PROTOCOL_VERSION, signed.sign(Kind.CHANNEL_STICK, stick.HelloBody(nonce, name), key)
        )
        self.send(self.hello)


class LocalPeer:
    """The server's end of the local socket."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(WAIT_S)
        self._socket.connect(str(path))
        self._file = self._socket.makefile("rb")

    def send(self, data: bytes) -> None:
        """Send one line."""
        self._socket.sendall(data + b"\n")

    def bell(self, revision: int) -> None:
        """Ring."""
        self.send(wire.encode(local.Bell(ORGANISATION, revision)))

    def ask(self, request: msgspec.Struct, shape: type[S]) -> S:
        """Send a request and return its answer."""
        self.send(wire.encode(request))
        return self.take(shape)

    def take(self, shape: type[S]) -> S:
        """Return the next answer."""
        return wire.decode(self._file.readline(), shape, limit=wire.BULK_BYTES)

    def ended(self) -> bool:
        """Say that the hub closed the connection."""
        with contextlib.suppress(ConnectionResetError):
            return self._file.readline() == b""
        return True

    def close(self) -> None:
        """Close the connection."""
        self._file.close()
        self._socket.close()


def key_of(name: str) -> SigningKey:
    """Return the identity key of a gateway or stick."""
    return SigningKey(name.encode().ljust(32, b"."))


def stick_certificate(name: str) -> str:
    """Return the certificate of a stick."""
    key = wire.key_text(name.encode().ljust(32, b"-"))
    statement = certificate.StickCertificate(
        ORGANISATION, name, signed.public_text(key_of(name)), key, 0, now_ms() // YEAR_MS * YEAR_MS + 2 * YEAR_MS
    )
    return certificate.issue(statement, CA)


def stick_ticket(name: str) -> str:
    """Return a ticket for a stick."""
    statement = ticket.Ticket(
        "ticket-1", ORGANISATION, name, "user-1", wire.key_text(b"w" * 32), (ticket.Factor.PIN,), 0, 1
    )
    return ticket.issue(statement, KEYD)


def live_token(*departments: str, life_ms: int = 60_000, key: SigningKey = SERVER) -> str:
    """Return a console page's token."""
    token = local.LiveToken(ORGANISATION, departments, "ja", now_ms() + life_ms)
    return signed.sign(Kind.LIVE_TOKEN, token, key)


def now_ms() -> int:
    """Return the wall clock."""
    return time.time_ns() // 1_000_000


def until(condition: Callable[[], T], wait_s: float = WAIT_S) -> T:
    """Wait for a condition to be true, and return it."""
    deadline = time.monotonic() + wait_s
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.005)
    return value


def in_thread(act: Callable[[], None]) -> threading.Thread:
    """Start an act that may block."""
    thread = threading.Thread(target=act)
    thread.start()
    return thread
