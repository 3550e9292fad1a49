"""Cuts between the gateway's agent and the hub, by the gateway's own packet filter: one way, the other, or both."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Final

from hanare_lab import addresses
from hanare_lab.installation import front
from hanare_lab.machine import Machine

_TABLE: Final = "inet partition"


class Way(StrEnum):
    """Which of the two does not hear the other."""

    GATEWAY_DEAF = "gateway deaf"
    HUB_DEAF = "hub deaf"
    BOTH = "both"


_RULES: Final = {
    "gateway deaf": (("input", f"ip saddr {addresses.SERVER} tcp sport {front.HUB_PORT} drop"),),
    "hub deaf": (("output", f"ip daddr {addresses.SERVER} tcp dport {front.HUB_PORT} drop"),),
}


@contextmanager
def partition(gateway: Machine, way: Way) -> Iterator[None]:
    """Cut the agent's channel in this way; the sticks' doors, which the gateway only forwards, stay as they are."""
    rules = _RULES.get(way.value, (*_RULES["gateway deaf"], *_RULES["hub deaf"]))
    chains = [f"add chain {_TABLE} {hook} {{ type filter hook {hook} priority -10; }}" for hook in ("input", "output")]
    lines = [f"add table {_TABLE}", *chains, *(f"add rule {_TABLE} {hook} {rule}" for hook, rule in rules)]
    gateway.run(["nft", "-f", "-"], stdin="\n".join(lines) + "\n")
    try:
        yield
    finally:
        gateway.run(["nft", "delete", "table", *_TABLE.split()])
