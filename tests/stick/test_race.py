"""The race of the lines over real sockets: who starts first, and that a line that loses answers wins once only."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

from hanare_core.site import Endpoint, GatewaySite
from hanare_stick.line import Line
from hanare_stick.race import Race
from hanare_stick.uapi import LOOPBACK

FAMILIES = {"udp4": (socket.AF_INET, "127.0.0.1"), "udp6": (socket.AF_INET6, "::1")}
RESPONSE = b"\x02\x00\x00\x00".ljust(92, b"\x00")
BOUND_S = 60.0


class Gateway:
    """Takes the copy of a handshake that comes first, as WireGuard does, and answers it where answers get through."""

    def __init__(self, *, answers: frozenset[str]) -> None:
        self.came: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
        self.site = GatewaySite("gw", "A" * 43, ())
        self._answers = answers
        self._known: set[bytes] = set()
        self._sockets = {name: socket.socket(family, socket.SOCK_DGRAM) for name, (family, _) in FAMILIES.items()}

    async def listen(self, race: Race) -> None:
        """Open both lines and let them run."""
        for name, (_, address) in FAMILIES.items():
            place = self._sockets[name]
            place.bind((address, 0))
            place.setblocking(False)
            asyncio.get_running_loop().add_reader(place, self._read, name, place)
            await race.add(Line(self.site, Endpoint(address=address, port=place.getsockname()[1])))

    def close(self) -> None:
        """Close both."""
        for place in self._sockets.values():
            asyncio.get_running_loop().remove_reader(place)
            place.close()

    def _read(self, name: str, place: socket.socket) -> None:
        data, sender = place.recvfrom(2048)
        self.came.put_nowait((name, data))
        if data not in self._known and name in self._answers:
            place.sendto(RESPONSE, sender)
        self._known.add(data)


@contextlib.asynccontextmanager
async def running(*answers: str) -> AsyncIterator[tuple[Race, Gateway, socket.socket]]:
    """Have a race, a gateway, and the tunnel's own socket."""
    gateway = Gateway(answers=frozenset(answers))
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as tunnel:
        tunnel.setblocking(False)
        async with asyncio.timeout(BOUND_S), Race() as race:
            await gateway.listen(race)
            tunnel.connect((race.place.address, race.place.port))
            try:
                yield race, gateway, tunnel
            finally:
                gateway.close()


async def said(gateway: Gateway, times: int) -> list[str]:
    """Return the lines on which the next datagrams come."""
    return [(await gateway.came.get())[0] for _ in range(times)]


def test_each_line_starts_first_in_turn() -> None:
    """IPv4 has the first try's head start, IPv6 the second's; each copy is sent all the same."""

    async def scenario() -> None:
        async with running() as (_, gateway, tunnel):
            for number, order in enumerate((["udp4", "udp6"], ["udp6", "udp4"], ["udp4", "udp6"])):
                tunnel.send(b"handshake %d" % number)
                assert await said(gateway, 2) == order

    asyncio.run(scenario())


def test_a_line_that_loses_answers_wins_once_only() -> None:
    """The gateway answers what comes first; where answers over IPv4 are lost, the second try comes up over IPv6."""

    async def scenario() -> None:
        async with running("udp6") as (race, gateway, tunnel):
            tunnel.send(b"first")
            assert await said(gateway, 2) == ["udp4", "udp6"]
            assert not race.answered.is_set()
            tunnel.send(b"second")
            await race.answered.wait()
            assert race.first is not None
            assert race.first.name == "udp6"

    asyncio.run(scenario())


def test_what_was_answered_is_sent_no_more() -> None:
    """A line behind keeps quiet when the one ahead was answered in time."""

    async def scenario() -> None:
        async with running("udp4") as (race, gateway, tunnel):
            tunnel.send(b"first")
            await race.answered.wait()
            tunnel.send(b"second")
            assert await said(gateway, 2) == ["udp4", "udp6"]
            assert gateway.came.empty()

    asyncio.run(scenario())


def test_the_tunnel_is_told_an_ipv6_loopback() -> None:
    """wireguard-go never spoke IPv4 before its first datagram over IPv6 (docs/adr/0020)."""

    async def scenario() -> None:
        async with Race() as race:
            assert race.place.address == LOOPBACK == "::1"

    asyncio.run(scenario())
