"""One home: a PC behind a router that masquerades, on a line whose condition can be set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

from hanare_lab import addresses
from hanare_lab.line import Condition, Line
from hanare_lab.machine import Machine

# Like a home router as bought: masquerades IPv4, lets in only answers on both families.
_RULES = """
table inet router {
  chain forward {
    type filter hook forward priority 0; policy accept
    iifname "wan0" ct state established,related accept
    iifname "wan0" drop
  }
  chain postrouting {
    type nat hook postrouting priority 100
    oifname "wan0" meta nfproto ipv4 masquerade
  }
}
"""


class Home:
    """Home ``number``, counted from 1; ``pc`` is where a stick is put in. ``machine`` makes its hosts."""

    def __init__(
        self, number: int, subnet: str, internet: Machine, machine: Callable[[str], Machine], log_dir: Path
    ) -> None:
        self.number = number
        self.subnet = IPv4Network(subnet)
        self.router = machine(f"home{number}")
        self.pc = machine(f"home{number}-pc")
        self.line = Line(f"home{number}-line", (self.router, "wan0"), (internet, f"home{number}"), log_dir=log_dir)
        self._connect_line(internet)
        self._connect_lan()

    def set_line(
        self,
        *,
        delay_ms: float | None = None,
        loss: float | None = None,
        mtu: int | None = None,
        udp_blocked: bool | None = None,
    ) -> None:
        """Change what is given of the line's condition and keep the rest: delay in ms each way, loss from 0 to 1."""
        now = self.line.condition
        self.line.set(
            replace(
                now,
                delay_ms=now.delay_ms if delay_ms is None else delay_ms,
                loss=now.loss if loss is None else loss,
                mtu=now.mtu if mtu is None else mtu,
                udp_blocked=now.udp_blocked if udp_blocked is None else udp_blocked,
            )
        )

    def reset_line(self) -> None:
        """Make the line perfect again."""
        self.line.set(Condition())

    def _connect_line(self, internet: Machine) -> None:
        line, line6 = addresses.home_line(self.number), addresses.home_line6(self.number)
        internet.ip(
            f"addr add {line[1]}/30 dev home{self.number}",
            f"addr add {line6[1]}/64 dev home{self.number}",
            f"link set home{self.number} up",
            f"route add {addresses.home_lan6(self.number)} via {line6[2]}",
        )
        self.router.ip(
            f"addr add {line[2]}/30 dev wan0",
            f"addr add {line6[2]}/64 dev wan0",
            "link set wan0 up",
            f"route add default via {line[1]}",
            f"route add default via {line6[1]}",
        )

    def _connect_lan(self) -> None:
        lan6 = addresses.home_lan6(self.number)
        length = self.subnet.prefixlen
        self.router.ip(
            f"link add lan0 type veth peer name eth0 netns {self.pc.name}",
            f"addr add {self.subnet[1]}/{length} dev lan0",
            f"addr add {lan6[1]}/64 dev lan0",
            "link set lan0 up",
        )
        self.router.sysctl(net__ipv4__ip_forward="1", net__ipv6__conf__all__forwarding="1")
        self.router.run(["nft", "-f", "-"], stdin=_RULES)
        self.pc.ip(
            f"addr add {self.subnet[addresses.HOME_PC]}/{length} dev eth0",
            f"addr add {lan6[addresses.HOME_PC]}/64 dev eth0",
            "link set eth0 up",
            f"route add default via {self.subnet[1]}",
            f"route add default via {lan6[1]}",
        )
