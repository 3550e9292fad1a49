"""FreeRDP on the own office PC: caged, in the session's namespace, with a fixed argument list.

Arguments travel by standard input (`/args-from:stdin`), so the password stands in no argument list, environment or
file. Nothing is redirected but sound, and the microphone where the profile says so; the certificate is pinned. The
desktop is a process group of its own that a restarted agent adopts.
"""

import asyncio
import contextlib
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hanare_core.messages.api import OfficePc
from hanare_core.problems import Code, Problem
from hanare_stick import desktop_end, process, sandbox
from hanare_stick.control_messages import Area, OfficeAccount
from hanare_stick.process import Running
from hanare_stick.sandbox import Sandbox
from hanare_stick.settings import Display

PROGRAM: Final = "xfreerdp3"

RECONNECTS: Final = 60
"""Tries after a break: of 15 s each on a silent line, for longer than the office waits for a packet (five minutes); of
half a second each where the office PC refuses, 30 s for a service that starts anew."""

REAP_S: Final = 1.0
"""From the kernel's word that it has ended to its exit code."""

_SECURITY: Final = {"windows": "nla", "xrdp": "tls"}
_FIXED: Final = (
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
    "-grab-keyboard",
    "-decorations",
    "-credentials-delegation",
    "/log-level:ERROR",
)
"""`-ssh-agent` would ask for that channel: FreeRDP 3.15 takes any mention of it as a wish."""

_SOUND: Final = ("/sound",)
_MICROPHONE: Final = ("/microphone",)

_X11_SOCKETS: Final = "/tmp/.X11-unix"  # noqa: S108 - where X servers put them
_AUTHORITY_INSIDE: Final = "/run/screen/xauthority"
_SOUND_INSIDE: Final = "/run/screen/pulse"


@dataclass(frozen=True)
class Shown:
    """What the desktop is to show, and how."""

    office_pc: OfficePc
    account: OfficeAccount
    area: Area | None = None
    """None: the whole screen."""
    sound: bool = True
    microphone: bool = False


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
        return desktop_end.problem_of(code)

    def end(self) -> None:
        """End it at once, the cage and what is in it: the screen is empty when this returns."""
        process.kill_group(self.running)
        if self._child is not None:
            self._child.wait()


def start(shown: Shown, display: Display) -> Desktop:
    """Start the desktop; raise OSError when the program cannot be started."""
    descriptor = sandbox.filter_file()
    try:
        program = desktop_end.reporting([PROGRAM, "/args-from:stdin"])
        child = subprocess.Popen(
            cage(shown, display).command(program, filter_descriptor=descriptor),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin"},
            cwd="/",
            pass_fds=[descriptor],
            start_new_session=True,
        )
    finally:
        os.close(descriptor)
    running = process.running(child.pid)
    _hand_over(child, arguments(shown))
    return Desktop(running, child)


def arguments(shown: Shown) -> tuple[str, ...]:
    """Return FreeRDP's whole argument list, password included: for standard input only."""
    account = shown.account
    return (
        *_target(shown.office_pc),
        f"/u:{account.user}",
        f"/p:{account.password}",
        *_placed(shown.area),
        *_FIXED,
        *(_SOUND if shown.sound else ()),
        *(_MICROPHONE if shown.microphone else ()),
    )


def _placed(area: Area | None) -> tuple[str, ...]:
    """Return how large it is, and over how many monitors; the compositor gives the window its place."""
    if area is None:
        return ("/f",)
    size = (f"/size:{area.width}x{area.height}", f"/scale-desktop:{area.scale}")
    return (*size, "/multimon") if area.monitors > 1 else size


def cage(shown: Shown, display: Display) -> Sandbox:
    """Return the desktop's cage, with the sound that it may have."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8", "XDG_RUNTIME_DIR": "/run/screen"}
    environment |= {"DISPLAY": display.x_display, "XAUTHORITY": _AUTHORITY_INSIDE}
    place = f"{_X11_SOCKETS}/X{display.x_display.removeprefix(':')}"
    sockets = [(place, place)]
    sound = _sound(shown, display)
    if sound:
        environment |= {"PULSE_SERVER": f"unix:{_SOUND_INSIDE}"}
        sockets.append((sound, _SOUND_INSIDE))
    return Sandbox(
        display.uid,
        display.gid,
        environment,
        sockets=sockets,
        files=[(display.x_authority, _AUTHORITY_INSIDE)],
        folders=["/run/screen"],
    )


def _sound(shown: Shown, display: Display) -> str:
    """Return the socket by which it is heard, or also hears; empty where it may do neither, or nothing serves it."""
    if display.sound is None or not (shown.sound or shown.microphone):
        return ""
    place = display.sound.talk if shown.microphone else display.sound.play
    return place if Path(place).exists() else ""


def _hand_over(child: "subprocess.Popen[bytes]", lines: Sequence[str]) -> None:
    if child.stdin is None:  # PIPE was asked for
        return
    with contextlib.suppress(BrokenPipeError), child.stdin as pipe:  # dead already: its exit code says why
        pipe.write("\n".join(lines).encode())


def _target(office_pc: OfficePc) -> tuple[str, ...]:
    return (
        f"/v:{office_pc.address}:{office_pc.port}",
        f"/sec:{_SECURITY[office_pc.kind]}",
        # Without deny FreeRDP 3.15 asks a person, and waits, when the pin does not match.
        f"/cert:deny,fingerprint:sha256:{office_pc.fingerprint}",
    )
