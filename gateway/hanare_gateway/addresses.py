"""Routes into the tunnel, and forwarding, by rtnetlink (pyroute2); applying it again changes nothing.

The tunnel interface has no address: nothing in the tunnel has a gateway to speak to, but the egress proxy's own address
on the loopback, where there is one.
"""

from pathlib import Path
from typing import Final

from pyroute2.iproute.linux import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from hanare_core import web_proxy
from hanare_core.door import door_network
from hanare_gateway.errors import KernelError
from hanare_gateway.ruleset import INNER_MTU
from hanare_gateway.settings import Settings

_FORWARDING: Final = (Path("/proc/sys/net/ipv4/ip_forward"), Path("/proc/sys/net/ipv6/conf/all/forwarding"))


def lead_into_tunnel(settings: Settings) -> None:
    """Bring the tunnel interface up, route pool and doors into it, and let the kernel forward.

    Call it after the ruleset is in force. Raises KernelError.
    """
    name = settings.wireguard.interface
    try:
        with IPRoute() as network:  # type: ignore[no-untyped-call]
            found = network.link_lookup(ifname=name)
            if not found:
                raise KernelError(f"no interface {name}")
            network.link("set", index=found[0], mtu=INNER_MTU, state="up")
            for destination in (settings.pool(), door_network(settings.gateway)):
                network.route("replace", dst=str(destination), oif=found[0])
            if settings.web is not None:
                loopback = network.link_lookup(ifname="lo")[0]
                network.addr("replace", index=loopback, address=web_proxy.ADDRESS, prefixlen=32)
        for switch in _FORWARDING:
            if switch.read_text("ascii").strip() != "1":
                switch.write_text("1", "ascii")
    except (OSError, NetlinkError) as error:
        raise KernelError(f"network: {error}") from error
