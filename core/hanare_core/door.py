"""Addresses of the door: IPv6 unique local addresses, one per stick and gateway (RFC 4193).

Each gateway has a /64 of its own, so that the office's answers go back through the gateway by which the stick came; the
last 64 bits are the stick's, derived from its door key. Stick, gateway and server compute the same address, so it is
stored nowhere and cannot be claimed by another stick: WireGuard accepts it from the owner of that key only.
"""

import hashlib
import ipaddress
from typing import Final

DOOR_NETWORK: Final = ipaddress.IPv6Network("fd00:6861:6e61::/48")
"""All doors of one installation."""

NETWORK_BITS: Final = 64
"""Prefix length of one gateway's doors."""

_GATEWAY_BYTES: Final = 2
_STICK_BYTES: Final = 8


def door_network(gateway: str) -> ipaddress.IPv6Network:
    """Return the network of all doors at this gateway; `add_gateway` refuses an id that shares one."""
    number = _digest(b"hanare/1/door-network\n", gateway, _GATEWAY_BYTES)
    base = int(DOOR_NETWORK.network_address) | number << NETWORK_BITS
    return ipaddress.IPv6Network((base, NETWORK_BITS))


def door_address(door_key: str, gateway: str) -> ipaddress.IPv6Address:
    """Return the address at this gateway of the stick with this X25519 public key (base64url text)."""
    host = _digest(b"hanare/1/door-address\n", door_key, _STICK_BYTES)
    return ipaddress.IPv6Address(int(door_network(gateway).network_address) | host)


def _digest(purpose: bytes, text: str, size: int) -> int:
    return int.from_bytes(hashlib.sha256(purpose + text.encode("ascii")).digest()[:size], "big")
