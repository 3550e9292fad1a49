"""Interfaces, addresses and the session's network namespace, by rtnetlink (pyroute2).

The session's WireGuard interface is made in the stick's own namespace, so that its UDP socket stays there, and then
moved into the session's, whose only other link is the loopback: nothing in a session can reach the home network.
"""

import contextlib
import socket
import subprocess
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

from pyroute2 import netns
from pyroute2.iproute.linux import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

P = ParamSpec("P")
R = TypeVar("R")

INNER_MTU: Final = 1280
"""Passes every line in Japan (PPPoE 1454, MAP-E 1460, DS-Lite 1460) with WireGuard's 80 bytes; IPv6's minimum."""

SESSION_NAMESPACE: Final = "hanare-session"
PORTAL_NAMESPACE: Final = "hanare-portal"
NAMESPACE_PATH: Final = Path("/var/run/netns") / SESSION_NAMESPACE
PORTAL_PATH: Final = NAMESPACE_PATH.with_name(PORTAL_NAMESPACE)

LOOPBACK: Final = "127.0.0.1"

_UNIVERSE: Final = 0
"""The scope of every address of ours (rtnetlink(7)); a link-local one is the kernel's."""

RESET_S: Final = 2.0
"""ss(8) takes milliseconds."""

_RESET: Final = ("ss", "--kill", "--tcp", "--numeric", "--no-header", "state", "connected", "src")


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
        self._do(_up, self._interface)

    def enter(self) -> None:
        """Put the thread into a namespace that exists (after a restart of the agent). Raises OSError."""
        self._do(netns.setns, SESSION_NAMESPACE)

    def address(self, address: IPv4Address) -> list[str]:
        """Give the interface this one inner address and the default route; return what it had. Raises OSError."""
        return self._do(_address, self._interface, str(address))

    def reset(self, addresses: Sequence[str]) -> None:
        """Reset the TCP connections from these addresses, so that their programs notice at once and come back.

        Raises OSError.
        """
        self._do(reset, addresses)

    def connect(self, address: str, port: int, seconds: float) -> socket.socket:
        """Return a TCP connection made inside the namespace. Raises OSError."""
        return self._do(socket.create_connection, (address, port), seconds)

    def close(self) -> None:
        """Forget the namespace; it goes with the last process in it."""
        self._inside.shutdown(wait=False, cancel_futures=True)
        remove_namespace()

    def _do(self, work: Callable[P, R], *args: P.args, **more: P.kwargs) -> R:
        """Do it in the thread that lives inside, and return what it returns; raise OSError once this is closed."""
        try:
            return self._inside.submit(work, *args, **more).result()
        except (RuntimeError, CancelledError) as error:  # the thread takes no more work, or not what waited
            raise OSError("the session's network is closed") from error


def door(interface: str, address: IPv6Address, behind: Sequence[IPv6Network]) -> None:
    """Give the door interface this one address and the routes to what lies behind it. Raises OSError.

    Connections from an address that it had before are reset.
    """
    with _as_oserror(), IPRoute() as network:  # type: ignore[no-untyped-call]
        index = _index(network, interface)
        before = _only(network, index, str(address), family=socket.AF_INET6)
        for place in behind:
            network.route("replace", dst=str(place), oif=index)
    reset(before)


def reset(addresses: Sequence[str]) -> None:
    """Reset the TCP connections from these addresses in this thread's namespace; what cannot be reset times out."""
    for address in addresses:
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            subprocess.run([*_RESET, address], check=False, capture_output=True, timeout=RESET_S)


def up(interface: str) -> None:
    """Bring an interface up that needs no address. Raises OSError."""
    with _as_oserror(), IPRoute() as network:  # type: ignore[no-untyped-call]
        network.link("set", index=_index(network, interface), mtu=INNER_MTU, state="up")


def remove_namespace(name: str = SESSION_NAMESPACE) -> None:
    """Remove the namespace if there is one; it goes with the last process in it."""
    if NAMESPACE_PATH.with_name(name).exists():
        with contextlib.suppress(OSError):
            netns.remove(name)  # type: ignore[no-untyped-call]


def listen_apart(name: str, port: int) -> socket.socket:
    """Make a namespace with nothing but its loopback and return a socket that listens there. Raises OSError."""
    with _as_oserror():
        remove_namespace(name)
        netns.create(name)  # type: ignore[no-untyped-call]
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix=name) as inside:
        inside.submit(netns.setns, name).result()
        inside.submit(_up_alone).result()
        return inside.submit(socket.create_server, (LOOPBACK, port)).result()


def _up_alone() -> None:
    with _as_oserror(), IPRoute() as network:  # type: ignore[no-untyped-call]
        network.link("set", index=_index(network, "lo"), state="up")


def _up(interface: str) -> None:
    _up_alone()
    with _as_oserror(), IPRoute() as network:  # type: ignore[no-untyped-call]
        network.link("set", index=_index(network, interface), mtu=INNER_MTU, state="up")


def _address(interface: str, address: str) -> list[str]:
    with _as_oserror(), IPRoute() as network:  # type: ignore[no-untyped-call]
        index = _index(network, interface)
        before = _only(network, index, address, family=socket.AF_INET)
        network.route("replace", dst="0.0.0.0/0", oif=index)
    return before


def _only(network: Any, index: int, address: str, *, family: int) -> list[str]:
    """Give the interface this address and take away every other of the family; return those."""
    length = 32 if family == socket.AF_INET else 128
    network.addr("replace", index=index, address=address, prefixlen=length)
    own = [found for found in network.get_addr(family=family) if found["index"] == index]  # a dump filters by none
    held = [str(found.get_attr("IFA_ADDRESS")) for found in own if found["scope"] == _UNIVERSE]
    others = [one for one in held if one != address]
    for one in others:
        network.addr("del", index=index, address=one, prefixlen=length)
    return others


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
