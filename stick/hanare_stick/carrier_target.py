"""What the agent tells a relay of the carrier: apart from both, as the agent does without the relay's libraries."""

from hanare_core import wire
from hanare_core.site import Endpoint, HostName


class Target(wire.Message, frozen=True):
    """What a relay is told; nothing of it is secret."""

    port: wire.Port
    """UDP on the loopback, for wireguard-go."""
    places: tuple[Endpoint, ...]
    name: HostName
    key: wire.Key
