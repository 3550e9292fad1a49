"""keyd's tables, and how its database is opened: WAL, synchronous=FULL, freed pages overwritten.

FULL, because a power cut must not bring back a guess; secure_delete, because a destroyed OPRF key must be gone from
the file. Every id is qualified by its organisation.
"""

import sqlite3
from pathlib import Path
from typing import Final

BUSY_SECONDS: Final = 20.0
"""How long a writer waits for another process (the admin command) before it gives up."""

TABLES: Final = """
CREATE TABLE IF NOT EXISTS organisations (
    id TEXT PRIMARY KEY,
    ca_key TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS people (
    organisation TEXT NOT NULL,
    user TEXT NOT NULL,
    oprf_key BLOB,
    user_key TEXT,
    totp BLOB,
    code_hash BLOB,
    code_issued_ms INTEGER,
    code_not_after_ms INTEGER,
    security_key BLOB,
    key_counter INTEGER,
    PRIMARY KEY (organisation, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS totp_steps (
    organisation TEXT NOT NULL,
    user TEXT NOT NULL,
    step INTEGER NOT NULL,
    PRIMARY KEY (organisation, user, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS attempts (
    nonce TEXT PRIMARY KEY,
    organisation TEXT NOT NULL,
    stick TEXT NOT NULL,
    user TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    second TEXT NOT NULL,
    wrong INTEGER NOT NULL,
    counted_ms INTEGER NOT NULL,
    proof BLOB,
    ticket TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS attempts_wrong ON attempts (organisation, user, counted_ms, stick) WHERE wrong = 1;
CREATE INDEX IF NOT EXISTS attempts_counted ON attempts (counted_ms);

CREATE TABLE IF NOT EXISTS pairs (
    organisation TEXT NOT NULL,
    user TEXT NOT NULL,
    stick TEXT NOT NULL,
    in_row INTEGER NOT NULL,
    PRIMARY KEY (organisation, user, stick)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS sticks (
    organisation TEXT NOT NULL,
    stick TEXT NOT NULL,
    in_row INTEGER NOT NULL,
    PRIMARY KEY (organisation, stick)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS certificates (
    organisation TEXT NOT NULL,
    stick TEXT NOT NULL,
    not_before_ms INTEGER NOT NULL,
    PRIMARY KEY (organisation, stick)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS first_pins (
    nonce TEXT PRIMARY KEY,
    organisation TEXT NOT NULL,
    user TEXT NOT NULL,
    oprf_key BLOB NOT NULL,
    totp BLOB NOT NULL,
    begun_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS unlocks (
    organisation TEXT NOT NULL,
    stick TEXT NOT NULL,
    unlocked_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX IF NOT EXISTS unlocks_stick ON unlocks (organisation, stick, unlocked_ms);

CREATE TABLE IF NOT EXISTS checkpoints (
    organisation TEXT PRIMARY KEY,
    number INTEGER NOT NULL,
    row_hash TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS restores (
    restored_ms INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE IF NOT EXISTS clock (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    highest_ms INTEGER NOT NULL
) STRICT;

INSERT OR IGNORE INTO clock VALUES (1, 0);
"""


def connect(path: Path) -> sqlite3.Connection:
    """Return a connection in autocommit mode, usable from any one thread at a time."""
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}").close()
    return connection


def create(path: Path) -> None:
    """Make the file (mode 0600) and the tables that are missing."""
    path.touch(mode=0o600, exist_ok=True)
    connection = connect(path)
    try:
        connection.executescript(TABLES)
    finally:
        connection.close()
