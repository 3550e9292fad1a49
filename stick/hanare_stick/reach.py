"""How a gateway is reached from any home: UDP on every address and port, the carrier when none answers soon.

The gateway's name is looked up on the home network meanwhile, and what it says runs too: the only DNS a stick asks of a
home. A wrong answer costs nothing, because only the gateway's own key can answer.
"""

import asyncio
import contextlib
import socket
from collections.abc import Sequence
from typing import Final

import msgspec
from nacl.public import PrivateKey

from hanare_core.site import Endpoint, GatewaySite
from hanare_stick import carrier, uapi
from hanare_stick.line import Line, addresses_of
from hanare_stick.race import Race
from hanare_stick.shake import WAITS_S, shake
from hanare_stick.uapi import Network, Peer

CARRIER_AFTER_S: Final = 1.5
"""UDP has this long alone. A handshake takes one round trip and a lost one is repeated after a second, so a home that
is silent until then lets no UDP out."""


async def reach(
    interface: str,
    key: PrivateKey,
    gateway: GatewaySite,
    behind: Sequence[Network],
    waits_s: Sequence[float] = WAITS_S,
) -> Line | None:
    """Put the tunnel on the first line that answers and return it; None when none does. Raises OSError."""
    async with Race() as race:
        runners = _Runners(race, gateway)
        helpers = [asyncio.create_task(runners.names()), asyncio.create_task(runners.carrier(interface))]
        try:
            await runners.addresses()
            answered = await shake(interface, key, Peer(gateway.wireguard_key, race.place, behind), waits_s=waits_s)
        finally:
            await _end(helpers)
        line = race.first
        if not answered or line is None:
            return None
        uapi.move(interface, gateway.wireguard_key, carrier.place(interface) if line.carried else line.place)
        if not line.carried:
            await carrier.stop(interface)
        return line


async def udp_works(interface: str, key: PrivateKey, gateway: GatewaySite, seconds: float) -> Line | None:
    """Return the UDP line that answers now, beside a tunnel that stays on the carrier; None: there is none.

    interface: a tunnel made for this alone. The gateway makes keys for it that nobody uses and that end by themselves.
    """
    async with Race(deaf=True) as race:
        runners = _Runners(race, gateway)
        helpers = [asyncio.create_task(runners.names())]
        try:
            await runners.addresses()
            uapi.configure(interface, key, Peer(gateway.wireguard_key, race.place, ()))
            async with asyncio.timeout(seconds):
                await race.answered.wait()
        except TimeoutError:
            return None
        finally:
            await _end(helpers)
        return race.first


class _Runners:
    """Lets a gateway's lines run, as they become known."""

    def __init__(self, race: Race, gateway: GatewaySite) -> None:
        self._race = race
        self._gateway = gateway

    async def addresses(self) -> None:
        """Start the addresses of the site file."""
        for endpoint in self._gateway.endpoints:
            await self._race.add(Line(self._gateway, endpoint))

    async def names(self) -> None:
        """Start what the home's DNS says of the gateway's name, if it says anything new."""
        if self._gateway.name is None:
            return
        with contextlib.suppress(OSError):
            loop = asyncio.get_running_loop()
            found = await loop.getaddrinfo(self._gateway.name, None, type=socket.SOCK_DGRAM)
            known = self._gateway.endpoints
            told = {(str(place[0]), endpoint.port) for *_, place in found for endpoint in known}
            fresh = [one for one in (Endpoint(*pair) for pair in sorted(told)) if one not in known]
            self._gateway = msgspec.structs.replace(self._gateway, endpoints=(*known, *fresh))
            for endpoint in fresh:
                await self._race.add(Line(self._gateway, endpoint))

    async def carrier(self, interface: str) -> None:
        """Start the carrier when UDP has had its time."""
        if self._gateway.carrier is None:
            return
        await asyncio.sleep(CARRIER_AFTER_S)
        gateway = self._gateway
        with contextlib.suppress(OSError):
            relay = await carrier.start(interface, self._gateway.carrier, addresses_of(gateway))
            place = Endpoint(address=gateway.endpoints[0].address, port=self._gateway.carrier.port)
            await self._race.add(Line(gateway, place, carried=True), relay)


async def _end(helpers: Sequence[asyncio.Task[None]]) -> None:
    for helper in helpers:
        helper.cancel()
    await asyncio.gather(*helpers, return_exceptions=True)
