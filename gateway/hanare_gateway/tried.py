"""Which other addresses sessions tried: the kernel notes what it drops, the agent reads it with each look.

The set is bounded: a session adds at most TRIED_A_SECOND entries, each for TRIED_S; what a burst beyond that tried is
dropped like all of it, only not counted. Multicast is no address that somebody tries.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from hanare_gateway.names import TABLE

TRIED_S: Final = 60
TRIED_A_SECOND: Final = 20
ENTRIES: Final = 65_536
"""Full after some fifty sessions that scan at once; then new ones go uncounted until others end."""

_FLAGS: Final = f"size {ENTRIES}; flags dynamic,timeout; timeout {TRIED_S}s;"
SETS: Final = (
    f"table {TABLE} {{ set tried {{ type ipv4_addr . ipv4_addr; {_FLAGS} }}; }}",
    f"table {TABLE} {{ set pace {{ type ipv4_addr; {_FLAGS} }}; }}",
)
LIST: Final = f"list set {TABLE} tried"

_ELEMENT: Final = re.compile(r"(?P<source>[\d.]+) \. (?P<target>[\d.]+) (?:timeout|expires)")


def note(tunnel: str) -> str:
    """Return the rule that notes what it sees from the tunnel; it stands just before a drop."""
    return (
        f"iifname {tunnel} ip daddr != 224.0.0.0/4"
        f" update @pace {{ ip saddr limit rate {TRIED_A_SECOND}/second burst {10 * TRIED_A_SECOND} packets }}"
        " update @tried { ip saddr . ip daddr }"
    )


def parsed(text: str) -> Mapping[str, frozenset[str]]:
    """Return, from nft's listing of the set, which addresses each session's address tried lately."""
    tried = defaultdict(set)
    for found in _ELEMENT.finditer(text):
        tried[found["source"]].add(found["target"])
    return {source: frozenset(targets) for source, targets in tried.items()}
