"""One permitted web application: Chromium in a cage of its own, whose profile is gone when its window is.

It runs as its own user in the session's namespace, sees neither the X screen nor the desktop, and gets its policy as a
file that it cannot write (`browser_policy`). Chromium's own sandbox stays on, so this cage lets it make user
namespaces. Japanese comes from `input_method`. Limits: 3D graphics and video are drawn by the processor.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from hanare_core.web_application import WebApplication
from hanare_stick import browser_policy, caged
from hanare_stick.caged import Caged
from hanare_stick.sandbox import Sandbox
from hanare_stick.settings import Browser, Display

POLICY: Final = "/etc/chromium/policies/managed/hanare.json"
_SCREEN: Final = "/run/screen"
_SOCKET: Final = f"{_SCREEN}/wayland-0"
_HOME: Final = "/run/browser"

_FIXED: Final = (
    "--ozone-platform=wayland",
    "--enable-wayland-ime",
    "--wayland-text-input-version=3",
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


def start(application: WebApplication, browser: Browser, display: Display) -> Caged:
    """Open the application's window; raise OSError when the program cannot be started."""
    authorities = browser_policy.certificates(Path(browser.authorities)) if browser.authorities else []
    policy = caged.file(msgspec.json.encode(browser_policy.policy(application, authorities)))
    try:
        return caged.start(_cage(browser, display, policy), _program(application, browser), [policy])
    finally:
        os.close(policy)


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
