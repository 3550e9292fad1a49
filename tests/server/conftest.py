"""One database, keyd and hub for all of the server's tests; an organisation of its own for each.

HANARE_TEST_DATABASE=sqlite|postgresql chooses the database. Nothing is flushed between tests, as in real
life: rows of the audit log cannot be deleted, and organisations do not see each other.
"""

import os
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from django.conf import settings
from django.db import connections
from django.utils.translation.reloader import translation_file_changed
from playwright.sync_api import Browser

from hanare_server import config, hub_client, keys
from hanare_server.api import bearer
from hanare_server.sticks import edge, sign_in
from hanare_server.throttle import Throttle
from tests.hub.peers import LOCAL_SOCKET
from tests.hub.town import Hub
from tests.keyd.office import Keyd, write_settings
from tests.postgres import Postgres
from tests.server import front, tables
from tests.server import town as towns
from tests.server.browsing import chromium
from tests.server.front import Gunicorn
from tests.server.town import Town

GATEWAY_MS: Final = 30_000
"""Wide bound of a gateway's acknowledgement: whether it comes within two seconds is no matter of these tests."""


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of the processes."""
    return tmp_path_factory.mktemp("office")


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """Give a PostgreSQL's URL, or nothing for SQLite."""
    if os.environ.get("HANARE_TEST_DATABASE", "sqlite") != "postgresql":
        yield ""
        return
    with Postgres() as server:
        yield server.url


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any, place: Path, database_url: str) -> Iterator[None]:
    """Make the database by our own migrations, with the settings that a real server would have."""
    _compile_messages()
    chosen = config.Config(directory=str(place), database=database_url, hub_socket=str(place / LOCAL_SOCKET))
    keys.make(chosen.path("server.key"))
    keys.make(chosen.path("secret"))
    settings.PASSWORD_HASHERS = ["tests.server.cheap.CheapHasher"]
    settings.HANARE, settings.SECRET_KEY = chosen, config.secret(chosen)
    with django_db_blocker.unblock():
        use_database(config.database(chosen))
        tables.make(database_url, chosen.path("server.sqlite3"))
        yield
        connections.close_all()


@pytest.fixture(scope="session")
def keyd(place: Path) -> Iterator[Keyd]:
    """Run a real keyd."""
    process = Keyd(write_settings(place))
    with process.running():
        yield process


@pytest.fixture(scope="session")
def hub(place: Path, database_url: str, django_db_setup: None) -> Iterator[Hub]:  # noqa: ARG001 tables first
    """Run a real hub on the server's database."""
    url = database_url or f"sqlite:///{place}/server.sqlite3"
    with Hub(place, url) as running:
        yield running


@pytest.fixture(scope="session")
def chrome() -> Iterator[Browser]:
    """Run Debian's Chromium without a screen: one for all tests, because Playwright runs once in a thread."""
    with chromium() as running:
        yield running


@pytest.fixture
def town(keyd: Keyd, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """Give a new city hall."""
    town = towns.found(keyd, hub, monkeypatch)
    monkeypatch.setattr(hub_client, "await_lease", partial(hub_client.await_lease, wait_ms=GATEWAY_MS))
    monkeypatch.setattr(hub_client, "IN_TOUCH_SECONDS", GATEWAY_MS / 1000)
    yield town
    town.close()


@pytest.fixture(scope="session")
def address(place: Path, hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run one web process and nginx for all tests with a browser; gives the console's address."""
    del hub  # must run before nginx leads to it
    folder = tmp_path_factory.mktemp("front")
    with Gunicorn(folder).running(), front.nginx(folder, place / "channel.sock") as address:
        yield address


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one source ask as often as it likes: what minutes of waiting would allow as well."""
    for module in (bearer, edge, sign_in):
        for name in [name for name, value in vars(module).items() if isinstance(value, Throttle)]:
            monkeypatch.setattr(module, name, Throttle(burst=100_000, per_second=1_000))


def _compile_messages() -> None:
    """Make the .mo files from the catalogues: they are not in git."""
    for source in Path(settings.LOCALE_PATHS[0]).parent.glob("**/locale/*/LC_MESSAGES/django.po"):
        compiled = source.with_suffix(".mo")
        fresh = source.with_suffix(f".{os.getpid()}")  # another worker of the same run may read the old one just now
        subprocess.run(["msgfmt", "-o", fresh, source], check=True)
        fresh.rename(compiled)
        translation_file_changed(None, compiled)  # Django has loaded its catalogues already


def use_database(database: dict[str, Any]) -> None:
    """Put this database in the place of the default one, before anybody has connected."""
    settings.DATABASES["default"] = database
    connections.settings["default"] = connections.configure_settings({"default": database})["default"]
    del connections["default"]
