"""The page of users from the directory: read, shown as what an import would do, and taken over as one."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from hanare_core.problems import Code, Problem
from hanare_server.console.guard import administrator, permitted
from hanare_server.console.roles import Permission
from hanare_server.directory.transfer import pages
from hanare_server.ldap_directory import people

ABSENT_SHOWN: Final = 50


@permitted(Permission.DIRECTORY_EDIT)
@require_http_methods(["GET", "POST"])
def sync(request: HttpRequest) -> HttpResponse:
    """Show where users come from; read them and show what would change."""
    account = administrator(request)
    shared: dict[str, Any] = {
        "directory": people.directory_of(account),
        "heading": gettext("Users from the directory"),
    }
    if request.method == "GET":
        return pages.show(request, people.USERS, **shared)
    try:
        found = people.read(account)
    except Problem as problem:
        if problem.code is not Code.DIRECTORY_UNREACHABLE:
            raise
        fault = gettext("The directory does not answer. Try later, or ask whoever maintains it.")
        return pages.show(request, people.USERS, status=502, fault=fault, **shared)
    shared |= {"absent": found.absent[:ABSENT_SHOWN], "absent_more": max(0, len(found.absent) - ABSENT_SHOWN)}
    return pages.preview(request, people.USERS, found.file, **shared)
