"""The tests' tables: made by our own migrations, or a copy of what an earlier run made by the same ones."""

import subprocess
from pathlib import Path

from django.core.management import call_command
from django.db import connections

from hanare_lab.installation import tables
from tests.postgres import newest_binaries


def make(url: str, sqlite: Path) -> None:
    """Make them in the PostgreSQL database of the URL, or, if that is empty, in the SQLite file."""
    suffix = "sql" if url else "sqlite3"
    kept = tables.kept(suffix)
    if not kept.exists():
        call_command("migrate", verbosity=0)
        connections.close_all()
        tables.keep(suffix, _dump(url) if url else sqlite.read_bytes())
    elif url:
        _run("psql", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null", f"--file={kept}", url)
    else:
        sqlite.write_bytes(kept.read_bytes())


def _dump(url: str) -> bytes:
    return _run("pg_dump", "--no-owner", "--no-privileges", url)


def _run(program: str, *arguments: str) -> bytes:
    return subprocess.run([newest_binaries() / program, *arguments], check=True, capture_output=True).stdout
