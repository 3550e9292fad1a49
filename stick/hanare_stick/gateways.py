"""In which order a stick tries its gateways: an order of its own, so that an office's sticks spread over them."""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from typing import Final, NamedTuple

from hanare_core.site import GatewaySite
from hanare_stick.line import Line
from hanare_stick.shake import WAITS_S

QUICK_S: Final = (1.0,)
"""How long a gateway that fell silent is asked before the others are: two round trips of the slowest line."""

QUICK_CARRIED_S: Final = (2.5,)
"""The same where only the carrier gets out: it starts 1.5 s later."""


class Try(NamedTuple):
    """One gateway, and how long each handshake to it may take."""

    gateway: GatewaySite
    waits_s: tuple[float, ...] = WAITS_S


def in_order(stick: str, gateways: Iterable[GatewaySite]) -> list[GatewaySite]:
    """Return the gateways in this stick's order (rendezvous hashing): it stays when others come and go."""
    return sorted(gateways, key=lambda gateway: hashlib.sha256(f"{stick}\n{gateway.id}".encode()).digest())


def again(line: Line, gateways: Iterable[GatewaySite], preferred: Collection[str]) -> Iterator[Try]:
    """Give the tries for a line that fell silent: its own gateway quickly, the others, its own at length.

    preferred: gateways that know the open session; they come before the rest.
    """
    others = [gateway for gateway in gateways if gateway.wireguard_key != line.gateway.wireguard_key]
    if others:
        yield Try(line.gateway, QUICK_CARRIED_S if line.carried else QUICK_S)
    yield from (Try(gateway) for gateway in sorted(others, key=lambda gateway: gateway.id not in preferred))
    yield Try(line.gateway)
