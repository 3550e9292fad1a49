"""Which other addresses sessions tried: the kernel notes what it drops, the agent reads it with each look.

The set is bounded: a session adds at most TRIED_A_SECOND entries, each for TRIED_S; what a burst beyond that tried is
dropped like all of it, only not counted. Multicast is no address that somebody tries.
"""

import ipaddress
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from hanare_gateway.names import TABLE

TRIED_S: Final = 60
TRIED_A_SECOND: Final = 20
ENTRIES: Final = 65_536
"""Full after some fifty sessions that scan at once; then new ones go uncounted until others end."""

SET: Final = "tried"
_ADDRESS_BYTES: Final = 4
_FLAGS: Final = f"size {ENTRIES}; flags dynamic,timeout; timeout {TRIED_S}s;"
SETS: Final = (
    f"table {TABLE} {{ set {SET} {{ type ipv4_addr . ipv4_addr; {_FLAGS} }}; }}",
    f"table {TABLE} {{ set pace {{ type ipv4_addr; {_FLAGS} }}; }}",
)


def note(tunnel: str) -> str:
    """Return the rule that notes what it sees from the tunnel; it stands just before a drop."""
    return (
        f"iifname {tunnel} ip daddr != 224.0.0.0/4"
        f" update @pace {{ ip saddr limit rate {TRIED_A_SECOND}/second burst {10 * TRIED_A_SECOND} packets }}"
        f" update @{SET} {{ ip saddr . ip daddr }}"
    )


def grouped(keys: Iterable[bytes]) -> Mapping[str, frozenset[str]]:
    """Return, from the keys of the set's elements, which addresses each session's address tried lately."""
    tried = defaultdict(set)
    for key in keys:
        tried[_text(key[:_ADDRESS_BYTES])].add(_text(key[_ADDRESS_BYTES:]))
    return {source: frozenset(targets) for source, targets in tried.items()}


def _text(address: bytes) -> str:
    return str(ipaddress.IPv4Address(address))
