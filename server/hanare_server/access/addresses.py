"""Inner addresses: each session gets one on each of its gateways, from the gateway's pool.

The search goes round the pool from where it last stopped, and an address rests for REST_MS after its lease
ended: a packet still on its way never meets another session. Runs under the organisation's lock.
"""

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Final

from django.db.models import Q

from hanare_server.access.models import Lease
from hanare_server.directory.models import Gateway

REST_MS: Final = 10 * 60 * 1000
"""Not reused for 10 minutes: longer than any TTL or TCP retransmission in flight."""

_EDGE: Final = 2
"""The network's own address and the gateway's, which is the first host address."""


def allocate(gateway: Gateway, now_ms: int) -> str | None:
    """Return a free address of the gateway's pool and move its search on; None when the pool is used up.

    The caller saves the gateway.
    """
    pool = IPv4Network(gateway.pool)
    busy = _busy(gateway, now_ms)
    for offset in _round_trip(gateway.next_address, pool.num_addresses - 1):
        address = str(pool[offset])
        if address not in busy:
            gateway.next_address = offset + 1
            return address
    return None


def _busy(gateway: Gateway, now_ms: int) -> frozenset[str]:
    held = Q(state=Lease.State.PRESENT) | Q(gone_ms__gt=now_ms - REST_MS)
    return frozenset(Lease.objects.filter(held, gateway=gateway).values_list("address", flat=True))


def _round_trip(start: int, end: int) -> Iterator[int]:
    """Yield every usable offset once, beginning at `start`; `end`, the broadcast address, is not usable."""
    first = min(max(start, _EDGE), end)
    yield from range(first, end)
    yield from range(_EDGE, first)
