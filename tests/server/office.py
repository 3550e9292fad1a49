"""The server as processes for programs that are no tests: database, keyd, hub, web process, one city hall in them."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hanare_server.settings")
django.setup()

import pytest  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connections  # noqa: E402

from hanare_server import config, keys  # noqa: E402
from hanare_server.sticks import edge, sign_in  # noqa: E402
from hanare_server.throttle import Throttle  # noqa: E402
from tests.hub.peers import LOCAL_SOCKET  # noqa: E402
from tests.hub.town import Hub  # noqa: E402
from tests.keyd.office import Keyd, write_settings  # noqa: E402
from tests.postgres import Postgres  # noqa: E402
from tests.server import conftest, tables, town  # noqa: E402
from tests.server.front import Gunicorn  # noqa: E402
from tests.server.unix_client import UnixClient  # noqa: E402

POOL: Final = "100.64.0.0/18"
"""What a real gateway has: no address is given again within ten minutes, so a small pool would end a storm."""


@contextmanager
def office(place: Path, database: str, workers: int = 1) -> Iterator[tuple[town.Town, Callable[[], UnixClient]]]:
    """Run everything in the folder; give a city hall, and what makes clients of its web process."""
    with ExitStack() as stack:
        url = stack.enter_context(Postgres()).url if database == "postgresql" else ""
        chosen = config.Config(directory=str(place), database=url, hub_socket=str(place / LOCAL_SOCKET))
        for name in ("server.key", "secret"):
            keys.make(chosen.path(name))
        settings.HANARE, settings.SECRET_KEY = chosen, config.secret(chosen)
        conftest.use_database(config.database(chosen))
        tables.make(url, chosen.path("server.sqlite3"))
        stack.callback(connections.close_all)
        keyd = Keyd(write_settings(place))
        stack.enter_context(keyd.running())
        hub = stack.enter_context(Hub(place, url or f"sqlite:///{place}/server.sqlite3"))
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for module, name in ((edge, "_throttle"), (sign_in, "pair_throttle")):
            patch.setattr(module, name, Throttle(burst=1_000_000, per_second=10_000))
        founded = town.found(keyd, hub, patch, POOL)
        stack.callback(founded.close)
        web = Gunicorn(place, workers)
        stack.enter_context(web.running())
        yield founded, lambda: UnixClient(web)
