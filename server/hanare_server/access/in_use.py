"""What the hub knows of the gateways now: which are in touch, and how many sessions come by each."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from hanare_core.messages.gateway import Fact
from hanare_server import hub_client
from hanare_server.access.models import Lease
from hanare_server.sockets import Unreachable


class InUse(NamedTuple):
    """Gateways by id; a gateway that nobody uses has no entry in `sessions`."""

    in_touch: frozenset[str]
    sessions: Mapping[str, int]


def of(organisation: str) -> InUse:
    """Return what holds now; without a hub no gateway is in touch, and sessions count at their first path."""
    try:
        known = hub_client.facts(organisation)
    except Unreachable:
        return InUse(frozenset(), _sessions(organisation, ()))
    return InUse(frozenset(known.gateways), _sessions(organisation, known.facts))


def _sessions(organisation: str, facts: Iterable[Fact]) -> Counter[str]:
    """Count each session at the gateway through which its last packet came."""
    last = {fact.lease: fact.last_packet_ms for fact in facts}
    present = Lease.objects.filter(organisation=organisation, state=Lease.State.PRESENT)
    paths = present.values_list("session_id", "pk", "gateway_id", "position")
    used: dict[str, tuple[int, int, str]] = {}
    for session, lease, gateway, position in paths:
        here = (last.get(lease, 0), -position, gateway)
        used[session] = max(used.get(session, here), here)
    return Counter(gateway for _, _, gateway in used.values())
