"""Cuts between the gateway and the hub or the whole server, by the gateway's own packet filter: one way, or both."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Final

from hanare_lab import addresses
from hanare_lab.installation import front
from hanare_lab.machine import Machine

_TABLE: Final = "inet partition"
_HOOKS: Final = ("input", "output", "forward")


class Way(StrEnum):
    """Which of the two does not hear the other."""

    GATEWAY_DEAF = "gateway deaf"
    HUB_DEAF = "hub deaf"
    BOTH = "both"


class Between(StrEnum):
    """What is cut from the gateway: its agent's channel alone, or all that it says and forwards to the server."""

    HUB = "hub"
    SERVER = "server"


_CHANNEL: Final = {
    Way.GATEWAY_DEAF: (("input", f"ip saddr {addresses.SERVER} tcp sport {front.HUB_PORT}"),),
    Way.HUB_DEAF: (("output", f"ip daddr {addresses.SERVER} tcp dport {front.HUB_PORT}"),),
}
_ALL: Final = {
    way: tuple(
        (hook, f"{family} {field} {address}")
        for hook in (own, "forward")
        for family, address in (("ip", addresses.SERVER), ("ip6", addresses.SERVER6))
    )
    for way, own, field in ((Way.GATEWAY_DEAF, "input", "saddr"), (Way.HUB_DEAF, "output", "daddr"))
}


@contextmanager
def partition(gateway: Machine, way: Way, between: Between = Between.HUB) -> Iterator[None]:
    """Cut in this way; with the hub alone cut the sticks' doors, which the gateway only forwards, stay as they are."""
    ways = _CHANNEL if between is Between.HUB else _ALL
    rules = [rule for one in ways if way in {one, Way.BOTH} for rule in ways[one]]
    chains = [f"add chain {_TABLE} {hook} {{ type filter hook {hook} priority -10; }}" for hook in _HOOKS]
    lines = [f"add table {_TABLE}", *chains, *(f"add rule {_TABLE} {hook} {rule} drop" for hook, rule in rules)]
    gateway.run(["nft", "-f", "-"], stdin="\n".join(lines) + "\n")
    try:
        yield
    finally:
        gateway.run(["nft", "delete", "table", *_TABLE.split()])
