"""A WireGuard interface of the stick, served by a wireguard-go process of its own.

The process is no child that dies with the agent: a running session outlives a crashed agent, which then adopts it.
Who serves an interface is asked of its UAPI socket (SO_PEERCRED, unix(7)), so nothing has to be remembered.
"""

import asyncio
import contextlib
import socket
import struct
import subprocess
from typing import Final

from hanare_stick import process, uapi
from hanare_stick.process import Running

READY_S: Final = 5.0
"""wireguard-go is ready in 20 ms; a slow PC gets a hundred times that."""

_POLL_S: Final = 0.005
_ONLY: Final = "-all,+net_admin"
"""What it may of all that root may: make an interface and set it up."""

_PROGRAM: Final = ("setpriv", f"--inh-caps={_ONLY}", f"--bounding-set={_ONLY}", "--no-new-privs", "wireguard-go", "-f")
_CREDENTIALS: Final = struct.Struct("iII")


async def start(interface: str) -> Running:
    """Start wireguard-go for a fresh interface and return it when it can be configured. Raises OSError.

    What an earlier agent left behind under this name is ended first.
    """
    left_over = serving(interface)
    if left_over is not None:
        process.kill(left_over)
        await process.ended(left_over)
    path = uapi.SOCKETS / f"{interface}.sock"
    path.unlink(missing_ok=True)
    child = _spawn(interface)
    started = process.running(child.pid)
    try:
        async with asyncio.timeout(READY_S):
            while serving(interface) is None:
                if child.poll() is not None:
                    raise OSError(f"wireguard-go ended with {child.returncode}")
                await asyncio.sleep(_POLL_S)
    except TimeoutError as error:
        process.kill(started)
        raise OSError(f"wireguard-go made no socket in {READY_S} s") from error
    return started


def serving(interface: str) -> Running | None:
    """Return the process that serves the interface now, if there is one."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(uapi.TIMEOUT_S)
        connection.connect(str(uapi.SOCKETS / f"{interface}.sock"))
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        return process.running(_CREDENTIALS.unpack(credentials)[0])
    return None


def _spawn(interface: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*_PROGRAM, interface],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LOG_LEVEL": "error"},
        start_new_session=True,
    )
