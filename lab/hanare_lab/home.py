"""One home: a PC behind a router that masquerades, on a line whose condition can be set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

from hanare_lab import addresses
from hanare_lab.line import READY_SECONDS, Condition, Line
from hanare_lab.machine import Machine
from hanare_lab.process import Process
from hanare_lab.root import CHECKOUT_INSIDE
from hanare_lab.wait import until

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
    oifname "wan0" meta nfproto ipv4 masquerade random
  }
}
"""
_AFTR = """
table inet {aftr} {{
  chain postrouting {{
    type nat hook postrouting priority 100
    ip saddr {subnet} masquerade
  }}
}}
"""
_PORTAL = """
table inet portal {
  chain prerouting {
    type nat hook prerouting priority -100
    iifname "lan0" tcp dport 80 redirect to :8080
  }
  chain forward {
    type filter hook forward priority -10
    iifname "lan0" drop
  }
}
"""
_PORTAL_SERVER = """
import http.server, sys
class Portal(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(302)
        self.send_header("Location", sys.argv[1])
        self.end_headers()
http.server.HTTPServer(("0.0.0.0", 8080), Portal).serve_forever()
"""
_FLUSH = "from pyroute2.netlink.nfnetlink.nfctsocket import NFCTSocket; NFCTSocket().flush()"


class Home:
    """Home ``number``, counted from 1; ``pc`` is where a stick is put in. ``machine`` makes its hosts."""

    def __init__(
        self, number: int, subnet: str, internet: Machine, machine: Callable[[str], Machine], log_dir: Path
    ) -> None:
        self.number = number
        self.subnet = IPv4Network(subnet)
        self.router = machine(f"home{number}")
        self.pc = machine(f"home{number}-pc")
        self._internet = internet
        self._dns: Process | None = None
        self.line = Line(f"home{number}-line", (self.router, "wan0"), (internet, f"home{number}"), log_dir=log_dir)
        self._connect_line(internet)
        self._connect_lan()

    def set_line(self, **changes: float | bool) -> None:
        """Change what is given of the line's condition (fields of Condition) and keep the rest."""
        self.line.set(replace(self.line.condition, **changes))  # type: ignore[arg-type]  # the fields say what they are

    def reset_line(self) -> None:
        """Make the line perfect again."""
        self.line.set(Condition())

    def plug(self, machine: Machine, interface: str = "eth0", octet: int = addresses.HOME_PC) -> None:
        """Plug a machine into the home's LAN by a new interface, over which its traffic goes from now on."""
        router, router6 = self.subnet[1], addresses.home_lan6(self.number)[1]
        self.router.ip(
            f"link add port{octet} type veth peer name {interface} netns {machine.name}",
            f"link set port{octet} master lan0 up",
        )
        machine.ip(
            f"addr add {self.subnet[octet]}/{self.subnet.prefixlen} dev {interface}",
            f"addr add {addresses.home_lan6(self.number)[octet]}/64 dev {interface}",
            f"link set {interface} up",
            f"route replace default via {router}",
            f"route replace default via {router6}",
        )

    def become_ds_lite(self) -> None:
        """Make the line one of IPv6 alone; IPv4 goes in a tunnel of 1280 bytes to the provider (RFC 6333)."""
        line, line6 = addresses.home_line(self.number), addresses.home_line6(self.number)
        self.router.ip(f"addr del {line[2]}/30 dev wan0")
        self._softwire(self.router, "dslite", str(line6[2]), str(line6[1]))
        self._softwire(self._internet, f"aftr{self.number}", str(line6[1]), str(line6[2]))
        self.router.ip("route add default dev dslite")
        aftr = f"aftr{self.number}"
        self._internet.ip(f"addr del {line[1]}/30 dev home{self.number}", f"route add {self.subnet} dev {aftr}")
        self._internet.run(["nft", "-f", "-"], stdin=_AFTR.format(aftr=aftr, subnet=self.subnet))

    def _softwire(self, machine: Machine, device: str, local: str, remote: str) -> None:
        command = ["python3", "-m", "hanare_lab.softwire", device, local, remote]
        process = machine.start(device, command, env={"PYTHONPATH": f"{CHECKOUT_INSIDE}/lab"})
        until(lambda: process.log_tail().endswith("ready\n"), seconds=READY_SECONDS, what=device, process=process)
        machine.ip(f"link set {device} mtu 1280 up")

    def raise_portal(self, page: str) -> Process:
        """Let nothing out, and answer every HTTP request with the address of a page, until `lower_portal`."""
        self.let_nothing_out()
        return self.router.start("portal", ["python3", "-c", _PORTAL_SERVER, page])

    def let_nothing_out(self) -> None:
        """Let nothing out and lead every question to port 80 to the router's own port 8080, until `lower_portal`."""
        self.router.run(["nft", "-f", "-"], stdin=_PORTAL)

    def lower_portal(self) -> None:
        """Let everything out: the sign-in is done."""
        self.router.run(["nft", "delete", "table", "inet", "portal"])

    def cut(self) -> None:
        """Cut the line: nothing passes until `mend`."""
        self.line.machine.ip("link set br0 down")

    def mend(self) -> None:
        """Join the line again."""
        self.line.machine.ip("link set br0 up")

    def forget_connections(self) -> None:
        """Make the router forget its NAT: what a stick sends next comes from another port."""
        self.router.run(["python3", "-c", _FLUSH])

    def serve_names(self, names: Mapping[str, object]) -> Process:
        """Run the home's DNS, which knows these names and no other, in an earlier one's place; the PC asks it."""
        if self._dns is not None:
            self._dns.close()
        answers = [f"--address=/{name}/{address}" for name, address in names.items()]
        quiet = [
            "--keep-in-foreground",
            "--no-resolv",
            "--no-hosts",
            "--pid-file",
            "--user=root",
            "--conf-file=/dev/null",
        ]
        self._dns = self.router.start("dns", ["dnsmasq", *quiet, f"--listen-address={self.subnet[1]}", *answers])
        self.pc.write("/etc/resolv.conf", f"nameserver {self.subnet[1]}\noptions timeout:1 attempts:1\n")
        return self._dns

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
        self.router.ip(
            "link add lan0 type bridge mcast_snooping 0",
            f"addr add {self.subnet[1]}/{self.subnet.prefixlen} dev lan0",
            f"addr add {addresses.home_lan6(self.number)[1]}/64 dev lan0",
            "link set lan0 up",
        )
        self.router.sysctl(net__ipv4__ip_forward="1", net__ipv6__conf__all__forwarding="1")
        self.router.run(["nft", "-f", "-"], stdin=_RULES)
        self.plug(self.pc)
