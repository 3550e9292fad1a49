"""The window for a network's own sign-in page, as in hotels and trains: a browser that can reach nothing by itself.

The browser stands in a namespace that has nothing but its loopback; there listens `portal_relay`, another user's
process, which speaks to the home's network for it. Neither sees a key, a file of the stick or the session's programs;
the browser's profile is memory of its cage. Both end with `close`, and with the agent.
Limits: what the page shows is the network's alone, so the kiosk's bar stands above it and says what never to type.
"""

import sys
from pathlib import Path
from typing import Final

from hanare_stick import browser, browser_policy, caged, network, window_names
from hanare_stick.caged import Caged
from hanare_stick.sandbox import Network, Sandbox, readable
from hanare_stick.settings import Browser, Portal

PORT: Final = 3128
_NAMES: Final = ("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf")


class PortalWindow:
    """The open window with its relay."""

    def __init__(self, relay: Caged, window: Caged) -> None:
        self._relay = relay
        self._window = window

    @property
    def alive(self) -> bool:
        """Whether it still stands: the person may have closed it."""
        return self._window.alive and self._relay.alive

    def close(self) -> None:
        """End both; nothing of them runs when this returns."""
        self._window.end()
        self._relay.end()
        network.remove_namespace(network.PORTAL_NAMESPACE)


def show(page: str, program: Browser, users: Portal, screen: str) -> PortalWindow:
    """Open the page (an address of the web) on the compositor whose socket this is. Raises OSError."""
    relay = _relay(users)
    cage = Sandbox(users.uid, users.gid, {}, network=Network.PORTAL, outlives_agent=False)
    policy = browser_policy.portal_policy(f"{network.LOOPBACK}:{PORT}")
    try:
        window = browser.window(
            [f"--profile-directory={window_names.PORTAL}", f"--app={page}"], policy, cage, program.program, screen
        )
    except OSError:
        relay.end()
        raise
    return PortalWindow(relay, window)


def _relay(users: Portal) -> Caged:
    files = [readable(name) for name in _NAMES if Path(name).exists()]
    cage = Sandbox(
        users.relay_uid,
        users.relay_gid,
        caged.ENVIRONMENT,
        files=[*files, *map(readable, caged.PACKAGES)],
        network=Network.HOME,
        outlives_agent=False,
    )
    with network.listen_apart(network.PORTAL_NAMESPACE, PORT) as listening:
        given = str(listening.fileno())
        return caged.start(cage, (sys.executable, "-m", "hanare_stick.portal_relay", given), [listening.fileno()])
