"""Whether a captive portal stands between this home and the internet, as in hotels and trains.

A gateway never answers on TCP port 80. Whoever answers there in HTTP has caught the connection, and says where people
sign in. Nothing that it says is believed beyond that; the page is opened only if the person wants it (`captive`).
"""

import asyncio
import contextlib
from typing import Final
from urllib.parse import urlsplit

from hanare_core.site import Site

PORT: Final = 80
ANSWER_S: Final = 2.0
"""A portal stands in the same house."""

HEAD_BYTES: Final = 8192
URL_CHARACTERS: Final = 512

_ENDS: Final = b"\r\n\r\n"


async def portal(site: Site) -> str | None:
    """Return the address of the portal's page; None when none answers."""
    addresses = {endpoint.address for gateway in site.gateways for endpoint in gateway.endpoints}
    for address in sorted(addresses):
        head = await _asked(address)
        if head.startswith(b"HTTP/1."):
            return page(head) or f"http://{_written(address)}/"
    return None


def page(head: bytes) -> str | None:
    """Return where an answer's head leads to, if that is an address of the web: its first Location counts."""
    for line in head.decode("latin-1").split("\r\n"):
        name, _, value = line.partition(":")
        if name.lower() == "location":
            place = value.strip()
            return place if _of_the_web(place) else None
    return None


async def _asked(address: str) -> bytes:
    """Return what answers for the address on port 80, up to the end of the head; nothing if nobody does."""
    with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        async with asyncio.timeout(ANSWER_S):
            reader, writer = await asyncio.open_connection(address, PORT, limit=HEAD_BYTES)
            with contextlib.closing(writer):
                writer.write(f"GET / HTTP/1.1\r\nHost: {_written(address)}\r\nConnection: close\r\n\r\n".encode())
                return await reader.readuntil(_ENDS)
    return b""


def _of_the_web(place: str) -> bool:
    if len(place) > URL_CHARACTERS or not place.isprintable():
        return False
    try:
        parts = urlsplit(place)
    except ValueError:  # an address in brackets that is none
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _written(address: str) -> str:
    return f"[{address}]" if ":" in address else address
