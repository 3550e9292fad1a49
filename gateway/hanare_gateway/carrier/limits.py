"""How many connections the carrier holds: overall, and for one source, so that one address cannot take all."""

import ipaddress
from collections import Counter
from typing import Final

CONNECTIONS: Final = 4_000
"""Two a stick; about 100 KB each with OpenSSL's buffers."""

SOURCE_CONNECTIONS: Final = 200
"""One IPv4 address may be a provider's translator (DS-Lite, MAP-E) that a hundred homes share."""

IPV6_CONNECTIONS: Final = ((64, SOURCE_CONNECTIONS), (56, 400), (48, 800))
"""Prefix lengths, and what each network may hold. A line has a /64 at least; most homes have a /56, some a /48: who
turns through the networks of one line gets no more than a fifth of all."""


class Limits:
    """Counts the connections that are open or opening."""

    def __init__(self, total: int = CONNECTIONS) -> None:
        self._total = total
        self._all = 0
        self._open: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Count one more connection from this address; False: it is one too many and was not counted."""
        places = places_of(address)
        if self._all >= self._total or any(self._open[place] >= most for place, most in places.items()):
            return False
        self._all += 1
        self._open.update(places.keys())
        return True

    def leave(self, address: str) -> None:
        """Count one less."""
        self._all -= 1
        for place in places_of(address):
            self._open[place] -= 1
            if not self._open[place]:
                del self._open[place]


def places_of(address: str) -> dict[str, int]:
    """Return what the address counts for and how much each may hold: itself in IPv4, its networks in IPv6."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            return {
                str(ipaddress.ip_network((parsed, length), strict=False)): most for length, most in IPV6_CONNECTIONS
            }
        parsed = parsed.ipv4_mapped
    return {str(parsed): SOURCE_CONNECTIONS}
