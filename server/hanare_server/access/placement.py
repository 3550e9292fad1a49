"""Which gateways a new session gets. `place` is pure; `gateways` gathers what it may know.

The session goes where its stick's door stands, because that gateway is known to work from this home, unless it is out
of touch or draining; sticks choose their doors so that they spread evenly. The second path is the least busy gateway in
touch. One that is out of touch comes last: it takes no new session first as long as any other is there, and as second
path it holds its lease as soon as it is back. A draining gateway gets none.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from django.db.models import Count

from hanare_server.access.models import Lease
from hanare_server.directory.models import Gateway, Organisation

PATHS: Final = 2
"""A session gets a lease on up to two gateways: the second is there when the first dies."""


class Entrance(NamedTuple):
    """By which gateway the sign-in came, and which gateways are in touch."""

    door: str | None
    in_touch: frozenset[str]


class Candidate(NamedTuple):
    """A gateway that may take the session, with how many sessions have it as their first path."""

    id: str
    draining: bool
    sessions: int


def place(candidates: Iterable[Candidate], entrance: Entrance) -> list[str]:
    """Return the gateways to ask for an address, the best first; of equals the one listed first."""

    def badness(gateway: Candidate) -> tuple[bool, bool, int]:
        return gateway.id not in entrance.in_touch, gateway.id != entrance.door, gateway.sessions

    return [gateway.id for gateway in sorted(candidates, key=badness) if not gateway.draining]


def gateways(organisation: Organisation, entrance: Entrance) -> list[Gateway]:
    """Return the organisation's gateways for a new session, the best first."""
    rows = {row.pk: row for row in Gateway.objects.filter(organisation=organisation, state=Gateway.State.ACTIVE)}
    first = Lease.objects.filter(gateway__in=rows, state=Lease.State.PRESENT, position=0).order_by()
    sessions = dict(first.values_list("gateway").annotate(Count("pk")))
    candidates = [Candidate(row.pk, row.draining, sessions.get(row.pk, 0)) for row in rows.values()]
    return [rows[name] for name in place(candidates, entrance)]
