"""What ends by a date when nobody looks: certificates of sticks, and the server's own.

Told on the start page 30 days, 7 days and a day before the end: the nearer the louder. A stick whose certificate has
ended signs in no more; sessions that are open then go on to their own end. Sticks pin the server's certificate
whatever its dates say: at its end only browsers warn.
"""

from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

from cryptography import x509
from django.conf import settings
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from hanare_server.clock import DAY_MS, now_ms
from hanare_server.directory.models import Stick

WARNED: Final = (
    (1, gettext_lazy("within a day")),
    (7, gettext_lazy("within 7 days")),
    (30, gettext_lazy("within 30 days")),
)
"""So many days before the end it is told, the most urgent first; each stick counts at the most urgent only."""

STICKS: Final = {
    1: gettext_lazy("Sticks whose certificate has ended or ends within a day"),
    7: gettext_lazy("Sticks whose certificate ends within 7 days"),
    30: gettext_lazy("Sticks whose certificate ends within 30 days"),
}
SERVER: Final = {
    1: gettext_lazy("The server's certificate has ended or ends within a day: browsers warn of it"),
    7: gettext_lazy("The server's certificate ends within 7 days: browsers warn of it then"),
    30: gettext_lazy("The server's certificate ends within 30 days: browsers warn of it then"),
}


def sticks(days: int) -> Q:
    """Return the condition of active sticks that are told at this warning and at no more urgent one."""
    more_urgent = max((earlier for earlier, _ in WARNED if earlier < days), default=None)
    since = now_ms() + more_urgent * DAY_MS if more_urgent else 0
    within = Q(certificate_until_ms__gt=since, certificate_until_ms__lte=now_ms() + days * DAY_MS)
    return within & Q(state=Stick.State.ACTIVE)


def server() -> Promise | None:
    """Return what is to be said of the server's own certificate, or None."""
    file = settings.HANARE.tls_certificate_file
    if not file:
        return None
    try:
        left_ms = _ends_ms(file, Path(file).stat().st_mtime_ns) - now_ms()
    except (OSError, ValueError):
        return gettext_lazy("The server's certificate cannot be read")
    return next((SERVER[days] for days, _ in WARNED if left_ms <= days * DAY_MS), None)


@lru_cache(maxsize=4)
def _ends_ms(file: str, _changed_ns: int) -> int:
    found = x509.load_pem_x509_certificate(Path(file).read_bytes())
    return int(found.not_valid_after_utc.timestamp() * 1000)


def day_of(time_ms: int) -> str:
    """Return the day in UTC, or a dash for one that is not known or beyond all calendars."""
    try:
        return datetime.fromtimestamp(time_ms / 1000, UTC).date().isoformat() if time_ms else "–"
    except (OverflowError, ValueError):
        return "–"
