"""The home router's DHCP server: busybox's udhcpd, brought from the tools tree, gives the home PC its usual address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hanare_image.build.tools import Tools
from hanare_lab import addresses
from hanare_lab.home import Home

_PROGRAM: Final = "/run/busybox"
_SETTINGS: Final = "/run/udhcpd.conf"
_LEASES: Final = "/run/udhcpd.leases"


LEASE_SECONDS: Final = 86400


def start(home: Home, *, options: Sequence[str] = (), lease_seconds: int = LEASE_SECONDS) -> None:
    """Start it once on the home's router; options: more than a usual router tells (udhcpd.conf's `option …`)."""
    router = home.router
    if any(process.name.endswith("-dhcp") and process.alive for process in router.processes):
        return
    first, last = home.subnet[addresses.HOME_PC], home.subnet[addresses.HOME_PC + 20]
    router.write(_PROGRAM, (Tools().tree / "usr/bin/busybox").read_bytes(), mode=0o755)
    router.write(_LEASES, b"")
    router.write(
        _SETTINGS,
        f"start {first}\nend {last}\ninterface lan0\nlease_file {_LEASES}\npidfile /run/udhcpd.pid\n"
        f"option subnet {home.subnet.netmask}\noption router {home.subnet[1]}\noption dns {home.subnet[1]}\n"
        f"option lease {lease_seconds}\n" + "".join(f"option {option}\n" for option in options),
    )
    router.start("dhcp", [_PROGRAM, "udhcpd", "-f", _SETTINGS])
