"""The organisation's users as its directory has them now: as the file of an import, and who is in it no more.

From there on it is the import of users, with its preview, its faults by row, all or nothing, its job. Nobody is deleted
or suspended: who is in no directory any more is named, for a person to judge.
"""

import logging
from typing import Final, NamedTuple

from hanare_core import log_lines
from hanare_core.problems import Code, Problem
from hanare_server.config import Directory
from hanare_server.console import scope
from hanare_server.console.models import Administrator
from hanare_server.directory import names
from hanare_server.directory.models import User
from hanare_server.directory.transfer import text
from hanare_server.directory.transfer.kinds import TRANSFERS
from hanare_server.directory.transfer.text import Encoding
from hanare_server.ldap_directory import client, offered

USERS: Final = next(one for one in TRANSFERS if one.kind.word == "users")
"""How users come by a file."""

_COLUMNS: Final = ("name", "full_name", "department")

_log: Final = logging.getLogger(__name__)


class Found(NamedTuple):
    """What a directory has."""

    file: bytes
    absent: list[User]
    """Users who are in no entry: they left it, or never were in it."""


def directory_of(account: Administrator) -> Directory:
    """Return the directory of the account's organisation; raises Problem(NOT_FOUND) where it has none."""
    directory = offered.of(account.here.pk)
    if directory is None:
        raise Problem(Code.NOT_FOUND)
    return directory


def read(account: Administrator) -> Found:
    """Ask the directory; raises Problem(NOT_FOUND or DIRECTORY_UNREACHABLE)."""
    directory = directory_of(account)
    try:
        entries = client.people(directory)
    except client.UnavailableError as error:
        log_lines.event(_log, logging.ERROR, "directory away", directory=directory.id, error=str(error))
        raise Problem(Code.DIRECTORY_UNREACHABLE) from error
    return Found(_file(_here(account, entries)), _absent(account, entries))


def _here(account: Administrator, entries: list[client.Entry]) -> list[client.Entry]:
    """Leave out whom somebody has marked as left: a directory that still knows them brings nobody back."""
    left = set(scope.rows(account, User).filter(state=User.State.GONE).values_list("name_key", flat=True))
    return [entry for entry in entries if _key(entry.name) not in left]


def _key(name: str) -> str:
    try:
        return names.normalise(name)
    except Problem:
        return ""  # the preview names the row


def _file(entries: list[client.Entry]) -> bytes:
    titles = [USERS.reader.columns[name][0] for name in _COLUMNS]
    rows = sorted((entry.name, entry.full_name, entry.department) for entry in entries)
    return text.write([titles, *rows], Encoding.UTF_8)


def _absent(account: Administrator, entries: list[client.Entry]) -> list[User]:
    there = {_key(entry.name) for entry in entries}
    users = scope.rows(account, User).exclude(state=User.State.GONE).order_by("name")
    return [user for user in users if user.name_key not in there]
