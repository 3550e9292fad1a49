"""What dies and what is slow: the database away, replaced or frozen; the hub killed; peers that do not read."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hanare_core.messages import local
from hanare_core.messages.gateway import Delta, State
from hanare_core.messages.stick import Standing, Stop, Welcome
from tests.hub.keys import key_of
from tests.hub.peers import until
from tests.hub.store import Store, postgres_store, sqlite_store
from tests.hub.town import Hub
from tests.postgres import Postgres

AGE_MS = 3_000
"""An age that no database within reach gives: the poll is 2 s."""


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """Run a PostgreSQL that the test may stop."""
    with Postgres() as server:
        yield server


def test_database_away_only_ages(tmp_path: Path, own_postgres: Postgres) -> None:
    """Without the database channels stay and beats are answered with a growing age; afterwards the hub catches up."""
    store = _town(postgres_store(own_postgres))
    with Hub(tmp_path, store.url) as hub:
        peer, carried = hub.gateway(), hub.stick()
        at = peer.snapshot()[-1].revision
        carried.take(Welcome)
        carried.take(Standing)
        own_postgres.stop()
        first = until(lambda: _older(peer.beat().age_ms))
        assert peer.beat().age_ms >= first
        assert peer.beat().revision == at
        own_postgres.start()
        with store.transaction() as step:
            step.end_lease("lease-1")
        assert peer.take(Delta, 10).leases[0].state is State.GONE
        carried.take(Stop)
        assert peer.beat().age_ms < AGE_MS


def test_frozen_database_only_ages(tmp_path: Path, own_postgres: Postgres) -> None:
    """A database that takes connections but never answers is given up after 5 s and read again when it does."""
    store = _town(postgres_store(own_postgres))
    with Hub(tmp_path, store.url) as hub:
        peer = hub.gateway()
        peer.snapshot()
        with own_postgres.frozen():
            until(lambda: "database away" in hub.log, 15)
            assert peer.beat().age_ms >= AGE_MS
        until(lambda: peer.beat().age_ms < AGE_MS, 15)


def test_hub_without_database_lets_nobody_in(tmp_path: Path) -> None:
    """A hub that never read its database answers 503, and serves as soon as the database is there."""
    with Hub(tmp_path, f"sqlite:///{tmp_path}/server.sqlite3") as hub:
        with pytest.raises(Exception, match="503"):
            hub.dial_once("/gateway/v1")
        _town(sqlite_store(tmp_path / "server.sqlite3"))
        hub.reach(2)
        hub.gateway().snapshot()


def test_replaced_file_is_read_anew(file_hub: Hub, file_store: Store, tmp_path: Path) -> None:
    """A restored database file with a lower revision brings a snapshot of what it says."""
    backup = tmp_path / "backup.sqlite3"
    with file_store.transaction() as step:
        step.put_lease("lease-2")
    file_hub.reach(step.revision)
    peer = file_hub.gateway()
    peer.snapshot()
    older = sqlite_store(backup)
    with older.transaction() as step:
        step.put_gateway("gateway-1", key_of("gateway-1"))
        step.put_lease("lease-1")
    for suffix in ("-wal", "-shm"):
        Path(f"{tmp_path}/server.sqlite3{suffix}").unlink(missing_ok=True)
    shutil.move(backup, tmp_path / "server.sqlite3")
    (part,) = peer.snapshot()
    assert part.revision == 2
    assert [lease.lease for lease in part.leases] == ["lease-1"]
    assert part.doors == ()


def test_killed_hub_comes_back_with_the_whole_state(hub: Hub, store: Store) -> None:
    """What changed while the hub was dead is in the first snapshot after it."""
    hub.gateway().snapshot()
    hub.kill()
    with store.transaction() as step:
        step.end_lease("lease-1")
        step.put_lease("lease-2")
    hub.start()
    assert [lease.lease for lease in hub.gateway().snapshot()[0].leases] == ["lease-2"]


def test_slow_gateway_costs_no_memory_and_is_closed(file_hub: Hub, file_store: Store) -> None:
    """A gateway that reads nothing is closed; others hear at once, and it starts anew from a snapshot."""
    with file_store.transaction() as step:
        step.put_gateway("gateway-2", key_of("gateway-2"))
        for number in range(1_500):
            step.put_lease(f"lease-{number}")
    file_hub.reach(step.revision)
    deaf, good = file_hub.deaf_gateway(), file_hub.gateway("gateway-2")
    good.snapshot()
    with file_store.transaction() as step:
        step.end_lease("lease-7")
    assert good.take(Delta, 1.0).revision == step.revision
    server = file_hub.server()
    until(lambda: "gateway-1" not in server.ask(local.Facts("city"), local.FactsAnswer).gateways, 20)
    assert '"status":4408' in file_hub.log
    deaf.close()
    assert sum(len(part.leases) for part in file_hub.gateway().snapshot()) == 1_499
    server.close()


def _older(age_ms: int) -> int:
    time.sleep(0.05)
    return age_ms if age_ms >= AGE_MS else 0


def _town(store: Store) -> Store:
    with store.transaction() as step:
        step.put_gateway("gateway-1", key_of("gateway-1"))
        step.put_stick("stick-1", key_of("stick-1"))
        step.put_lease("lease-1")
    return store
