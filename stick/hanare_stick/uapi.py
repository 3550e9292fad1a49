"""wireguard-go's UAPI socket (https://www.wireguard.com/xplatform/), as far as a stick needs it: one peer a tunnel."""

import socket
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Final, NamedTuple

from nacl.public import PrivateKey

from hanare_core import wire
from hanare_core.site import Endpoint

TIMEOUT_S: Final = 5.0
KEEPALIVE_S: Final = 25
"""Holds a home router's UDP mapping open; most drop one after 30 s of silence (WireGuard's own advice)."""

SOCKETS: Final = Path("/var/run/wireguard")

LOOPBACK: Final = "::1"
"""Where wireguard-go is told that its peer is while a process of ours stands between.

Not 127.0.0.1: after a datagram over IPv4 it sends the next ones over IPv6 to an address of which only the first four
bytes are right (0.0.20231211; upstream's pull request 135), which would be the first of every line over IPv6.
"""


Network = IPv4Network | IPv6Network


class Peer(NamedTuple):
    """The gateway as one tunnel sees it."""

    key: str
    endpoint: Endpoint
    allowed: Sequence[Network]


class Traffic(NamedTuple):
    """What a tunnel has carried since its peer was made, bytes."""

    received: int
    sent: int


def configure(interface: str, private_key: PrivateKey, peer: Peer) -> None:
    """Give the interface its key and its one peer, made anew, and begin a handshake.

    Raises OSError when wireguard-go refuses or is gone.
    """
    lines = [
        f"private_key={bytes(private_key).hex()}",
        "replace_peers=true",
        f"public_key={wire.key_bytes(peer.key).hex()}",
        f"endpoint={_place(peer.endpoint)}",
        f"persistent_keepalive_interval={KEEPALIVE_S}",
        "replace_allowed_ips=true",
        *(f"allowed_ip={network}" for network in peer.allowed),
    ]
    _ask(interface, ["set=1", *lines])


def move(interface: str, key: str, endpoint: Endpoint) -> None:
    """Put the tunnel on another line to the same gateway; its keys stay. Raises OSError."""
    peer = [f"public_key={wire.key_bytes(key).hex()}", "update_only=true", f"endpoint={_place(endpoint)}"]
    _ask(interface, ["set=1", *peer])


def handshake_s(interface: str) -> int:
    """Return the Unix time in seconds of the last handshake; 0: there was none."""
    return int(_facts(interface).get("last_handshake_time_sec", "0"))


def peer_key(interface: str) -> str:
    """Return the key of the tunnel's peer; empty when it has none. Raises OSError."""
    return wire.key_text(bytes.fromhex(_facts(interface).get("public_key", "")))


def private_key(interface: str) -> PrivateKey:
    """Return the tunnel's own key, which wireguard-go alone keeps. Raises OSError."""
    return PrivateKey(bytes.fromhex(_facts(interface).get("private_key", "")))


def traffic(interface: str) -> Traffic:
    """Return what the tunnel has carried. Raises OSError."""
    facts = _facts(interface)
    return Traffic(int(facts.get("rx_bytes", "0")), int(facts.get("tx_bytes", "0")))


def _facts(interface: str) -> dict[str, str]:
    return {name: value for name, _, value in (line.partition("=") for line in _ask(interface, ["get=1"]))}


def _ask(interface: str, lines: Sequence[str]) -> list[str]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(TIMEOUT_S)
        connection.connect(str(SOCKETS / f"{interface}.sock"))
        connection.sendall("".join(f"{line}\n" for line in [*lines, ""]).encode())
        with connection.makefile("r", encoding="ascii") as stream:
            answer = list(iter(lambda: stream.readline().rstrip("\n"), ""))
    if not answer or answer[-1] != "errno=0":
        raise OSError(f"wireguard-go: {answer[-1] if answer else 'no answer'}")
    return answer


def _place(endpoint: Endpoint) -> str:
    return f"[{endpoint.address}]:{endpoint.port}" if ":" in endpoint.address else f"{endpoint.address}:{endpoint.port}"
