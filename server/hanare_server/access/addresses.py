"""Inner addresses: each session gets one on each of its gateways, from the gateway's pool.

The search goes round the pool from where it last stopped, and an address rests for REST_MS after its lease
ended: a packet still on its way never meets another session. Runs under the organisation's lock.
"""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network
from itertools import count, islice
from typing import Final

from hanare_server.access.models import Lease
from hanare_server.clock import MINUTE_MS
from hanare_server.directory.models import Gateway

REST_MS: Final = 10 * MINUTE_MS
"""Not reused for 10 minutes: longer than any TTL or TCP retransmission in flight."""

WINDOW: Final = 32
"""Addresses asked about at first; twice as many each time that none of them is free, so a full pool is soon known."""

_EDGE: Final = 2
"""The network's own address and the gateway's, which is the first host address."""


def allocate(gateway: Gateway, now_ms: int) -> str | None:
    """Return a free address of the gateway's pool and move its search on; None when the pool is used up.

    The caller saves the gateway. However many sessions there are, only addresses near to where the search stands are
    asked about: stops wait for the lock under which this runs.
    """
    pool = IPv4Network(gateway.pool)
    for window in _windows(_round_trip(gateway.next_address, pool.num_addresses - 1)):
        busy = _busy(gateway, [str(pool[offset]) for offset in window], now_ms)
        free = next((offset for offset in window if str(pool[offset]) not in busy), None)
        if free is not None:
            gateway.next_address = free + 1
            return str(pool[free])
    return None


def _busy(gateway: Gateway, addresses: Sequence[str], now_ms: int) -> frozenset[str]:
    asked = Lease.objects.filter(gateway=gateway, address__in=addresses).order_by().values_list("address", flat=True)
    return frozenset(asked.filter(gone_ms=None).union(asked.filter(gone_ms__gt=now_ms - REST_MS)))


def _windows(offsets: Iterator[int]) -> Iterator[list[int]]:
    for turn in count():
        window = list(islice(offsets, WINDOW << turn))
        if not window:
            return
        yield window


def _round_trip(start: int, end: int) -> Iterator[int]:
    """Yield every usable offset once, beginning at `start`; `end`, the broadcast address, is not usable."""
    first = min(max(start, _EDGE), end)
    yield from range(first, end)
    yield from range(_EDGE, first)
