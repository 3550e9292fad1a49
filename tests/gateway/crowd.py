"""Many sticks at once behind one home, each with a session tunnel of its own."""

import contextlib
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from hanare_lab import addresses
from tests.gateway import net
from tests.gateway.papers import Stick
from tests.gateway.site import LISTEN_PORT, WIREGUARD_KEY, Site
from tests.gateway.stream import RDP
from tests.gateway.uapi_client import Tunnel

CONNECT_S: Final = 10.0
"""Wide: both ends and all tunnels share this machine's cores, sometimes with a flood."""


def tunnel(site: Site, stick: Stick) -> Tunnel:
    """Bring up the stick's session tunnel beside those of others."""
    name = _name(stick.number)
    key = bytes(WIREGUARD_KEY.public_key).hex()
    endpoint = f"{addresses.GATEWAY_WAN}:{LISTEN_PORT}"
    peer = f"public_key={key}\nendpoint={endpoint}\nallowed_ip={addresses.OFFICE}\n"
    made = Tunnel(site.home, name, stick.session_key, peer=peer)
    route = f"route add {addresses.OFFICE} dev {name} src {stick.address} metric {stick.number}"
    site.home.ip(f"addr add {stick.address}/32 dev {name}", route)
    return made


def connects(site: Site, number: int, *, seconds: float = CONNECT_S) -> bool:
    """Whether the office PC takes a connection out of this stick's tunnel."""
    connection = net.in_network(site.home, lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    with connection, contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, _name(number).encode())
        connection.settimeout(seconds)
        connection.connect((site.pc_address, RDP))
        return True
    return False


def connect(site: Site, numbers: Iterable[int], *, seconds: float = CONNECT_S) -> set[int]:
    """Return which of these sticks reach the office PC; all try at once."""
    wanted = list(numbers)
    with ThreadPoolExecutor(len(wanted)) as pool:
        reached = pool.map(lambda number: connects(site, number, seconds=seconds), wanted)
        return {number for number, there in zip(wanted, reached, strict=True) if there}


def _name(number: int) -> str:
    return f"s{number}"
