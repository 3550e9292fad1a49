"""Users from the directory: read, shown as what an import would do, and taken over as one.

Its people become the rows of a file; from there on it is the import of users, with its preview, its faults by row, all
or nothing, its job. Nobody is deleted or suspended: who is in no directory any more is named, for a person to judge.
"""

import logging
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from hanare_core import log_lines
from hanare_core.problems import Code, Problem
from hanare_server.console import scope
from hanare_server.console.guard import administrator, permitted
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission
from hanare_server.directory import names
from hanare_server.directory.models import User
from hanare_server.directory.transfer import pages, text
from hanare_server.directory.transfer.kinds import TRANSFERS
from hanare_server.directory.transfer.text import Encoding
from hanare_server.ldap_directory import client, offered

ABSENT_SHOWN: Final = 50

_USERS: Final = next(one for one in TRANSFERS if one.kind.word == "users")
_COLUMNS: Final = ("name", "full_name", "department")

_log: Final = logging.getLogger(__name__)


@permitted(Permission.DIRECTORY_EDIT)
@require_http_methods(["GET", "POST"])
def sync(request: HttpRequest) -> HttpResponse:
    """Show where users come from; read them and show what would change."""
    account = administrator(request)
    directory = offered.of(account.here.pk)
    if directory is None:
        raise Problem(Code.NOT_FOUND)
    shared: dict[str, Any] = {"directory": directory, "heading": gettext("Users from the directory")}
    if request.method == "GET":
        return pages.show(request, _USERS, **shared)
    try:
        entries = client.people(directory)
    except client.UnavailableError as error:
        log_lines.event(_log, logging.ERROR, "directory away", directory=directory.id, error=str(error))
        fault = gettext("The directory does not answer. Try later, or ask whoever maintains it.")
        return pages.show(request, _USERS, status=502, fault=fault, **shared)
    absent = _absent(account, entries)
    shared |= {"absent": absent[:ABSENT_SHOWN], "absent_more": max(0, len(absent) - ABSENT_SHOWN)}
    return pages.preview(request, _USERS, _file(entries), **shared)


def _file(entries: list[client.Entry]) -> bytes:
    titles = [_USERS.reader.columns[name][0] for name in _COLUMNS]
    rows = sorted((entry.name, entry.full_name, entry.department) for entry in entries)
    return text.write([titles, *rows], Encoding.UTF_8)


def _absent(account: Administrator, entries: list[client.Entry]) -> list[User]:
    """Return the users who are in no entry of the directory: they left it, or never were in it."""
    there = set()
    for entry in entries:
        try:
            there.add(names.normalise(entry.name))
        except Problem:
            continue  # the preview names the row
    users = scope.rows(account, User).exclude(state=User.State.GONE).order_by("name")
    return [user for user in users if user.name_key not in there]
