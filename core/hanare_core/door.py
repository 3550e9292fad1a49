"""Addresses of the door: one IPv6 unique local address per stick, derived from its door key (RFC 4193).

Server and gateway compute the same address from the same certificate, so it is stored nowhere and cannot be claimed by
another stick: WireGuard accepts it from the owner of that key only.
"""

import hashlib
import ipaddress
from typing import Final

DOOR_NETWORK: Final = ipaddress.IPv6Network("fd00:6861:6e61::/48")
"""All doors of one installation; the last 80 bits are the stick's."""

_STICK_BYTES: Final = 10


def door_address(door_key: str) -> ipaddress.IPv6Address:
    """Return the door address of the stick with this X25519 public key (base64url text)."""
    digest = hashlib.sha256(b"hanare/1/door-address\n" + door_key.encode("ascii")).digest()
    host = int.from_bytes(digest[:_STICK_BYTES], "big")
    return ipaddress.IPv6Address(int(DOOR_NETWORK.network_address) | host)
