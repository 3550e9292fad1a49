"""What is known of a quarantined stick and its twin: for who has to say which of the two is the original."""

from typing import NamedTuple

from hanare_server.audit.log import Act
from hanare_server.audit.models import AuditRow
from hanare_server.directory.models import Stick, User


class Sighting(NamedTuple):
    """One of the two: when it was seen, from which address on the internet, and with whom."""

    generation: int
    time_ms: int
    line: str
    user: str


def both(stick: Stick) -> list[Sighting]:
    """Return the one that was expected, then the other one; of the other nothing where the log does not tell."""
    expected = Sighting(stick.generation, stick.seen_ms or 0, stick.seen_line, _name(stick.seen_user))
    if stick.stale_shown is None:
        return [expected]
    rows = AuditRow.objects.filter(organisation=stick.organisation_id, object=stick.pk, act=Act.QUARANTINED)
    row = rows.order_by("-number").first()
    told = row.detail if row is not None else {}
    time_ms, line = int(told.get("shown_ms", 0)), told.get("shown_line", "")
    return [expected, Sighting(stick.stale_shown, time_ms, line, _name(told.get("shown_user", "")))]


def _name(user: str) -> str:
    found = User.objects.filter(pk=user).first()
    return str(found) if found is not None else user or "–"
