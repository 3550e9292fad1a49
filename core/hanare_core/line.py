"""The kind of line that a session comes on, as the gateway sees it from where its packets come."""

from enum import StrEnum
from typing import Final


class Line(StrEnum):
    """UDP or the carrier on TCP 443, over IPv4 or IPv6."""

    UNKNOWN = ""
    UDP4 = "udp4"
    UDP6 = "udp6"
    TCP4 = "tcp4"
    TCP6 = "tcp6"


CARRIED: Final = {"127.0.0.4": Line.TCP4, "127.0.0.6": Line.TCP6}
"""From where the carrier speaks to WireGuard, by the family of the connection that it carries."""


def line_of(endpoint: str) -> Line:
    """Return the line of a peer whose last packet came from this address; empty: none came yet."""
    if not endpoint:
        return Line.UNKNOWN
    return CARRIED.get(endpoint, Line.UDP6 if ":" in endpoint else Line.UDP4)
