"""The door: the tunnel that is up while the stick is on, to the first gateway that answers, on the line that answers.

A door that an earlier agent left is taken over as it stands; only its peer is set anew.
"""

import contextlib
from ipaddress import IPv6Address, IPv6Network
from typing import Final

from hanare_core.door import door_address
from hanare_core.problems import Code, Problem
from hanare_core.site import GatewaySite
from hanare_stick import carrier, network, process, uapi, wireguard
from hanare_stick.device import Device
from hanare_stick.line import Line
from hanare_stick.process import Running
from hanare_stick.reach import reach, udp_works
from hanare_stick.uapi import Traffic

INTERFACE: Final = "hn-door"
PROBE: Final = "hn-probe"

PROBE_S: Final = 2.0
"""How long UDP gets to answer beside a carrier that works."""


class Door:
    """The door of one stick; `line` is where it stands."""

    def __init__(self, device: Device, tunnel: Running, line: Line) -> None:
        self._device = device
        self._tunnel = tunnel
        self.line = line

    @classmethod
    async def open(cls, device: Device) -> "Door":
        """Open the door, trying one gateway after the other; raise Problem(DOOR_UNREACHABLE) when none answers."""
        try:
            tunnel = wireguard.serving(INTERFACE) or await wireguard.start(INTERFACE)
            network.door(INTERFACE, door_address(device.certificate.door_key), _behind(device))
        except OSError as error:
            raise Problem(Code.DOOR_UNREACHABLE, detail={"reason": "interface"}) from error
        line = await _first(device, device.site.gateways)
        if line is None:
            process.kill(tunnel)
            carrier.kill(INTERFACE)
            raise Problem(Code.DOOR_UNREACHABLE, detail={"reason": "no-answer"})
        return cls(device, tunnel, line)

    async def rekeyed(self) -> bool:
        """Come back with the keys that the device uses now; say whether a gateway answers to them. Raises OSError."""
        network.door(INTERFACE, door_address(self._device.certificate.door_key), _behind(self._device))
        return await self.reopen()

    async def reopen(self) -> bool:
        """Look for a line that answers now, at the present gateway first; say whether there is one."""
        known = self._device.site.gateways
        here = [gateway for gateway in known if gateway.wireguard_key == self.line.gateway.wireguard_key]
        others = [gateway for gateway in known if gateway not in here]
        line = await _first(self._device, (*here, *others))
        self.line = line or self.line
        return line is not None

    async def back_to_udp(self) -> bool:
        """Leave the carrier if UDP works now; what is under way notices nothing. Say whether the line changed.

        Raises OSError when it cannot be tried.
        """
        line = await self._udp()
        if line is None:
            return False
        uapi.move(INTERFACE, line.gateway.wireguard_key, line.place)
        self.line = line
        return True

    def traffic(self) -> Traffic:
        """Return what the door has carried. Raises OSError."""
        return uapi.traffic(INTERFACE)

    def close(self) -> None:
        """Take the door away."""
        process.kill(self._tunnel)
        carrier.kill(INTERFACE)

    async def _udp(self) -> Line | None:
        probe = await wireguard.start(PROBE)
        try:
            network.up(PROBE)
            return await udp_works(PROBE, self._device.door_key, self.line.gateway, PROBE_S)
        finally:
            process.kill(probe)


def _behind(device: Device) -> list[IPv6Network]:
    places = {device.site.api.address, device.site.hub.address}
    return [IPv6Network(IPv6Address(place)) for place in sorted(places)]


async def _first(device: Device, gateways: tuple[GatewaySite, ...]) -> Line | None:
    for gateway in gateways:
        with contextlib.suppress(OSError):
            line = await reach(INTERFACE, device.door_key, gateway, _behind(device))
            if line is not None:
                return line
    return None
