"""The home's network before it is there: a cable's first second, DHCP and a Wi-Fi take some after power-on.

A door that is tried meanwhile cannot answer, and a person would read that the office is out of reach.
"""

import asyncio
from pathlib import Path
from typing import Final

LONGEST_S: Final = 8.0
"""A home's DHCP and a remembered Wi-Fi take up to five; who has neither is told so then, and chooses a network."""

LOOK_S: Final = 0.1
"""The kernel's table is read so often: a person does not feel it, and it is over within seconds."""

_IPV4: Final = Path("/proc/net/route")
_IPV6: Final = Path("/proc/net/ipv6_route")
_LOOPBACK: Final = "lo"
_OWN: Final = "hn-"
"""What every tunnel of ours is called."""

_EVERY_LINK: Final = ("fe80", "ff")
"""Link-local and multicast addresses (RFC 4291, 2.4), which a link has before anybody has told it one."""


async def awaited(seconds: float = LONGEST_S) -> bool:
    """Wait until the home's network leads somewhere; say whether it does."""
    for _ in range(round(seconds / LOOK_S)):
        if there():
            return True
        await asyncio.sleep(LOOK_S)
    return there()


def there() -> bool:
    """Say whether any network but our own has told an address: then it has a route (proc(5), ip-route(8))."""
    return any(_is_home(line[0]) for line in _lines(_IPV4)[1:]) or any(
        _is_home(line[-1]) and not line[0].startswith(_EVERY_LINK) for line in _lines(_IPV6)
    )


def _lines(table: Path) -> list[list[str]]:
    try:
        return [line.split() for line in table.read_text().splitlines()]
    except OSError:  # a kernel without IPv6
        return []


def _is_home(interface: str) -> bool:
    return interface != _LOOPBACK and not interface.startswith(_OWN)
