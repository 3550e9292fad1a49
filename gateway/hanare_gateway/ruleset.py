"""The gateway's packet filter, as text for libnftables: one table, applied in one transaction.

Applying it again replaces every rule and keeps every element of the allow set, so an agent that restarts loses no
packet and no timeout. Nothing is accepted because it is established: each packet of either direction is looked up
again, so what leaves the set stops at once, and both ends of a living TCP stream get a reset.
"""

from collections.abc import Sequence
from typing import Final

from hanare_core.door import door_network
from hanare_gateway import tried
from hanare_gateway.names import SET, TABLE
from hanare_gateway.settings import CarrierSettings, Settings
from hanare_gateway.web import rules as web

INNER_MTU: Final = 1280
"""Smallest MTU that IPv6 allows: passes every Japanese access line, also DS-Lite and PPPoE, inside WireGuard."""

CARRIER_PORT: Final = 443
"""TCP, as every site's HTTPS."""

DOOR_CONNECTIONS: Final = 64
"""TCP connections of one door at once: a stick has its channel and a request or two, and what a lost line has left
open. A stolen stick could otherwise open as many as the server's front has for everybody."""

_CLAMP: Final = INNER_MTU - 80
"""Longest inner packet of TCP: with WireGuard's 80 bytes over IPv6 it passes a line of 1280 that loses longer ones
without a word. All that a lease allows is TCP, so nothing has to find out a line's MTU."""

_MSS_V4: Final = _CLAMP - 40
_MSS_V6: Final = _CLAMP - 60
_NEIGHBOURS: Final = "{ nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert }"
_CHAINS: Final = {
    "prerouting": "type nat hook prerouting priority dstnat; policy accept;",
    "input": "type filter hook input priority filter; policy drop;",
    "forward": "type filter hook forward priority filter; policy drop;",
    "output": "type filter hook output priority filter; policy accept;",
    "postrouting": "type nat hook postrouting priority srcnat; policy accept;",
}
_DOORS_SET: Final = "opened"
_DOORS: Final = f"table {TABLE} {{ set {_DOORS_SET} {{ type ipv6_addr; size 65535; flags dynamic; }}; }}"
_ALLOW_SET: Final = "type ipv4_addr . ipv4_addr . inet_service; flags timeout; counter; last;"


def ruleset(settings: Settings, *, carrier: bool = True) -> str:
    """Return the whole ruleset; what differs from the last one applied is replaced.

    carrier: whether the organisation lets homes come by TCP 443, where the settings have a carrier.
    """
    opened = settings.carrier if carrier else None
    lines = [f"table {TABLE} {{ set {SET} {{ {_ALLOW_SET} }}; }}", _DOORS, *tried.SETS]
    lines += [f"table {TABLE} {{ chain {name} {{ {hook} }}; }}" for name, hook in _CHAINS.items()]
    lines += [f"flush chain {TABLE} {name}" for name in _CHAINS]
    rules = {
        "prerouting": _prerouting(settings, opened),
        "input": _input(settings, opened),
        "forward": _forward(settings),
        "output": _output(settings, opened),
        "postrouting": _postrouting(settings),
    }
    lines += [f"add rule {TABLE} {chain} {rule}" for chain, chosen in rules.items() for rule in chosen]
    return "\n".join(lines) + "\n"


def _prerouting(settings: Settings, carrier: CarrierSettings | None) -> list[str]:
    """Lead the other ports to WireGuard; a stick on the office LAN (rehearsal) uses the outer address too."""
    port, *others = settings.wireguard.ports
    wan, lan = f'iifname "{settings.network.wan}"', f"iifname {_names(settings.network.lan)}"
    outer = f"{lan} fib daddr type local fib daddr . iif type != local"
    led = [f"udp dport {other} redirect to :{port}" for other in others]
    if carrier is not None:
        led.append(f"tcp dport {CARRIER_PORT} redirect to :{carrier.port}")
    return [f"{where} {rule}" for rule in led for where in (wan, outer)]


