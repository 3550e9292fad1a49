"""The kernel's WireGuard by generic netlink (pyroute2). Needs CAP_NET_ADMIN; makes the interface if there is none."""

import base64
import ipaddress
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pyroute2.iproute.linux import IPRoute
from pyroute2.netlink.exceptions import NetlinkError
from pyroute2.netlink.generic.wireguard import WireGuard

from hanare_core import wire
from hanare_core.kernel import AddPeer, PeerFact, RemovePeer
from hanare_gateway.errors import KernelError


class KernelWireguard:
    """The interface `name` of the kernel's own WireGuard."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._netlink: Any = None

    def configure(self, private_key: bytes, port: int) -> None:
        """Make the interface where it is missing, and set key and port where they differ."""
        try:
            with IPRoute() as links:  # type: ignore[no-untyped-call]
                if not links.link_lookup(ifname=self._name):
                    links.link("add", ifname=self._name, kind="wireguard")
            self._netlink = self._netlink or WireGuard()  # type: ignore[no-untyped-call]
            key = base64.b64encode(private_key)
            now = self._info()[0]
            if now.get_attr("WGDEVICE_A_PRIVATE_KEY") != key or now.get_attr("WGDEVICE_A_LISTEN_PORT") != port:
                self._netlink.set(self._name, private_key=key.decode(), listen_port=port)
        except (OSError, NetlinkError) as error:
            raise KernelError(f"wireguard: {error}") from error

    def change(self, operations: Sequence[AddPeer | RemovePeer]) -> None:
        """Add and remove peers, in order."""
        try:
            for operation in operations:
                self._netlink.set(self._name, peer=_described(operation))
        except (OSError, NetlinkError) as error:
            raise KernelError(f"wireguard: {error}") from error

    def ask_peers(self) -> Callable[[], Mapping[str, PeerFact]]:
        """Return what reads every peer: the kernel answers at once."""
        return self._peers

    def _peers(self) -> Mapping[str, PeerFact]:
        try:
            return dict(_peer(peer) for message in self._info() for peer in message.get_attr("WGDEVICE_A_PEERS") or ())
        except (OSError, NetlinkError) as error:
            raise KernelError(f"wireguard: {error}") from error

    def _info(self) -> tuple[Any, ...]:
        return tuple(self._netlink.info(self._name))


def _described(operation: AddPeer | RemovePeer) -> dict[str, object]:
    key = base64.b64encode(wire.key_bytes(operation.key)).decode()
    if isinstance(operation, RemovePeer):
        return {"public_key": key, "remove": True}
    network = str(ipaddress.ip_network(operation.address))
    return {"public_key": key, "allowed_ips": [network]}  # pyroute2 always replaces the list


def _peer(peer: Any) -> tuple[str, PeerFact]:
    key = wire.key_text(base64.b64decode(peer.get_attr("WGPEER_A_PUBLIC_KEY")))
    handshake = peer.get_attr("WGPEER_A_LAST_HANDSHAKE_TIME") or {}
    return key, PeerFact(
        address=next(_addresses(peer), ""),
        received=peer.get_attr("WGPEER_A_RX_BYTES") or 0,
        sent=peer.get_attr("WGPEER_A_TX_BYTES") or 0,
        handshake_wall_ms=handshake.get("tv_sec", 0) * 1000 + handshake.get("tv_nsec", 0) // 1_000_000,
        endpoint=(peer.get_attr("WGPEER_A_ENDPOINT") or {}).get("addr", ""),
    )


def _addresses(peer: Any) -> Iterator[str]:
    for allowed in peer.get_attr("WGPEER_A_ALLOWEDIPS") or ():
        yield str(allowed["addr"]).partition("/")[0]
