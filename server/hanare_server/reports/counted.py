"""A month's usage as it was last counted: a large one takes seconds, so the worker counts before anybody asks.

What is counted quickly is counted for each reader. What is slow is kept in the cache's table, which all processes
share: the present month as long as KEPT_SECONDS, counted anew by the worker every COUNT_SECONDS; a month that is over
does not change any more.
"""

import hashlib
from datetime import date
from typing import Final, NamedTuple

from django.core.cache import cache
from django.db.models import QuerySet

from hanare_server.access.models import Session
from hanare_server.audit.models import AuditRow
from hanare_server.clock import now_ms
from hanare_server.console import scope
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Role
from hanare_server.directory.models import Organisation
from hanare_server.reports.rows import Month, refusals, uses
from hanare_server.reports.usage import Usage, usage, waited

QUICK_MS: Final = 50
"""A month that is counted faster than this is counted for each reader."""

COUNT_SECONDS: Final = 900
"""How old the figures of a slow month may be; the page says when they were counted."""

KEPT_SECONDS: Final = 2 * COUNT_SECONDS
"""Longer than until the worker's next count: no reader waits."""

OVER_SECONDS: Final = 30 * 24 * 3600

_EVERYTHING: Final = "*"


class Counted(NamedTuple):
    """A month as it was counted."""

    usage: Usage
    refused: dict[str, int]
    at_ms: int


def of(account: Administrator, month: Month) -> Counted:
    """Return the month of the rows that the account sees."""
    seen = " ".join(scope.departments(account)) if account.role == Role.CONTACT else _EVERYTHING
    known: Counted | None = cache.get(_key(account.here.pk, seen, month))
    return known or _count(
        scope.rows(account, Session), scope.rows(account, AuditRow), _key(account.here.pk, seen, month), month
    )


def round_of(organisation: Organisation) -> None:
    """Count the present month when the last count is COUNT_SECONDS old and was slow; the worker does it."""
    month = Month.of("", organisation, date.fromtimestamp(now_ms() / 1000))  # noqa: DTZ012 the server's day
    key = _key(organisation.pk, _EVERYTHING, month)
    if not cache.add(f"{key}-counting", value=True, timeout=COUNT_SECONDS):
        return
    _count(
        Session.objects.filter(organisation=organisation),
        AuditRow.objects.filter(organisation=organisation),
        key,
        month,
    )


def _count(sessions: QuerySet[Session], rows: QuerySet[AuditRow], key: str, month: Month) -> Counted:
    now = now_ms()
    found = usage(uses(sessions, month, now), month.zone, month.calendar)
    refused = {"waiting": 0, "ours": 0, "other": 0} | waited(refusals(rows, month))
    made = Counted(found, refused, now)
    if now_ms() - now > QUICK_MS:
        cache.set(key, made, OVER_SECONDS if month.span.end < now else KEPT_SECONDS)
    return made


def _key(organisation: str, seen: str, month: Month) -> str:
    # A key of the cache is short and plain; whose rows it counts must not be guessed from another reader's.
    return hashlib.sha256(f"usage {organisation} {seen} {month.text}".encode()).hexdigest()
