"""Where a session finds the gateway's egress proxy, and which names it may open through it.

The place is the same on every gateway, so nobody has to be told it: an address of the shared range (RFC 6598) that no
pool holds. It is a target of a lease like the office PC; the names travel with that target.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Final

from hanare_core.messages.gateway import Target
from hanare_core.web_application import WebApplication

ADDRESS: Final = "100.127.255.254"
PORT: Final = 3128


def target_of(applications: Iterable[WebApplication]) -> Target | None:
    """Return the lease target for these applications; None when there is none of them."""
    hosts = tuple(dict.fromkeys(host for application in applications for host in application.hosts))
    return Target(address=ADDRESS, port=PORT, hosts=hosts) if hosts else None


def permitted(address: str, host: str, table: Mapping[str, Iterable[str]]) -> bool:
    """Tell whether the session at this inner address may open this host, by its name only.

    table: session address → patterns, as `web_application.Host` writes them. An address literal is no name.
    """
    name = host.lower().removesuffix(".")
    return not _is_literal(name) and any(_matches(name, pattern) for pattern in table.get(address, ()))


def _matches(name: str, pattern: str) -> bool:
    if pattern.startswith("*."):
        return name.endswith(pattern[1:]) and len(name) > len(pattern) - 1
    return name == pattern


def _is_literal(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return name.replace(".", "").isdigit()  # 2130706433 and 127.1 are addresses to some resolvers
    return True
