"""The city's addresses: documentation ranges for the internet (RFC 5737, RFC 3849), private ones for the office."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import NamedTuple

OFFICE = IPv4Network("10.20.0.0/24")
OFFICE6 = IPv6Network("fd20::/64")
GATEWAY_LAN = IPv4Address("10.20.0.1")  # of the first gateway; the second has 10.20.0.2
GATEWAY_LAN6 = IPv6Address("fd20::1")
SERVER = IPv4Address("10.20.0.10")
SERVER6 = IPv6Address("fd20::10")
FIRST_PC = 101  # pc1 is 10.20.0.101 and fd20::101

DOOR_PREFIX = IPv6Network("fd00:6861:6e61::/48")  # sticks' door addresses, routed to the gateway
SESSION_POOL = IPv4Network("100.64.0.0/10")  # sessions' inner addresses (RFC 6598), routed to the gateway

WAN = IPv4Network("203.0.113.0/24")
GATEWAY_WAN = IPv4Address("203.0.113.2")
INTERNET = IPv4Address("203.0.113.1")
WAN6 = IPv6Network("2001:db8:113::/64")
GATEWAY_WAN6 = IPv6Address("2001:db8:113::2")
INTERNET6 = IPv6Address("2001:db8:113::1")
WANS = (WAN, IPv4Network("192.0.2.0/24"))  # each gateway has a line of its own
WANS6 = (WAN6, IPv6Network("2001:db8:114::/64"))

HOME = "192.168.1.0/24"  # what most home routers come with
HOME_PC = 23  # the last octet of the home PC; nobody in the office has it
MAX_HOMES = 60  # one /30 each out of 198.51.100.0/24
MAX_PCS = 99  # 10.20.0.101 to .199


class GatewayPlace(NamedTuple):
    """Where one gateway stands: on its lines the internet is the first host and itself the second."""

    wan: IPv4Network
    wan6: IPv6Network
    lan: IPv4Address
    lan6: IPv6Address


def gateway_place(number: int) -> GatewayPlace:
    """Return the addresses of gateway ``number``, counted from 1."""
    return GatewayPlace(WANS[number - 1], WANS6[number - 1], OFFICE[number], OFFICE6[number])


def pc_address(number: int) -> IPv4Address:
    """Return the address of office PC ``number``, counted from 1."""
    return OFFICE[FIRST_PC + number - 1]


def pc_address6(number: int) -> IPv6Address:
    """Return the IPv6 address of office PC ``number``; its last group reads like the IPv4 octet."""
    return OFFICE6[int(str(FIRST_PC + number - 1), 16)]


def home_line(number: int) -> IPv4Network:
    """Return the /30 between the internet (first host) and home ``number`` (second host), counted from 1."""
    return IPv4Network((int(IPv4Address("198.51.100.0")) + 4 * number, 30))


def home_line6(number: int) -> IPv6Network:
    """Return the /64 of the same line."""
    return IPv6Network(f"2001:db8:100:{number:x}::/64")


def home_lan6(number: int) -> IPv6Network:
    """Return the /64 delegated to the home."""
    return IPv6Network(f"2001:db8:200:{number:x}::/64")
