"""The users that Hanare's processes run as in the lab; a package makes the same ones by systemd-sysusers."""

from typing import Final, NamedTuple


class Account(NamedTuple):
    """A numeric user and its group."""

    uid: int
    gid: int


SERVER: Final = Account(64101, 64101)
"""Console, API and worker."""
HUB: Final = Account(64102, 64102)
KEYD: Final = Account(64103, 64103)
FRONT: Final = Account(64104, 64104)
"""nginx: reaches the two sockets behind it and its certificate, nothing else."""
GATEWAY: Final = Account(64105, 64105)
"""The gateway agent; keeps CAP_NET_ADMIN."""
CARRIER: Final = Account(64109, 64109)
"""The gateway's carrier: no capability, reaches WireGuard's port alone."""
PROXY: Final = Account(64110, 64110)
"""squid, and the helper that it asks."""
DESKTOP: Final = Account(64106, 64106)
"""FreeRDP on the stick."""
DATABASE: Final = Account(64107, 64107)
"""PostgreSQL, where the lab runs it."""
KITTING: Final = Account(64108, 64108)
"""The kitting station's operator."""
KIOSK: Final = Account(64109, 64109)
"""The stick's kiosk and its compositor."""
BROWSER: Final = Account(64111, 64111)
"""Chromium on the stick."""
INPUT_METHOD: Final = Account(64112, 64112)
"""fcitx5 on the stick."""
PORTAL: Final = Account(64113, 64113)
"""The browser with a network's own sign-in page."""
PORTAL_RELAY: Final = Account(64114, 64114)
"""What speaks to that network for it."""
SOUND: Final = Account(64115, 64115)
"""PipeWire on the stick."""
