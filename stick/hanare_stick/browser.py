"""One permitted web application: Chromium in a cage of its own, whose profile is gone when its window is.

It runs as its own user in the session's namespace, sees neither the X screen nor the desktop, and gets its policy as a
file that it cannot write (`browser_policy`). Chromium's own sandbox stays on, so this cage lets it make user
namespaces. Limits: 3D graphics and video are drawn by the processor; no Japanese input method yet.
"""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from hanare_core.web_application import WebApplication
from hanare_stick import browser_policy, process, sandbox
from hanare_stick.process import Running
from hanare_stick.sandbox import Sandbox
from hanare_stick.settings import Browser, Display

POLICY: Final = "/etc/chromium/policies/managed/hanare.json"
_SCREEN: Final = "/run/screen"
_SOCKET: Final = f"{_SCREEN}/wayland-0"
_HOME: Final = "/run/browser"

_FIXED: Final = (
    "--ozone-platform=wayland",
    "--enable-wayland-ime",
    "--disable-gpu",
    # Of the browser's own keys only those for the page itself work: no window of history, tasks or help.
    "--force-app-mode",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pings",
    "--noerrdialogs",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-crash-reporter",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-session-crashed-bubble",
    "--disable-sync",
    "--password-store=basic",
    "--start-maximized",
)


@dataclass(frozen=True)
class Window:
    """One application's running browser, our child or an earlier agent's."""

    running: Running
    child: "subprocess.Popen[bytes] | None" = None

    @property
    def open(self) -> bool:
        """Whether it still runs; a child that has ended is reaped."""
        if self.child is not None and self.child.poll() is not None:
            return False
        return process.alive(self.running)

    def end(self) -> None:
        """End it at once, with everything in its cage."""
        process.kill_group(self.running)
        if self.child is not None:
            self.child.wait()


def start(application: WebApplication, browser: Browser, display: Display) -> Window:
    """Open the application's window; raise OSError when the program cannot be started."""
    authorities = browser_policy.certificates(Path(browser.authorities)) if browser.authorities else []
    policy = _file(msgspec.json.encode(browser_policy.policy(application, authorities)))
    rules = sandbox.filter_file(nested=True)
    cage = _cage(browser, display, policy)
    try:
        child = subprocess.Popen(
            cage.command(_program(application, browser), filter_descriptor=rules),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin"},
            cwd="/",
            pass_fds=[rules, policy],
            start_new_session=True,
        )
    finally:
        os.close(rules)
        os.close(policy)
    return Window(process.running(child.pid), child)


def _program(application: WebApplication, browser: Browser) -> Sequence[str]:
    folder = f"--user-data-dir={_HOME}/profiles"
    # The window's app_id ends with the profile's name: by it the kiosk finds the window again.
    return (browser.program, *_FIXED, folder, f"--profile-directory={application.id}", f"--app={application.url}")


def _cage(browser: Browser, display: Display, policy: int) -> Sandbox:
    environment = {"PATH": "/usr/bin:/bin", "HOME": _HOME, "LANG": "ja_JP.UTF-8", "XDG_RUNTIME_DIR": _SCREEN}
    environment |= {"WAYLAND_DISPLAY": Path(_SOCKET).name, "NO_AT_BRIDGE": "1"}
    return Sandbox(
        browser.uid,
        browser.gid,
        environment,
        sockets=[(display.wayland, _SOCKET)],
        data=[(policy, POLICY)],
        folders=[_SCREEN, _HOME],
        nested=True,
    )


def _file(content: bytes) -> int:
    descriptor = os.memfd_create("policy")
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
