"""A town per test: a database with one gateway, one stick and one lease, and a hub that reads it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.keys import key_of
from tests.hub.store import Store, postgres_store, sqlite_store
from tests.hub.town import Hub
from tests.postgres import Postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Run a PostgreSQL for all tests."""
    with Postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Give the town's database on each engine."""
    return _settled(_new_store(request, tmp_path))


@pytest.fixture
def file_store(tmp_path: Path) -> Store:
    """Give the town's database on SQLite, for what does not depend on the engine."""
    return _settled(sqlite_store(tmp_path / "server.sqlite3"))


@pytest.fixture
def hub(store: Store, tmp_path: Path) -> Iterator[Hub]:
    """Run a hub on each engine."""
    with Hub(tmp_path, store.url) as running:
        yield running


@pytest.fixture
def file_hub(file_store: Store, tmp_path: Path) -> Iterator[Hub]:
    """Run a hub on SQLite."""
    with Hub(tmp_path, file_store.url) as running:
        yield running


def _new_store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "sqlite":
        return sqlite_store(tmp_path / "server.sqlite3")
    return postgres_store(request.getfixturevalue("postgres"))


def _settled(store: Store) -> Store:
    with store.transaction() as step:
        step.put_gateway("gateway-1", key_of("gateway-1"))
        step.put_stick("stick-1", key_of("stick-1"))
        step.put_lease("lease-1")
    return store
