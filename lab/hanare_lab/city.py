"""A whole city hall: internet, gateway, server, office PCs, and homes behind their routers.

                         internet 203.0.113.1
    home1-pc ─ home1 ─ line ─┘            └─ gateway ─ office-lan ─┬─ server 10.20.0.10
    192.168.1.23   198.51.100.6          203.0.113.2  10.20.0.1    └─ pc1 10.20.0.101 …

A second gateway stands beside the first, gateway2 with 192.0.2.2 and 10.20.0.2, if it is asked for. Only addresses,
routes and forwarding are set up; what passes the gateway is the gateway agent's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from hanare_lab import addresses, tree
from hanare_lab.home import Home
from hanare_lab.machine import DEFAULT_LOGS, Machine

NEIGHBOUR_SECONDS = 30


class City:
    """A city with office PCs, one home for each subnet of ``homes``, and gateways; up when made, down when closed.

    Its links take a second to settle; whoever has something to do meanwhile asks for it not ``settled`` and settles it.
    """

    def __init__(
        self,
        *,
        pcs: int = 1,
        homes: Sequence[str] = (addresses.HOME,),
        gateways: int = 1,
        log_dir: Path = DEFAULT_LOGS,
        settled: bool = True,
    ) -> None:
        if pcs > addresses.MAX_PCS or len(homes) > addresses.MAX_HOMES:
            raise ValueError(f"a city has at most {addresses.MAX_PCS} PCs and {addresses.MAX_HOMES} homes")
        if not 1 <= gateways <= len(addresses.WANS):
            raise ValueError(f"a city has at most {len(addresses.WANS)} gateways")
        self.log_dir = log_dir
        self._tree = tree.ensure()
        self._stack = ExitStack()
        with ExitStack() as undo:
            undo.callback(self._stack.close)
            self.internet = self._machine("internet")
            self.office_lan = self._machine("office-lan", own_root=False)
            self.gateways = [self._machine(name) for name in ("gateway", "gateway2")[:gateways]]
            self.gateway = self.gateways[0]
            self.server = self._machine("server", own_root=False)
            self.pcs = [self._machine(f"pc{number}") for number in range(1, pcs + 1)]
            self._connect_internet()
            self._connect_office()
            self.homes = [self._home(number, subnet) for number, subnet in enumerate(homes, start=1)]
            if settled:
                self.settle()
            undo.pop_all()

    def settle(self) -> None:
        """Wait until every router can reach the internet."""
        # The kernel takes up to a second until a fresh link answers IPv6 neighbour solicitations, and drops some.
        own = [(gateway, addresses.gateway_place(number)) for number, gateway in enumerate(self.gateways, start=1)]
        others = [(home.router, addresses.gateway_place(1)) for home in self.homes]
        for machine, place in (*own, *others):
            machine.run(["ping", "-c1", "-i0.2", "-q", f"-w{NEIGHBOUR_SECONDS}", str(place.wan6[1])])

    def close(self) -> None:
        """Kill every process of the city and take it down."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _machine(self, name: str, *, own_root: bool = True) -> Machine:
        return self._stack.enter_context(Machine(name, self._tree if own_root else None, log_dir=self.log_dir))

    def add_pc(self, home: Home, *, octet: int = 24) -> Machine:
        """Put one more PC into a home."""
        machine = self._machine(f"{home.router.name}-pc{octet}")
        home.plug(machine, octet=octet)
        return machine

    def _home(self, number: int, subnet: str) -> Home:
        home = Home(number, subnet, self.internet, self._machine, self.log_dir)
        self._stack.callback(home.line.close)
        return home

    def _connect_internet(self) -> None:
        self.internet.sysctl(net__ipv4__ip_forward="1", net__ipv6__conf__all__forwarding="1")
        for number, gateway in enumerate(self.gateways, start=1):
            self._connect_wan(gateway, addresses.gateway_place(number))

    def _connect_wan(self, gateway: Machine, place: addresses.GatewayPlace) -> None:
        name, (wan, wan6) = gateway.name, place[:2]
        self.internet.ip(
            f"link add {name} type veth peer name wan0 netns {name}",
            f"addr add {wan[1]}/{wan.prefixlen} dev {name}",
            f"addr add {wan6[1]}/64 dev {name}",
            f"link set {name} up",
        )
        gateway.sysctl(net__ipv4__ip_forward="1", net__ipv6__conf__all__forwarding="1")
        gateway.ip(
            f"addr add {wan[2]}/{wan.prefixlen} dev wan0",
            f"addr add {wan6[2]}/64 dev wan0",
            "link set wan0 up",
            f"route add default via {wan[1]}",
            f"route add default via {wan6[1]}",
        )

    def _connect_office(self) -> None:
        self.office_lan.ip("link add br0 type bridge mcast_snooping 0", "link set br0 up")
        for number, gateway in enumerate(self.gateways, start=1):
            place = addresses.gateway_place(number)
            self._plug(gateway, "lan0", place.lan, place.lan6)
        self._plug(self.server, "eth0", addresses.SERVER, addresses.SERVER6)
        self.server.ip(
            f"route add {addresses.SESSION_POOL} via {addresses.GATEWAY_LAN}",
            f"route add {addresses.DOOR_PREFIX} via {addresses.GATEWAY_LAN6}",
        )
        for number, pc in enumerate(self.pcs, start=1):
            self._plug(pc, "eth0", addresses.pc_address(number), addresses.pc_address6(number))
            pc.ip(
                f"route add default via {addresses.GATEWAY_LAN}",
                f"route add default via {addresses.GATEWAY_LAN6}",
            )

    def route_back(self, number: int, *networks: object) -> None:
        """Have server and office PCs send these networks to gateway ``number``; all others go to the first."""
        place = addresses.gateway_place(number)
        vias = [(network, place.lan6 if ":" in str(network) else place.lan) for network in networks]
        for machine in (self.server, *self.pcs):
            machine.ip(*(f"route add {network} via {via}" for network, via in vias))

    def _plug(self, machine: Machine, interface: str, *own: object) -> None:
        self.office_lan.ip(
            f"link add {machine.name} type veth peer name {interface} netns {machine.name}",
            f"link set {machine.name} master br0 up",
        )
        lengths = (addresses.OFFICE.prefixlen, addresses.OFFICE6.prefixlen)
        added = [f"addr add {address}/{length} dev {interface}" for address, length in zip(own, lengths, strict=True)]
        machine.ip(*added, f"link set {interface} up")
