"""The line between one home and the internet, with conditions that can be set at any time.

A netns of its own joins the two ends by a kernel bridge. Only when delay or loss is asked does hanare_lab.delay take
the bridge's place (the kernel's netem is not everywhere). UDP or TCP is dropped by nftables on the internet's side.
A silent line loses what is longer than its MTU without a word, as where somebody drops ICMP.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hanare_lab.machine import Machine
from hanare_lab.process import Process
from hanare_lab.wait import until

READY_SECONDS = 60.0
ETHERNET_MTU = 1500
VLAN_BYTES = 4
_PACKAGE = Path(__file__).resolve().parents[1]
_ENDS = ("near", "far")
# With one segment a packet, delay and loss act on what really would be on the wire.
_WHOLE_SEGMENTS = 65_535


@dataclass(frozen=True)
class Condition:
    """How good a line is.

    Delay each way in ms and how much longer it may be by chance, loss each way from 0 to 1, MTU in bytes, whether UDP
    and TCP are shut, whether packets longer than the MTU vanish without a word.
    """

    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    loss: float = 0.0
    mtu: int = ETHERNET_MTU
    udp_blocked: bool = False
    tcp_blocked: bool = False
    silent: bool = False
    seed: int = 1

    @property
    def delayed(self) -> bool:
        """Whether the packets must pass through a process of ours."""
        return self.delay_ms > 0 or self.jitter_ms > 0 or self.loss > 0


class Line:
    """A line named ``name`` between interface ``home_end`` of one machine and ``internet_end`` of another."""

    def __init__(
        self,
        name: str,
        home: tuple[Machine, str],
        internet: tuple[Machine, str],
        *,
        log_dir: Path,
    ) -> None:
        self.condition = Condition()
        self.machine = Machine(name, log_dir=log_dir)
        self._ends = (home, internet)
        self._process: Process | None = None
        self.machine.sysctl(net__ipv6__conf__default__disable_ipv6="1")
        for (machine, interface), end in zip(self._ends, _ENDS, strict=True):
            self.machine.ip(f"link add {end} type veth peer name {interface} netns {machine.name}")
        self.machine.ip(
            "link add br0 type bridge mcast_snooping 0",
            *(f"link set {end} master br0 up" for end in _ENDS),
            "link set br0 up",
        )

    def set(self, condition: Condition) -> None:
        """Put the line into another condition and return when it holds."""
        self._set_mtu(condition.mtu, silent=condition.silent)
        self._shut({"udp": condition.udp_blocked, "tcp": condition.tcp_blocked})
        self._set_delay(condition)
        self.condition = condition

    def close(self) -> None:
        """Take the line away."""
        self.machine.close()

    def _set_mtu(self, mtu: int, *, silent: bool) -> None:
        for machine, interface in self._ends:
            machine.ip(f"link set {interface} mtu {ETHERNET_MTU if silent else mtu}")
        # veth drops what is longer than its receiver's MTU and a VLAN tag, and says nothing.
        self.machine.ip(*(f"link set {end} mtu {mtu - VLAN_BYTES if silent else mtu}" for end in _ENDS))

    def _shut(self, protocols: Mapping[str, bool]) -> None:
        machine, interface = self._ends[1]
        table = f"inet line_{self.machine.name.replace('-', '_')}"
        rules = [
            f"add table {table}",
            f"delete table {table}",
            f"add table {table}",
            f"add chain {table} forward {{ type filter hook forward priority 0; }}",
        ]
        for protocol in (name for name, shut in protocols.items() if shut):
            rules += [
                f'add rule {table} forward {way} "{interface}" meta l4proto {protocol} drop'
                for way in ("iifname", "oifname")
            ]
        machine.run(["nft", "-f", "-"], stdin="\n".join(rules))

    def _set_delay(self, condition: Condition) -> None:
        if self._process is not None:
            self._process.close()
            self._process = None
        segments = 1 if condition.delayed or condition.silent else _WHOLE_SEGMENTS
        for machine, interface in self._ends:
            machine.ip(f"link set {interface} gso_max_segs {segments}")
        if not condition.delayed:
            self.machine.ip(*(f"link set {end} master br0" for end in _ENDS))
            return
        self.machine.ip(*(f"link set {end} nomaster" for end in _ENDS))
        delay = [f"--delay-ms={condition.delay_ms}", f"--jitter-ms={condition.jitter_ms}"]
        options = [*delay, f"--loss={condition.loss}", f"--seed={condition.seed}"]
        process = self.machine.start(
            "delay", [sys.executable, "-m", "hanare_lab.delay", *_ENDS, *options], env={"PYTHONPATH": str(_PACKAGE)}
        )
        until(lambda: process.log_tail().endswith("ready\n"), seconds=READY_SECONDS, what="delay line", process=process)
        self._process = process
