"""The door: the tunnel that is up while the stick is on, to the first gateway that answers.

A door that an earlier agent left is taken over as it stands; only its peer is set anew.
"""

import asyncio
import contextlib
from ipaddress import IPv6Address, IPv6Network
from typing import Final

from hanare_core.door import door_address
from hanare_core.problems import Code, Problem
from hanare_core.site import Endpoint, GatewaySite
from hanare_stick import network, process, uapi, wireguard
from hanare_stick.device import Device
from hanare_stick.process import Running
from hanare_stick.uapi import Peer

INTERFACE: Final = "hn-door"

HANDSHAKE_S: Final = 6.0
"""How long one endpoint gets: WireGuard repeats a lost handshake after 5 s."""

_POLL_S: Final = 0.01
_KNOCK_PORT: Final = 9
"""Discard: any packet into the tunnel starts the handshake, and nothing has to answer it."""


class Door:
    """The door of one stick; `gateway` and `endpoint` are those that answered."""

    def __init__(self, tunnel: Running, gateway: GatewaySite, endpoint: Endpoint) -> None:
        self._tunnel = tunnel
        self.gateway = gateway
        self.endpoint = endpoint

    @classmethod
    async def open(cls, device: Device) -> "Door":
        """Open the door, trying every endpoint in turn; raise Problem(DOOR_UNREACHABLE) when none answers."""
        try:
            tunnel = wireguard.serving(INTERFACE) or await wireguard.start(INTERFACE)
            network.door(INTERFACE, door_address(device.certificate.door_key), _behind(device))
        except OSError as error:
            raise Problem(Code.DOOR_UNREACHABLE, detail={"reason": "interface"}) from error
        for gateway in device.site.gateways:
            for endpoint in gateway.endpoints:
                if await _answers(device, gateway, endpoint):
                    return cls(tunnel, gateway, endpoint)
        process.kill(tunnel)
        raise Problem(Code.DOOR_UNREACHABLE, detail={"reason": "no-answer"})

    def close(self) -> None:
        """Take the door away."""
        process.kill(self._tunnel)


def _behind(device: Device) -> list[IPv6Network]:
    places = {device.site.api.address, device.site.hub.address}
    return [IPv6Network(IPv6Address(place)) for place in sorted(places)]


async def _answers(device: Device, gateway: GatewaySite, endpoint: Endpoint) -> bool:
    behind = _behind(device)
    with contextlib.suppress(OSError, TimeoutError):
        uapi.configure(INTERFACE, device.door_key, Peer(gateway.wireguard_key, endpoint, behind))
        async with asyncio.timeout(HANDSHAKE_S):
            await _knock(str(behind[0].network_address))
            while not uapi.handshake_s(INTERFACE):  # noqa: ASYNC110 - wireguard-go tells nobody, it must be asked
                await asyncio.sleep(_POLL_S)
        return True
    return False


async def _knock(address: str) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=(address, _KNOCK_PORT))
    transport.sendto(b"")
    transport.close()
