"""`python -m hanare_stick.portal_relay DESCRIPTOR`: the only way out of the portal's window, an HTTP proxy.

It is handed a socket that listens on the loopback of the window's namespace, which has no other link, and connects from
the stick's own, as a user to whom the firewall lets nothing but TCP and DNS. CONNECT (RFC 9110, 9.3.6) and requests in
absolute form (RFC 9112, 3.2.2), one a connection. It never connects to the loopback or to a door's address.
Limits: what a page says to port 80 passes in clear, as with any browser; HEAD_BYTES, MOST connections, IDLE_S.
"""

import asyncio
import contextlib
import ipaddress
import socket
import sys
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from hanare_core.door import DOOR_NETWORK

HEAD_BYTES: Final = 65536
"""A browser sends at most 16 kB of cookies and a long address."""

MOST: Final = 64
"""A browser opens 32 to one proxy."""

CONNECT_S: Final = 10.0
IDLE_S: Final = 120.0
"""A page that asks rarely and waits for its answer."""

CHUNK_BYTES: Final = 65536

_ENDS: Final = b"\r\n\r\n"
_TUNNEL: Final = b"HTTP/1.1 200 Connected\r\n\r\n"
_REFUSED: Final = b"HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_OF_THE_PROXY: Final = frozenset({"proxy-connection", "proxy-authorization", "connection", "keep-alive"})


class Wish(NamedTuple):
    """Where a browser wants to go, and what is said there first (empty: a tunnel)."""

    host: str
    port: int
    first: bytes


def wish(head: bytes) -> Wish:
    """Return what a request's head wants; raise ValueError for what is no request to a proxy."""
    request, *fields = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    method, target, version = request.split(" ")
    if method == "CONNECT":
        place = urlsplit(f"//{target}")
        return Wish(_host(place.hostname), place.port or 0, b"")
    parts = urlsplit(target)
    if parts.scheme != "http" or not version.startswith("HTTP/1."):
        raise ValueError(target)
    path = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    kept = [field for field in fields if field.partition(":")[0].strip().lower() not in _OF_THE_PROXY]
    first = "\r\n".join([f"{method} {path} {version}", *kept, "Connection: close"])
    return Wish(_host(parts.hostname), parts.port or 80, first.encode("latin-1") + _ENDS)


def permitted(address: str) -> bool:
    """Say whether it may connect there: not on the stick's loopback, to nobody in particular, and to no door."""
    place = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(place, ipaddress.IPv6Address):
        place = place.ipv4_mapped or place
    if isinstance(place, ipaddress.IPv6Address) and place in DOOR_NETWORK:
        return False
    return not (place.is_loopback or place.is_multicast or place.is_unspecified)


async def serve(listening: socket.socket) -> None:
    """Serve until cancelled."""
    room = asyncio.Semaphore(MOST)

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with room:
            with contextlib.suppress(OSError, TimeoutError, ValueError, asyncio.IncompleteReadError):
                await _client(reader, writer)
        writer.close()

    async with await asyncio.start_server(client, sock=listening, limit=HEAD_BYTES) as server:
        await server.serve_forever()


async def _client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    async with asyncio.timeout(IDLE_S):
        head = await reader.readuntil(_ENDS)
    try:
        wanted = wish(head)
        far_reader, far = await _connected(wanted)
    except ValueError:
        writer.write(_REFUSED % b"400 Bad Request")
        return
    except (OSError, TimeoutError):
        writer.write(_REFUSED % b"502 Bad Gateway")
        return
    with contextlib.closing(far):
        if wanted.first:
            far.write(wanted.first)
        else:
            writer.write(_TUNNEL)
        await asyncio.gather(_pump(reader, far), _pump(far_reader, writer))


async def _connected(wanted: Wish) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Return a connection to the first permitted address that answers. Raises OSError or TimeoutError."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(CONNECT_S):
        found = await loop.getaddrinfo(wanted.host, wanted.port, type=socket.SOCK_STREAM)
        for address in dict.fromkeys(str(place[0]) for *_, place in found):
            if permitted(address):
                with contextlib.suppress(OSError):
                    return await asyncio.open_connection(address, wanted.port)
    raise ConnectionRefusedError(wanted.host)


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Carry bytes until the source ends, and tell the target so."""
    while True:
        async with asyncio.timeout(IDLE_S):
            data = await source.read(CHUNK_BYTES)
            if not data:
                break
            target.write(data)
            await target.drain()
    if target.can_write_eof():
        target.write_eof()


def _host(name: str | None) -> str:
    if not name:
        raise ValueError("no host")
    return name


def main() -> int:
    """Serve the socket that was handed over."""
    try:
        listening = socket.socket(fileno=int(sys.argv[1]))
        asyncio.run(serve(listening))
    except (IndexError, ValueError, OSError) as error:
        sys.stderr.write(f"hanare-stick: portal: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
