"""How many connections the carrier holds: overall, and for one source, so that one address cannot take all."""

import ipaddress
from collections import Counter
from typing import Final

CONNECTIONS: Final = 4_000
"""Two a stick; about 100 KB each with OpenSSL's buffers."""

SOURCE_CONNECTIONS: Final = 200
"""One IPv4 address may be a provider's translator (DS-Lite, MAP-E) that a hundred homes share."""

_IPV6_HOME: Final = 64
"""Whoever has an IPv6 line has at least a /64, so that is one source."""


class Limits:
    """Counts the connections that are open or opening."""

    def __init__(self, total: int = CONNECTIONS, source: int = SOURCE_CONNECTIONS) -> None:
        self._total, self._source = total, source
        self._open: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Count one more connection from this address; False: it is one too many and was not counted."""
        place = source_of(address)
        if self._open.total() >= self._total or self._open[place] >= self._source:
            return False
        self._open[place] += 1
        return True

    def leave(self, address: str) -> None:
        """Count one less."""
        place = source_of(address)
        self._open[place] -= 1
        if not self._open[place]:
            del self._open[place]


def source_of(address: str) -> str:
    """Return what counts as one source: an IPv4 address, or an IPv6 /64."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            return str(ipaddress.ip_network((parsed, _IPV6_HOME), strict=False))
        parsed = parsed.ipv4_mapped
    return str(parsed)
