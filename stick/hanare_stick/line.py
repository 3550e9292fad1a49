"""A line: one way from this home to a gateway, and how a tunnel is put on it."""

from typing import NamedTuple

from hanare_core.site import Endpoint, GatewaySite
from hanare_stick import carrier


class Line(NamedTuple):
    """A gateway and where it answered: WireGuard's own UDP, or the carrier."""

    gateway: GatewaySite
    place: Endpoint
    """Where the gateway answered; for the carrier, one of the places that its relay dials."""
    carried: bool = False

    @property
    def name(self) -> str:
        """What people and programs call this kind of line: udp4, udp6 or tcp."""
        if self.carried:
            return "tcp"
        return "udp6" if ":" in self.place.address else "udp4"

    async def endpoint(self, tunnel: str) -> Endpoint:
        """Return what the tunnel's wireguard-go is told as the gateway's place. Raises OSError."""
        if self.carried and self.gateway.carrier is not None:
            return await carrier.start(tunnel, self.gateway.carrier, addresses_of(self.gateway, self.place))
        await carrier.stop(tunnel)
        return self.place


def addresses_of(gateway: GatewaySite, *more: Endpoint) -> list[str]:
    """Return every address under which the gateway may be found, the newest knowledge first."""
    return list(dict.fromkeys(endpoint.address for endpoint in (*more, *gateway.endpoints)))
