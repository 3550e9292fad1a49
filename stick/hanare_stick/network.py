"""Interfaces, addresses and the session's network namespace, by ip(8).

ip(8) takes milliseconds; to load a library that speaks rtnetlink took a third of the agent's start.

The session's WireGuard interface is made in the stick's own namespace, so that its UDP socket stays there, and then
moved into the session's, whose only other link is the loopback: nothing in a session can reach the home network.
"""

import contextlib
import ctypes
import json
import os
import socket
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from typing import Final

INNER_MTU: Final = 1280
"""Passes every line in Japan (PPPoE 1454, MAP-E 1460, DS-Lite 1460) with WireGuard's 80 bytes; IPv6's minimum."""

SESSION_NAMESPACE: Final = "hanare-session"
PORTAL_NAMESPACE: Final = "hanare-portal"
NAMESPACE_PATH: Final = Path("/var/run/netns") / SESSION_NAMESPACE
PORTAL_PATH: Final = NAMESPACE_PATH.with_name(PORTAL_NAMESPACE)

LOOPBACK: Final = "127.0.0.1"

_CLONE_NEWNET: Final = 0x40000000
"""setns(2); Python knows it from 3.12 on."""

IP_S: Final = 10.0
"""ip(8) takes milliseconds, on a slow PC that has just started half a second; longer, and it has hung."""

_OURS: Final = "global"
"""The scope of every address of ours; a link-local one is the kernel's."""

_LOOPBACK_UP: Final = "link set dev lo up"

_EVERYWHERE: Final = IPv4Network("0.0.0.0/0")

_IP: Final = ("ip", "-json", "-batch", "-")

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
        _make_namespace(SESSION_NAMESPACE)
        _ip(f"link set dev {self._interface} netns {SESSION_NAMESPACE}")
        self.enter()
        self._inside.submit(_ip, _LOOPBACK_UP, _up(self._interface)).result()

    def enter(self) -> None:
        """Put the thread into a namespace that exists (after a restart of the agent). Raises OSError."""
        self._inside.submit(_enter, NAMESPACE_PATH).result()

    def address(self, address: IPv4Address) -> list[str]:
        """Give the interface this one inner address and the default route; return what it had. Raises OSError."""
        return self._inside.submit(_only, self._interface, address, _EVERYWHERE).result()

    def reset(self, addresses: Sequence[str]) -> None:
        """Reset the TCP connections from these addresses, so that their programs notice at once and come back."""
        self._inside.submit(reset, addresses).result()

    def connect(self, address: str, port: int, seconds: float) -> socket.socket:
        """Return a TCP connection made inside the namespace. Raises OSError."""
        return self._inside.submit(socket.create_connection, (address, port), seconds).result()

    def close(self) -> None:
        """Forget the namespace; it goes with the last process in it."""
        self._inside.shutdown(wait=False, cancel_futures=True)
        remove_namespace()


def door(interface: str, address: IPv6Address, behind: Sequence[IPv6Network]) -> None:
    """Give the door interface this one address and the routes to what lies behind it. Raises OSError.

    Connections from an address that it had before are reset.
    """
    reset(_only(interface, address, *behind))


def reset(addresses: Sequence[str]) -> None:
    """Reset the TCP connections from these addresses in this thread's namespace; what cannot be reset times out."""
    for address in addresses:
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            subprocess.run([*_RESET, address], check=False, capture_output=True, timeout=RESET_S)


def up(interface: str) -> None:
    """Bring an interface up that needs no address. Raises OSError."""
    _ip(_up(interface))


def remove_namespace(name: str = SESSION_NAMESPACE) -> None:
    """Remove the namespace if there is one; it goes with the last process in it."""
    if NAMESPACE_PATH.with_name(name).exists():
        with contextlib.suppress(OSError):
            _ip(f"netns delete {name}")


def listen_apart(name: str, port: int) -> socket.socket:
    """Make a namespace with nothing but its loopback and return a socket that listens there. Raises OSError."""
    _make_namespace(name)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix=name) as inside:
        inside.submit(_enter, NAMESPACE_PATH.with_name(name)).result()
        inside.submit(_ip, _LOOPBACK_UP).result()
        return inside.submit(socket.create_server, (LOOPBACK, port)).result()


def _make_namespace(name: str) -> None:
    remove_namespace(name)
    _ip(f"netns add {name}")


def _enter(namespace: Path) -> None:
    """Put this thread into the namespace."""
    with namespace.open("rb") as place:
        if ctypes.CDLL(None, use_errno=True).setns(place.fileno(), _CLONE_NEWNET) != 0:
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error), str(namespace))


def _up(interface: str) -> str:
    return f"link set dev {interface} mtu {INNER_MTU} up"


def _only(interface: str, address: IPv4Address | IPv6Address, *behind: IPv4Network | IPv6Network) -> list[str]:
    """Give the interface this address and these routes, take away every other of its family; return those."""
    told = _ip(
        f"address replace {address}/{address.max_prefixlen} dev {interface}",
        *(f"route replace {place} dev {interface}" for place in behind),
        f"address show dev {interface}",
    )
    ours = [one for one in json.loads(told)[0]["addr_info"] if one["scope"] == _OURS]
    held = [ip_address(one["local"]) for one in ours]
    others = [one for one in held if one.version == address.version and one != address]
    if others:
        _ip(*(f"address delete {one}/{one.max_prefixlen} dev {interface}" for one in others))
    return [str(one) for one in others]


def _ip(*lines: str) -> str:
    """Do this, line by line, in this thread's namespace; return what ip(8) says, as JSON. Raises OSError."""
    try:
        done = subprocess.run(_IP, input="\n".join(lines), capture_output=True, text=True, check=False, timeout=IP_S)
    except subprocess.TimeoutExpired as error:
        raise OSError(f"network: {error}") from error
    if done.returncode != 0:
        raise OSError(f"network: {done.stderr.strip()}")
    return done.stdout
