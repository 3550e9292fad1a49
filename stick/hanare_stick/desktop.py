"""FreeRDP on the own office PC: its own user, the session's namespace, a fixed argument list.

Arguments travel by standard input (`/args-from:stdin`), so the password stands in no argument list, environment or
file. Nothing is redirected; the certificate is pinned. (`-ssh-agent` would ask for that channel: FreeRDP 3.15 takes any
mention of it as a wish.) The desktop is a process of its own that a restarted agent
adopts. HOME does not exist, so that no `action.sh` and no known host is ever read from it.
"""

import asyncio
import signal
import subprocess
from collections.abc import Sequence
from typing import Final

from hanare_core.messages.api import OfficePc
from hanare_core.problems import Code, Problem
from hanare_stick import process
from hanare_stick.network import NAMESPACE_PATH
from hanare_stick.process import Running
from hanare_stick.settings import Display

PROGRAM: Final = "xfreerdp3"

RECONNECTS: Final = 60
"""Tries after a break, about five seconds each: as long as the office waits for a packet (five minutes)."""

REAP_S: Final = 1.0
"""From the kernel's word that it has ended to its exit code."""

_SECURITY: Final = {"windows": "nla", "xrdp": "tls"}
_FIXED: Final = (
    "/f",
    "/bpp:32",
    "/network:auto",
    "+auto-reconnect",
    f"/auto-reconnect-max-retries:{RECONNECTS}",
    "-clipboard",
    "-drives",
    "-home-drive",
    "-dynamic-resolution",
    "-multitransport",
    "-toggle-fullscreen",
    "-credentials-delegation",
    "/log-level:ERROR",
)

_REFUSED: Final = {
    9: "privileges",
    132: "authentication",
    134: "log-on",
    135: "account-locked",
    148: "password-expired",
    149: "password-must-change",
    151: "account-disabled",
    152: "password-expired",
    154: "wrong-password",
    155: "access-denied",
    156: "account-restriction",
    157: "account-expired",
    158: "log-on-type",
    159: "no-credentials",
}
"""Exit codes by which the office PC refuses the account (FreeRDP 3, client/X11/xfreerdp.h, enum XF_EXIT_CODE)."""

_UNREACHABLE: Final = {
    131: "connection",
    133: "security",
    138: "connection",
    141: "connection",
    143: "certificate",
    147: "connection",
}


class Desktop:
    """One running FreeRDP, our child or an earlier agent's."""

    def __init__(self, running: Running, child: "subprocess.Popen[bytes] | None" = None) -> None:
        self.running = running
        self._child = child

    async def ended(self) -> Problem:
        """Wait until it has ended and return why, as far as it tells; an adopted one does not tell."""
        await process.ended(self.running)
        if self._child is None:
            return Problem(Code.DESKTOP_ENDED)
        try:
            code = await asyncio.to_thread(self._child.wait, REAP_S)
        except subprocess.TimeoutExpired:
            return Problem(Code.DESKTOP_ENDED)
        return _problem(code)

    def end(self) -> None:
        """End it at once: the screen is empty when this returns."""
        if self._child is None:
            process.kill(self.running)
        elif self._child.poll() is None:
            self._child.send_signal(signal.SIGKILL)
            self._child.wait()


def start(office_pc: OfficePc, user: str, password: str, display: Display) -> Desktop:
    """Start the desktop; raise OSError when the program cannot be started."""
    child = subprocess.Popen(
        [*_confined(display), PROGRAM, "/args-from:stdin"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": "/nonexistent",
            "LANG": "C.UTF-8",
            "DISPLAY": display.name,
            "XAUTHORITY": display.authority,
        },
        cwd="/",
        start_new_session=True,
    )
    running = process.running(child.pid)
    _hand_over(child, (*_target(office_pc), f"/u:{user}", f"/p:{password}", *_FIXED))
    return Desktop(running, child)


def _hand_over(child: "subprocess.Popen[bytes]", arguments: Sequence[str]) -> None:
    if child.stdin is None:  # PIPE was asked for
        return
    with child.stdin as pipe:
        pipe.write("\n".join(arguments).encode())


def _confined(display: Display) -> tuple[str, ...]:
    return (
        "nsenter",
        f"--net={NAMESPACE_PATH}",
        "--",
        "setpriv",
        f"--reuid={display.uid}",
        f"--regid={display.gid}",
        "--clear-groups",
        "--inh-caps=-all",
        "--bounding-set=-all",
        "--no-new-privs",
        "--",
    )


def _target(office_pc: OfficePc) -> tuple[str, ...]:
    return (
        f"/v:{office_pc.address}:{office_pc.port}",
        f"/sec:{_SECURITY[office_pc.kind]}",
        # Without deny xfreerdp3 3.15 asks a terminal that is not there, and hangs, when the pin does not match.
        f"/cert:deny,fingerprint:sha256:{office_pc.fingerprint}",
    )


def _problem(code: int) -> Problem:
    if code in _REFUSED:
        return Problem(Code.DESKTOP_REFUSED, detail={"reason": _REFUSED[code]})
    if code in _UNREACHABLE:
        return Problem(Code.DESKTOP_UNREACHABLE, detail={"reason": _UNREACHABLE[code]})
    return Problem(Code.DESKTOP_ENDED, detail={"exit": str(code)})
