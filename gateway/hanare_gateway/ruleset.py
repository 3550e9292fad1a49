"""The gateway's packet filter, as text for libnftables: one table, applied in one transaction.

Applying it again replaces every rule and keeps every element of the allow set, so an agent that restarts loses no
packet and no timeout. Nothing is accepted because it is established: each packet of either direction is looked up
again, so what leaves the set stops at once, and both ends of a living TCP stream get a reset.
"""

from collections.abc import Sequence
from typing import Final

from hanare_core.door import DOOR_NETWORK
from hanare_gateway.settings import Endpoint, Settings

NAME: Final = "hanare"
SET: Final = "allow"
TABLE: Final = f"inet {NAME}"
ALLOW: Final = f"{TABLE} {SET}"
INNER_MTU: Final = 1280
"""Smallest MTU that IPv6 allows: passes every Japanese access line, also DS-Lite and PPPoE, inside WireGuard."""

_MSS_V4: Final = INNER_MTU - 40
_MSS_V6: Final = INNER_MTU - 60
_NEIGHBOURS: Final = "{ nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert }"
_CHAINS: Final = {
    "prerouting": "type nat hook prerouting priority dstnat; policy accept;",
    "input": "type filter hook input priority filter; policy drop;",
    "forward": "type filter hook forward priority filter; policy drop;",
    "postrouting": "type nat hook postrouting priority srcnat; policy accept;",
}
_ALLOW_SET: Final = "type ipv4_addr . ipv4_addr . inet_service; flags timeout; counter; last;"


def ruleset(settings: Settings) -> str:
    """Return the whole ruleset; what differs from the last one applied is replaced."""
    lines = [f"table {TABLE} {{ set {SET} {{ {_ALLOW_SET} }}; }}"]
    lines += [f"table {TABLE} {{ chain {name} {{ {hook} }}; }}" for name, hook in _CHAINS.items()]
    lines += [f"flush chain {TABLE} {name}" for name in _CHAINS]
    rules = {
        "prerouting": _prerouting(settings),
        "input": _input(settings),
        "forward": _forward(settings),
        "postrouting": _postrouting(settings),
    }
    lines += [f"add rule {TABLE} {chain} {rule}" for chain, chosen in rules.items() for rule in chosen]
    return "\n".join(lines) + "\n"


def _prerouting(settings: Settings) -> list[str]:
    port, *others = settings.wireguard.ports
    wan = settings.network.wan
    return [f'iifname "{wan}" udp dport {other} redirect to :{port}' for other in others]


def _input(settings: Settings) -> list[str]:
    wan, lan = f'iifname "{settings.network.wan}"', f"iifname {_names(settings.network.lan)}"
    return [
        'iifname "lo" accept',
        f"{wan} udp dport {settings.wireguard.ports[0]} accept",
        f"{wan} icmpv6 type {_NEIGHBOURS} ip6 hoplimit 255 accept",
        f"{lan} icmpv6 type {_NEIGHBOURS} ip6 hoplimit 255 accept",
        f"{lan} ct state established accept",
        f"{lan} icmp type echo-request accept",
        f"{lan} icmpv6 type echo-request accept",
        "counter drop",
    ]


def _forward(settings: Settings) -> list[str]:
    tunnel, lan = f'"{settings.wireguard.interface}"', _names(settings.network.lan)
    into, back = f"iifname {tunnel} oifname {lan}", f"iifname {lan} oifname {tunnel} ct direction reply"
    return [
        f"meta nfproto ipv4 tcp flags syn / syn,rst tcp option maxseg size set {_MSS_V4}",
        f"meta nfproto ipv6 tcp flags syn / syn,rst tcp option maxseg size set {_MSS_V6}",
        f"{into} ip saddr . ip daddr . tcp dport @{SET} accept",
        f"{back} ip daddr . ip saddr . tcp sport @{SET} accept",
        *_doors(settings.network.door_targets, into, back),
        f"iifname {tunnel} ct state established meta l4proto tcp reject with tcp reset",
        f"oifname {tunnel} ct state established meta l4proto tcp reject with tcp reset",
        "counter drop",
    ]


def _doors(targets: Sequence[Endpoint], into: str, back: str) -> list[str]:
    if not targets:
        return []
    listed = "{ " + ", ".join(f"{target.address} . {target.port}" for target in targets) + " }"
    return [
        f"{into} ip6 saddr {DOOR_NETWORK} ip6 daddr . tcp dport {listed} accept",
        f"{back} ip6 daddr {DOOR_NETWORK} ip6 saddr . tcp sport {listed} accept",
    ]


def _postrouting(settings: Settings) -> list[str]:
    if settings.network.return_path == "routed":
        return []
    return [f"oifname {_names(settings.network.lan)} ip saddr {settings.pool()} masquerade"]


def _names(interfaces: Sequence[str]) -> str:
    return "{ " + ", ".join(f'"{name}"' for name in interfaces) + " }"
