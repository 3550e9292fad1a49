"""The stick's end of the carrier, as the agent sees it: one relay process a tunnel, found by its unix socket.

Like wireguard-go it outlives a crashed agent, because a session runs through it; its owner is asked of the kernel.
Strangers on the home's network speak TLS with it, so it stands in a cage as a user of its own, whom the firewall lets
nothing but TCP. It is handed a socket in a folder that is root's alone, by which it is found.
"""

import asyncio
import contextlib
import socket
import struct
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from hanare_core import wire
from hanare_core.site import Carrier, Endpoint
from hanare_stick import caged, process
from hanare_stick.caged import Caged
from hanare_stick.carrier_target import Target
from hanare_stick.process import Running
from hanare_stick.sandbox import Network, Sandbox, readable
from hanare_stick.uapi import LOOPBACK

SOCKETS: Final = Path("/var/run/hanare-carrier")
USER: Final = 64116
"""The image's `carrier` and its group: its firewall knows it by name, the kernel by this number."""

READY_S: Final = 5.0
"""Python and TLS are loaded in 0.3 s; a slow PC gets more."""

_PORTS: Final = {"hn-door": 51821, "hn-session": 51822}
"""UDP on the loopback, one a tunnel."""

_POLL_S: Final = 0.005
_CREDENTIALS: Final = struct.Struct("iII")


async def start(tunnel: str, carrier: Carrier, addresses: Iterable[str]) -> Endpoint:
    """Start the tunnel's relay anew and return where wireguard-go reaches it. Raises OSError."""
    await stop(tunnel)
    SOCKETS.mkdir(mode=0o700, exist_ok=True)
    target = Target(
        port=_PORTS[tunnel],
        places=tuple(Endpoint(address=address, port=carrier.port) for address in dict.fromkeys(addresses)),
        name=carrier.name,
        key=carrier.key,
    )
    relay = _spawn(target, SOCKETS / f"{tunnel}.sock")
    try:
        async with asyncio.timeout(READY_S):
            while serving(tunnel) is None and relay.alive:  # noqa: ASYNC110 - a process tells no event
                await asyncio.sleep(_POLL_S)
    except TimeoutError as error:
        raise OSError(f"carrier made no socket in {READY_S} s") from error
    finally:
        if serving(tunnel) is None:  # also when this task is cancelled: no relay is left that nobody finds
            relay.end()
    if not relay.alive:
        raise OSError("carrier ended")
    return place(tunnel)


def place(tunnel: str) -> Endpoint:
    """Return where wireguard-go reaches the tunnel's relay."""
    return Endpoint(address=LOOPBACK, port=_PORTS[tunnel])


async def stop(tunnel: str) -> None:
    """End the tunnel's relay if there is one."""
    left_over = serving(tunnel)
    if left_over is not None:
        process.kill(left_over)
        await process.ended(left_over)


def kill(tunnel: str) -> None:
    """End the tunnel's relay at once, without waiting for its end."""
    left_over = serving(tunnel)
    if left_over is not None:
        process.kill(left_over)


def serving(tunnel: str) -> Running | None:
    """Return the process that is the tunnel's relay now, if there is one."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(READY_S)
        connection.connect(str(SOCKETS / f"{tunnel}.sock"))
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        return process.running(_CREDENTIALS.unpack(credentials)[0])
    return None


def _spawn(target: Target, place: Path) -> Caged:
    cage = Sandbox(
        USER,
        USER,
        caged.ENVIRONMENT,
        files=[readable(package) for package in caged.PACKAGES],
        network=Network.HOME,
        first_to_go=False,
    )
    with socket.socket(socket.AF_UNIX) as control:
        place.unlink(missing_ok=True)
        control.bind(str(place))
        handed = control.fileno()
        program = (sys.executable, "-m", "hanare_stick.carrier_relay", wire.encode(target).decode(), str(handed))
        return caged.start(cage, program, [handed])
