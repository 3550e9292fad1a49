"""One permitted web application: Chromium in a cage of its own, whose profile is gone when its window is.

It runs as its own user in the session's namespace, sees neither the X screen nor the desktop, and gets its policy as a
file that it cannot write (`browser_policy`). Chromium's own sandbox stays on, so this cage lets it make user
namespaces. Japanese comes from `input_method`. Limits: 3D graphics and video are drawn by the processor.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec

from hanare_core.web_application import WebApplication
from hanare_stick import browser_policy, caged
from hanare_stick.browser_policy import Policy
from hanare_stick.caged import Caged
from hanare_stick.sandbox import Sandbox
from hanare_stick.settings import Browser, Display

POLICY: Final = "/etc/chromium/policies/managed/hanare.json"
_SCREEN: Final = "/run/screen"
_SOCKET: Final = f"{_SCREEN}/wayland-0"
_HOME: Final = "/run/browser"

PARTS_START_S: Final = 180
"""A part of the browser that has not heard from the first one for so long ends itself and is begun again. Chromium's
own 15 s are too few for a slow PC: network and storage were begun again and again, and no page came (seen)."""

_ENVIRONMENT: Final[Mapping[str, str]] = {
    "PATH": "/usr/bin:/bin",
    "HOME": _HOME,
    "LANG": "ja_JP.UTF-8",
    "XDG_RUNTIME_DIR": _SCREEN,
    "WAYLAND_DISPLAY": Path(_SOCKET).name,
    "NO_AT_BRIDGE": "1",
}

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
    # Each first start measures whether the PC could run a language model, which no page may use.
    "--disable-features=LogOnDeviceMetricsOnStartup,OptimizationGuideOnDeviceModel",
    f"--ipc-connection-timeout={PARTS_START_S}",
)


def start(application: WebApplication, browser: Browser, display: Display) -> Caged:
    """Open the application's window; raise OSError when the program cannot be started."""
    authorities = browser_policy.certificates(Path(browser.authorities)) if browser.authorities else []
    # The window's app_id ends with the profile's name: by it the kiosk finds the window again.
    page = [f"--profile-directory={application.id}", f"--app={application.url}"]
    cage = Sandbox(browser.uid, browser.gid, {})
    return window(page, browser_policy.policy(application, authorities), cage, browser.program, display.wayland)


def window(page: Sequence[str], policy: Policy, cage: Sandbox, program: str, screen: str) -> Caged:
    """Open a page in a window of its own.

    cage: whose user and network it is; screen: the compositor's socket. Raises OSError when it cannot be started.
    """
    file = caged.file(msgspec.json.encode(policy))
    whole = replace(
        cage,
        environment=_ENVIRONMENT,
        sockets=[(screen, _SOCKET)],
        data=[(file, POLICY)],
        folders=[_SCREEN, _HOME],
        nested=True,
    )
    try:
        return caged.start(whole, (program, *_FIXED, f"--user-data-dir={_HOME}/profiles", *page), [file])
    finally:
        os.close(file)
