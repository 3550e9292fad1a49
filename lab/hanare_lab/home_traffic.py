"""What a PC may say to its home's network, and everything that it said beside that (F30, F33).

Permitted: an address (DHCP, neighbours, multicast reports), the gateway's own name asked of the home's DNS, tunnels to
the gateway or to where that name leads, and the question to port 80 that notices a captive portal. ARP and EAPOL are
no IP, so nobody looks at them here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

import dpkt

from hanare_lab.capture import Packet

NEIGHBOURS: Final = frozenset({131, 132, 133, 135, 136, 143})
"""ICMPv6: multicast reports and done, solicitations, advertisement (RFC 2710, RFC 3810, RFC 4861)."""

DHCP: Final = frozenset({(68, 67), (546, 547)})
_DNS: Final = 53
_DNS_HEAD_BYTES: Final = 12


@dataclass(frozen=True)
class Permitted:
    """The gateway as this home sees it."""

    name: str
    places: frozenset[IPv4Address | IPv6Address]
    """The gateway's addresses, and what the home's DNS says of its name."""
    tunnels: frozenset[int]
    """UDP ports."""
    streams: frozenset[int]
    """TCP ports: the carrier's, and the one that a portal answers on."""
    router: IPv4Address

    def others(self, packets: Sequence[Packet]) -> list[Packet]:
        """Return the packets that should not have been sent."""
        return [packet for packet in packets if not self._allows(packet)]

    def _allows(self, packet: Packet) -> bool:
        if packet.protocol == dpkt.ip.IP_PROTO_UDP:
            return self._datagram(packet)
        if packet.protocol == dpkt.ip.IP_PROTO_TCP:
            return packet.target in self.places and packet.target_port in self.streams
        # A multicast report may stand behind a hop-by-hop option, whose protocol dpkt tells all the same.
        return packet.protocol == dpkt.ip.IP_PROTO_ICMP6 and packet.payload[:1] in map(_byte, NEIGHBOURS)

    def _datagram(self, packet: Packet) -> bool:
        if (packet.source_port, packet.target_port) in DHCP:
            return True
        if packet.target_port == _DNS:
            return packet.target == self.router and question(packet.payload) == self.name
        return packet.target in self.places and packet.target_port in self.tunnels


def question(message: bytes) -> str:
    """Return the name that a DNS message asks for (RFC 1035, 4.1.2); '' if it is none."""
    labels, at = [], _DNS_HEAD_BYTES
    while at < len(message) and message[at]:
        labels.append(message[at + 1 : at + 1 + message[at]].decode("latin-1"))
        at += 1 + message[at]
    return ".".join(labels)


def _byte(number: int) -> bytes:
    return bytes([number])
