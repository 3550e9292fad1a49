"""A backup of the server's database, and the day on which it is put in the database's place."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from hanare_lab.installation.hall import ORGANISATION, Hall

_BESIDE: Final = ("-wal", "-shm")
"""Files of what was there before: they belong to the lost database."""


def take(hall: Hall, backup: Path) -> None:
    """Copy the database as it stands, while it is used."""
    with closing(sqlite3.connect(hall.server.sqlite)) as database, closing(sqlite3.connect(backup)) as copy:
        database.backup(copy)


def put_back(hall: Hall, backup: Path) -> None:
    """Put the copy in the database's place; no process of the server may run."""
    for suffix in _BESIDE:
        Path(f"{hall.server.sqlite}{suffix}").unlink(missing_ok=True)
    shutil.copyfile(backup, hall.server.sqlite)


def say_restored(hall: Hall) -> None:
    """Say what the manual asks for after a restore: sticks may be ahead once, the audit log goes on."""
    hall.server.keyd_admin("audit-restored", "--organisation", ORGANISATION)
    hall.server.manage("after_restore", f"--organisation={ORGANISATION}", "--part=server")
