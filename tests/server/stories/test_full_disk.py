"""F59: the server's disk is full. Nothing that an administrator wants is done, because its audit row cannot be written.

Here the kernel refuses what this process would write, as it does when a disk is full (EFBIG for ENOSPC).
"""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest
from django.db import connection
from django.test import Client

from hanare_core.problems import Code
from hanare_server.access import suspend, upkeep
from hanare_server.access.standing import Kind
from hanare_server.audit.log import SYSTEM
from hanare_server.console.roles import Role
from tests.keyd.office import code_of
from tests.server.accounts import account, browser
from tests.server.town import Town

JSON: Final = {"HTTP_ACCEPT": "application/json"}
FULL_BYTES: Final = 4096
"""Less than one frame of SQLite's log."""


@pytest.fixture
def client(town: Town) -> Client:
    """Give a browser of an administrator."""
    return browser(account(town.organisation, Role.ADMINISTRATOR))


def test_a_full_disk_changes_nothing_and_ends_nothing(town: Town, client: Client) -> None:
    """A stop is refused with its sentence, by page and by program; the session and the log stay; with room it works."""
    if connection.vendor != "sqlite":  # known only now: the fixture has chosen the database
        pytest.skip("PostgreSQL's files are another process's")
    stick = town.ready()
    session = stick.sign_in("tanaka").session
    before = (town.acts(), town.organisation.revision, town.organisation.epoch)
    address = f"/console/api/sticks/{stick.stick}/suspend"
    with full_disk():
        assert client.post(address, **JSON).json() == {"code": "not-saved", "detail": {}}
        page = client.post(address)
        assert (page.status_code, "何も変更されませんでした" in page.content.decode()) == (503, True)
        assert code_of(lambda: suspend.stop(town.id, SYSTEM, Kind.STICK, stick.stick)) is Code.NOT_SAVED
        assert upkeep.round_of(town.organisation) == 0
        assert client.get("/console/").status_code == 200
    assert (town.acts(), town.organisation.revision, town.organisation.epoch) == before
    assert (town.session(session).state, town.row(stick).state) == ("open", "active")
    assert client.post(address, **JSON).json()["state"] == "stopped"


@contextmanager
def full_disk() -> Iterator[None]:
    """Let the kernel take no byte beyond the first pages of any file of this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FULL_BYTES, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
