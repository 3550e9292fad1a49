"""What the database's planner knows of how many rows there are: PostgreSQL counts by itself, SQLite when it is told.

Without these counts a search in a million audit rows walks the whole log: 140 ms in place of 1. Counting holds the
write lock, for a second and more with a million rows; so one table at a time, and at night. `PRAGMA analysis_limit`
would be quicker, but then the planner takes an organisation for a thousand rows, and walks again.
"""

from datetime import datetime
from typing import Final

from django.core.cache import cache
from django.db import connection
from django.utils import timezone

NIGHT_HOUR: Final = 3
"""When nobody signs in, by the server's clock."""

NIGHT_SECONDS: Final = 12 * 3600
"""So long a count of this night forbids another: several workers run, and the hour has many rounds."""

COUNTED: Final = "planner-counted"
"""In the cache's table, which all workers share, once one has counted."""


def round_of(now: datetime | None = None) -> bool:
    """Count the rows once a night, or at once where nobody has counted yet; return whether they were counted."""
    if connection.vendor != "sqlite" or not _due(now or timezone.localtime()):
        return False
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"ANALYZE {connection.ops.quote_name(table)}")
    return True


def _due(now: datetime) -> bool:
    if now.hour != NIGHT_HOUR and _has_counts():
        return False
    return cache.add(COUNTED, value=True, timeout=NIGHT_SECONDS)


def _has_counts() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat1')")
        return bool(cursor.fetchone()[0])
