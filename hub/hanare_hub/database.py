"""Which driver the settings choose."""

from pathlib import Path

from hanare_hub.postgresql import Postgresql
from hanare_hub.rows import Database
from hanare_hub.settings import SQLITE
from hanare_hub.sqlite import Sqlite


def choose(url: str) -> Database:
    """Return the driver for the database URL; nothing is opened yet."""
    if url.startswith(SQLITE):
        return Sqlite(Path(url.removeprefix(SQLITE)))
    return Postgresql(url)
