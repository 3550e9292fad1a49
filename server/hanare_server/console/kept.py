"""Answers kept for a moment in this process: what many readers ask of one organisation is counted once.

An answer holds until the organisation's next act, which every reader notices by its audit number, and KEPT_SECONDS at
most, for what time alone changes (a stick that becomes overdue). A request that itself acts is never shown a kept one.
Limits: it is no store of truth; each web process keeps its own, MOST of them.
"""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from hanare_server.console.models import Administrator
from hanare_server.console.roles import Role

T = TypeVar("T")

KEPT_SECONDS: Final = 5.0
"""Half of the time after which a page is drawn anew by itself."""

MOST: Final = 1024
"""Answers of one process: some kinds for each organisation and department contact of a large installation."""

_kept: Final[dict[tuple[str, ...], tuple[int, float, object]]] = {}


def answer(account: Administrator, name: str, count: Callable[[], T]) -> T:
    """Return what `count` says of the rows that the account sees, or what it said a moment ago.

    All roles but the department contact see the same rows of an organisation (`console.scope`).
    """
    if not account.only_reads:
        return count()
    key = (account.here.pk, account.pk if account.role == Role.CONTACT else "", name)
    number, now = account.here.audit_number, time.monotonic()
    found = _kept.get(key)
    if found is not None and found[0] == number and now - found[1] < KEPT_SECONDS:
        return found[2]  # type: ignore[return-value] # of the same name
    if len(_kept) >= MOST:
        _kept.clear()
    counted = count()
    _kept[key] = (number, now, counted)
    return counted
