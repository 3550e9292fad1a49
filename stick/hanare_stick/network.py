"""Interfaces, addresses and the session's network namespace, by rtnetlink (pyroute2).

The session's WireGuard interface is made in the stick's own namespace, so that its UDP socket stays there, and then
moved into the session's, whose only other link is the loopback: nothing in a session can reach the home network.
"""

import contextlib
import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from pathlib import Path
from typing import Any, Final

from pyroute2 import netns
from pyroute2.iproute.linux import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

INNER_MTU: Final = 1280
"""Passes every line in Japan (PPPoE 1454, MAP-E 1460, DS-Lite 1460) with WireGuard's 80 bytes; IPv6's minimum."""

HOST_BITS: Final = 128

SESSION_NAMESPACE: Final = "hanare-session"
NAMESPACE_PATH: Final = Path("/var/run/netns") / SESSION_NAMESPACE


class SessionNetwork:
    """The session's namespace with one interface in it. A thread of its own lives in that namespace."""

    def __init__(self, interface: str) -> None:
        self._interface = interface
        self._inside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="session-network")

    def make(self) -> None:
        """Make the namespace and move the interface into it. Raises OSError."""
        with _as_oserror():
            remove_namespace()
            netns.create(SESSION_NAMESPACE)  # type: ignore[no-untyped-call]
            with IPRoute() as network:  # type: ignore[no-untyped-call]
                index = _index(network, self._interface)
                network.link("set", index=index, net_ns_fd=SESSION_NAMESPACE)
        self.enter()
        self._inside.submit(_up, self._interface).result()

    def enter(self) -> None:
        """Put the thread into a namespace that exists (after a restart of the agent)."""
        self._inside.submit(netns.setns, SESSION_NAMESPACE).result()

    def address(self, address: IPv4Address) -> None:
        """Give the interface its inner address and the default route. Raises OSError."""
        self._inside.submit(_address, self._interface, str(address)).result()

    def connect(self, address: str, port: int, seconds: float) -> socket.socket:
        """Return a TCP connection made inside the namespace. Raises OSError."""
        return self._inside.submit(socket.create_connection, (address, port), seconds).result()

    def close(self) -> None:
        """Forget the namespace; it goes with the last process in it."""
        self._inside.shutdown(wait=False, cancel_futures=True)
        remove_namespace()


def door(interface: str, address: IPv6Address, behind: Sequence[IPv6Network]) -> None:
    """Give the door interface its one address and the routes to what lies behind it. Raises OSError."""
    with _as_oserror(), IPRoute() as network:  # type: ignore[no-untyped-call]
        index = _index(network, interface)
        network.link("set", index=index, mtu=INNER_MTU, state="up")
        network.addr("replace", index=index, address=str(address), prefixlen=128)
        for other in _addresses(network, index) - {str(address)}:
            network.addr("del", index=index, address=other, prefixlen=128)
        for place in behind:
            network.route("replace", dst=str(place), oif=index)


def up(interface: str) -> None:
    """Bring an interface up that needs no address. Raises OSError."""
    with _as_oserror(), IPRoute() as network:  # type: ignore[no-untyped-call]
        network.link("set", index=_index(network, interface), mtu=INNER_MTU, state="up")


def remove_namespace() -> None:
    """Remove the session's namespace if there is one."""
    if NAMESPACE_PATH.exists():
        with contextlib.suppress(OSError):
            netns.remove(SESSION_NAMESPACE)  # type: ignore[no-untyped-call]


def _up(interface: str) -> None:
    with _as_oserror(), IPRoute() as network:  # type: ignore[no-untyped-call]
        network.link("set", index=_index(network, "lo"), state="up")
        network.link("set", index=_index(network, interface), mtu=INNER_MTU, state="up")


def _address(interface: str, address: str) -> None:
    with _as_oserror(), IPRoute() as network:  # type: ignore[no-untyped-call]
        index = _index(network, interface)
        network.addr("replace", index=index, address=address, prefixlen=32)
        network.route("replace", dst="0.0.0.0/0", oif=index)


def _addresses(network: Any, index: int) -> set[str]:
    """Return the interface's own IPv6 addresses; all are of one host."""
    found = network.get_addr(index=index, family=socket.AF_INET6)
    return {str(IPv6Address(one.get_attr("IFA_ADDRESS"))) for one in found if one["prefixlen"] == HOST_BITS}


def _index(network: Any, interface: str) -> int:
    found = network.link_lookup(ifname=interface)
    if not found:
        raise OSError(f"no interface {interface}")
    return int(found[0])


@contextlib.contextmanager
def _as_oserror() -> Iterator[None]:
    try:
        yield
    except NetlinkError as error:
        raise OSError(f"network: {error}") from error