def _input(settings: Settings, carrier: CarrierSettings | None) -> list[str]:
    wan, lan = f'iifname "{settings.network.wan}"', f"iifname {_names(settings.network.lan)}"
    port = settings.wireguard.ports[0]
    return [
        'iifname "lo" accept',
        f"{wan} udp dport {port} accept",
        f"{lan} udp dport {port} accept",
        *_carrier_input(carrier),
        *web.input_rules(settings, SET, _MSS_V4),
        f"{wan} icmpv6 type {_NEIGHBOURS} ip6 hoplimit 255 accept",
        f"{lan} icmpv6 type {_NEIGHBOURS} ip6 hoplimit 255 accept",
        f"{lan} ct state established accept",
        f"{lan} icmp type echo-request accept",
        f"{lan} icmpv6 type echo-request accept",
        tried.note(f'"{settings.wireguard.interface}"'),
        "counter drop",
    ]


def _carrier_input(carrier: CarrierSettings | None) -> list[str]:
    """Only what came for port 443: nobody else meets the carrier's own port."""
    return [f"ct status dnat tcp dport {carrier.port} accept"] if carrier else []


def _output(settings: Settings, carrier: CarrierSettings | None) -> list[str]:
    """Let the carrier's user reach WireGuard and answer who called; nothing else, whatever happens to the process.

    While the carrier is off nothing is sent from its port, on connections that stood before neither. The port is named,
    as what the kernel still sends on a connection that its process has closed belongs to no user.
    """
    proxy = web.output_rules(settings, SET, _MSS_V4)
    if settings.carrier is None:
        return proxy
    user, answer = f"meta skuid {settings.carrier.user}", f"tcp sport {settings.carrier.port}"
    opened = (
        f'{user} oifname "lo" ip daddr 127.0.0.1 udp dport {settings.wireguard.ports[0]} accept',
        f"{user} {answer} ct direction reply accept",
    )
    closed = (f"{answer} counter drop",)
    return [*(opened if carrier else closed), f"{user} counter drop", *proxy]


def _forward(settings: Settings) -> list[str]:
    tunnel, lan = f'"{settings.wireguard.interface}"', _names(settings.network.lan)
    into, back = f"iifname {tunnel} oifname {lan}", f"iifname {lan} oifname {tunnel} ct direction reply"
    return [
        f"meta nfproto ipv4 tcp flags syn / syn,rst tcp option maxseg size set {_MSS_V4}",
        f"meta nfproto ipv6 tcp flags syn / syn,rst tcp option maxseg size set {_MSS_V6}",
        f"{into} ip saddr . ip daddr . tcp dport @{SET} accept",
        f"{back} ip daddr . ip saddr . tcp sport @{SET} accept",
        *_doors(settings, into, back),
        f"iifname {tunnel} ct state established meta l4proto tcp reject with tcp reset",
        f"oifname {tunnel} ct state established meta l4proto tcp reject with tcp reset",
        tried.note(tunnel),
        "counter drop",
    ]


def _doors(settings: Settings, into: str, back: str) -> list[str]:
    targets, doors = settings.network.door_targets, door_network(settings.gateway)
    if not targets:
        return []
    listed = "{ " + ", ".join(f"{target.address} . {target.port}" for target in targets) + " }"
    count = f"ct state new add @{_DOORS_SET} {{ ip6 saddr ct count over {DOOR_CONNECTIONS} }}"
    return [
        f"{into} ip6 saddr {doors} {count} counter reject with tcp reset",
        f"{into} ip6 saddr {doors} ip6 daddr . tcp dport {listed} accept",
        f"{back} ip6 daddr {doors} ip6 saddr . tcp sport {listed} accept",
    ]


def _postrouting(settings: Settings) -> list[str]:
    if settings.network.return_path == "routed":
        return []
    return [f"oifname {_names(settings.network.lan)} ip saddr {settings.pool()} masquerade"]


def _names(interfaces: Sequence[str]) -> str:
    return "{ " + ", ".join(f'"{name}"' for name in interfaces) + " }"
