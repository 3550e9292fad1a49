"""The door: the tunnel that is up while the stick is on, to the first gateway that answers, on the line that answers.

The session goes where the door goes, so that one watch serves both. At each gateway the door has another address.
A door that an earlier agent left is taken over as it stands; only its peer is set anew.
"""

import asyncio
import contextlib
from collections.abc import Iterable
from ipaddress import IPv6Address, IPv6Network
from typing import Final

from hanare_core.door import door_address
from hanare_core.problems import Code, Problem
from hanare_stick import carrier, network, process, uapi, wireguard
from hanare_stick.device import Device
from hanare_stick.gateways import Try, again
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
        self.preferred: frozenset[str] = frozenset()
        """Gateways that know the open session."""
        self._lock = asyncio.Lock()

    @classmethod
    async def open(cls, device: Device) -> "Door":
        """Open the door, trying one gateway after the other; raise Problem(DOOR_UNREACHABLE) when none answers."""
        try:
            tunnel = wireguard.serving(INTERFACE) or await wireguard.start(INTERFACE)
            network.up(INTERFACE)
        except OSError as error:
            raise Problem(Code.DOOR_UNREACHABLE, detail={"reason": "interface"}) from error
        line = await _first(device, map(Try, device.site.gateways))
        if line is None:
            process.kill(tunnel)
            carrier.kill(INTERFACE)
            await process.ended(tunnel)  # whoever opens the door next must not take over a tunnel that is dying
            raise Problem(Code.DOOR_UNREACHABLE, detail={"reason": "no-answer"})
        return cls(device, tunnel, line)

    async def rekeyed(self) -> bool:
        """Come back with the keys that the device uses now; say whether a gateway answers to them. Raises OSError."""
        return await self.reopen()

    async def reopen(self) -> bool:
        """Look for a line that answers now, at the present gateway first; say whether there is one."""
        async with self._lock:
            line = await _first(self._device, again(self.line, self._device.site.gateways, self.preferred))
            self.line = line or self.line
            return line is not None

    async def go_to(self, gateway: str) -> None:
        """Move to another gateway if it answers; at home when it does not, or is not known here."""
        async with self._lock:
            wanted = [Try(one) for one in self._device.site.gateways if one.id == gateway != self.line.gateway.id]
            if wanted:
                self.line = await _first(self._device, [*wanted, Try(self.line.gateway)]) or self.line

    async def back_to_udp(self) -> bool:
        """Leave the carrier if UDP works now; what is under way notices nothing. Say whether the line changed.

        Raises OSError when it cannot be tried.
        """
        async with self._lock:
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


async def _first(device: Device, tries: Iterable[Try]) -> Line | None:
    """Return the line of the first gateway that answers, with the door's address set for it."""
    for gateway, waits_s in tries:
        with contextlib.suppress(OSError):
            line = await reach(INTERFACE, device.door_key, gateway, _behind(device), waits_s)
            if line is not None:
                address = door_address(device.certificate.door_key, gateway.id)
                await asyncio.to_thread(network.door, INTERFACE, address, _behind(device))
                return line
    return None
