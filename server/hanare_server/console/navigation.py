"""The console's menu: one line a page, in the order of a working day. Who lacks the permission sees none."""

from collections.abc import Callable
from typing import Final, NamedTuple

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from hanare_server.approvals import waiting
from hanare_server.console import addresses
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission


class Entry(NamedTuple):
    """One line of the menu. The pages below it have names that begin with its own and a dash."""

    title: Promise
    view: str
    """Name of the view with its namespace."""
    permission: Permission
    awaiting: Callable[[Administrator], int] | None = None
    """How much waits there."""


class Section(NamedTuple):
    """A group of lines under one heading."""

    title: Promise
    entries: tuple[Entry, ...]


class Line(NamedTuple):
    """A line as a reader sees it."""

    title: Promise
    address: str
    current: bool
    awaiting: int = 0


MENU: Final = (
    Section(
        gettext_lazy("Daily work"),
        (
            Entry(gettext_lazy("Who is using it now"), "console:live", Permission.LIVE_READ),
            Entry(gettext_lazy("Lending"), "lending:ledger", Permission.LOANS_READ),
            Entry(gettext_lazy("Help desk"), "helpdesk:help", Permission.EXPLAIN),
            Entry(gettext_lazy("Messages"), "messages:messages", Permission.HELP_DESK),
            Entry(gettext_lazy("Approvals"), "approvals:approvals", Permission.APPROVALS_READ, waiting.count),
        ),
    ),
    Section(
        gettext_lazy("Management"),
        (
            Entry(gettext_lazy("Users"), "directory:users", Permission.DIRECTORY_READ),
            Entry(gettext_lazy("Departments"), "directory:departments", Permission.DIRECTORY_READ),
            Entry(gettext_lazy("Sticks"), "directory:sticks", Permission.DIRECTORY_READ),
            Entry(gettext_lazy("Office PCs"), "directory:office-pcs", Permission.DIRECTORY_READ),
            Entry(gettext_lazy("Gateways"), "directory:gateways", Permission.GATEWAYS_READ),
            Entry(gettext_lazy("Re-key"), "rekey:rekey", Permission.GATEWAYS_READ),
            Entry(gettext_lazy("Organisation"), "console:organisation", Permission.SETTINGS_READ),
            Entry(gettext_lazy("Settings"), "profiles:profiles", Permission.SETTINGS_READ),
            Entry(gettext_lazy("Administrators"), "administrators:administrators", Permission.ADMINISTRATORS_READ),
            Entry(gettext_lazy("Organisations"), "administrators:organisations", Permission.ORGANISATIONS_READ),
            Entry(gettext_lazy("API tokens"), "tokens:tokens", Permission.TOKENS),
        ),
    ),
    Section(
        gettext_lazy("Records"),
        (
            Entry(gettext_lazy("Working hours"), "reports:hours", Permission.HOURS_READ),
            Entry(gettext_lazy("Usage"), "reports:usage", Permission.USAGE_READ),
            Entry(gettext_lazy("Audit log"), "console:audit", Permission.AUDIT_READ),
            Entry(gettext_lazy("Evidence pack"), "evidence:evidence", Permission.EVIDENCE_READ),
        ),
    ),
)


def menu(request: HttpRequest) -> list[tuple[Promise, list[Line]]]:
    """Return the sections with the lines that the signed-in account may follow."""
    if not isinstance(request.user, Administrator):
        return []
    account, here = request.user, request.resolver_match.view_name if request.resolver_match else ""
    found = [(section.title, _lines(section, account, here)) for section in MENU]
    return [(title, lines) for title, lines in found if lines]


def _lines(section: Section, account: Administrator, here: str) -> list[Line]:
    return [
        Line(
            entry.title,
            addresses.plain(entry.view),
            here == entry.view or here.startswith(f"{entry.view}-"),
            entry.awaiting(account) if entry.awaiting is not None else 0,
        )
        for entry in section.entries
        if account.may(entry.permission)
    ]
