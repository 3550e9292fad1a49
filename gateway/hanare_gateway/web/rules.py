"""The filter's rules for the egress proxy: sessions reach it by their lease, it reaches the web and its resolvers.

Like everything behind a lease, both directions are looked up with every packet, so that what leaves the set is reset.
"""

from typing import Final

from hanare_core.web_proxy import ADDRESS
from hanare_gateway.settings import Settings, WebSettings

MARK: Final = "0x77656200"
"""On connections that squid opened: their answers, and nothing else, come in from the internet side."""


_EPHEMERAL: Final = "32768-60999"
"""Linux's own range: squid speaks with its helper over the loopback, and meets no service there."""


def input_rules(settings: Settings, allow: str, mss: int) -> list[str]:
    """Return what may come in for squid."""
    if settings.web is None:
        return []
    tunnel = f'iifname "{settings.wireguard.interface}" ip daddr {ADDRESS}'
    return [
        f"{tunnel} tcp flags syn / syn,rst tcp option maxseg size set {mss}",
        f"{tunnel} ip saddr . ip daddr . tcp dport @{allow} accept",
        f"{tunnel} ct state established meta l4proto tcp reject with tcp reset",
        f"ct mark {MARK} ct direction reply ct state established accept",
    ]


def output_rules(settings: Settings, allow: str, mss: int) -> list[str]:
    """Return what squid may send.

    Towards sessions its address is named, not its user: what the kernel still sends on a connection that squid has
    closed belongs to no user. Resets alone pass without a lease, so that both ends hear of its end.
    """
    if settings.web is None:
        return []
    squid = f"meta skuid {settings.web.user}"
    back = f'oifname "{settings.wireguard.interface}" ip saddr {ADDRESS}'
    return [
        f"{back} tcp flags syn / syn,rst tcp option maxseg size set {mss}",
        f"{back} ip daddr . ip saddr . tcp sport @{allow} ct direction reply accept",
        f"{back} tcp flags & rst == rst accept",
        f"{back} meta l4proto tcp reject with tcp reset",
        f"{back} counter drop",
        *(f"{squid} {place} ct mark set {MARK} accept" for place in _places(settings, settings.web)),
        f'{squid} oifname "lo" tcp sport {_EPHEMERAL} tcp dport {_EPHEMERAL} accept',
        f"{squid} counter reject",
    ]


def _places(settings: Settings, web: WebSettings) -> list[str]:
    """Return where squid may connect to."""
    resolvers = (("ip6" if ":" in resolver else "ip", resolver) for resolver in web.resolvers)
    asked = [f"{family} daddr {resolver} meta l4proto {{ tcp, udp }} th dport 53" for family, resolver in resolvers]
    return [f'oifname "{settings.network.wan}" tcp dport 443', *asked]
