"""A home whose router means harm: false answers of DHCP and DNS, false ways, and somebody who looks for open ports.

What it tells is what is known to lead other VPNs astray: ways to the office's own addresses by DHCP
(option 121, "TunnelVision") and by router advertisement (RFC 4191), a proxy, a host name, a domain, a clock.
"""

from __future__ import annotations

from typing import Final

from hanare_lab import addresses, dhcp
from hanare_lab.emulated_pc import MAC
from hanare_lab.home import Home

LEASE_SECONDS: Final = 240
"""Renewed every two minutes, so that a walk sees it."""

SCAN_SECONDS: Final = 300.0
PACKETS_A_SECOND: Final = 1000
"""An emulated PC takes no more."""

WATCHER: Final = 66
"""The last octet of the address that everything is led to; nobody has it."""

_ADVERTISE: Final = """
import ipaddress, socket, struct, sys, time
head = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 0, 0, 0)
ways = b""
for network in map(ipaddress.IPv6Network, sys.argv[1:]):
    ways += struct.pack("!BBBBI16s", 24, 3, network.prefixlen, 0x08, 600, network.network_address.packed)
link = socket.if_nametoindex("lan0")
sender = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, link)
while True:
    sender.sendto(head + ways, ("ff02::1", 0, 0, link))
    time.sleep(2)
"""


class HostileLan:
    """One home's network, hostile from now on; make it before a PC is switched on there."""

    def __init__(self, home: Home) -> None:
        self._home = home
        watcher = home.subnet[WATCHER]
        told = (
            f"staticroutes 0.0.0.0/0 {home.subnet[1]}, {addresses.OFFICE} {watcher}",
            "hostname evil",
            "domain example.net",
            "search example.net",
            f"ntpsrv {watcher}",
            f"wpad http://{watcher}/wpad.dat",
        )
        dhcp.start(home, options=told, lease_seconds=LEASE_SECONDS)
        home.serve_names({"#": watcher})
        ways = (f"{addresses.SERVER6}/128", str(addresses.DOOR_PREFIX))
        home.router.start("false-ways", ["python3", "-c", _ADVERTISE, *ways])

    def scan(self) -> str:
        """Knock at every TCP port and the usual UDP ports of the PC, as an infected PC in the same home would.

        Returns what nmap says.
        """
        target = str(self._home.subnet[addresses.HOME_PC])
        # Who knows the address already asks nobody for it: a busy PC is late with that answer, and nmap gives it up.
        self._home.router.ip(f"neigh replace {target} lladdr {MAC} dev lan0 nud permanent")
        quick = ["nmap", "-n", "-Pn", "--disable-arp-ping", "--send-ip", "--max-retries", "0"]
        quick += ["--min-rate", str(PACKETS_A_SECOND), target]
        kinds = (["-sS", "-p-"], ["-sU", "--top-ports", "100"])
        said = [self._home.router.run([*quick, *kind], timeout=SCAN_SECONDS).stdout for kind in kinds]
        ping = self._home.router.run(["ping", "-c", "3", "-W", "1", target], check=False).stdout
        return "\n".join([*said, ping])
