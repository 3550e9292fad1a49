"""Packets on one interface of a machine, with the kernel's time stamps.

tcpdump writes nanosecond pcap; dpkt reads it. A time stamp is comparable to time.time_ns() on the same machine.
"""

from __future__ import annotations

import re
import signal
import time
from dataclasses import dataclass
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import dpkt

from hanare_lab.machine import Machine
from hanare_lab.wait import until

READY_SECONDS: Final = 60.0
SETTLE_SECONDS: Final = 0.1  # nothing may come for that long before the capture counts as complete …
SETTLE_MOST_SECONDS: Final = 5.0  # … unless something comes all the time
BUFFER_KIB: Final = 2048  # tcpdump's own; more where many thousand packets a second may meet a busy reader
SNAP_BYTES: Final = 160  # headers and a little more
NANOSECONDS: Final = 1_000_000_000
_LINKTYPE_RAW: Final = 101  # bare IP packets, as on a tunnel (tcpdump.org, "Link-layer header types")

_Reader: Any = dpkt.pcap.Reader  # dpkt has no annotations
_Frame: Any = dpkt.ethernet.Ethernet
_Ip: Any = dpkt.ip.IP
_Ip6: Any = dpkt.ip6.IP6
_IP6: Final = 6
_COUNTS: Final = re.compile(r"(\d+) packets? captured, (\d+) packets? received by filter, (\d+) packets? dropped")


@dataclass(frozen=True)
class Packet:
    """One IP packet: when, from where, to where; ports are 0 for ICMP, ``flags`` are TCP's (dpkt.tcp.TH_…)."""

    time_ns: int
    source: IPv4Address | IPv6Address
    target: IPv4Address | IPv6Address
    protocol: int
    source_port: int
    target_port: int
    flags: int
    length: int
    payload: bytes = b""
    """What UDP carries, as far as it was captured; of ICMPv6 the type. Of others nothing."""


class Capture:
    """A running capture of ``interface`` on ``machine`` with a pcap-filter(7) expression.

    ``nice``: how far tcpdump stands back (nice(1)); the time stamps are the kernel's and do not feel it.
    """

    def __init__(  # noqa: PLR0913 - the parts of one capture
        self,
        machine: Machine,
        interface: str,
        expression: str = "",
        *,
        name: str = "capture",
        buffer_kib: int = BUFFER_KIB,
        nice: int = 0,
    ) -> None:
        self._path = Path("/run") / f"{name}-{interface}.pcap"
        self._file = machine.root / self._path.relative_to("/")
        options = [
            f"--buffer-size={buffer_kib}",
            "-U",
            "-n",
            "--immediate-mode",
            "--time-stamp-precision=nano",
            "-s",
            str(SNAP_BYTES),
            "-Z",
            "root",
        ]
        command = ["nice", f"-n{nice}", "tcpdump", "-i", interface, *options, "-w", str(self._path), expression]
        self._process = machine.start(f"{name}-{interface}", command)
        until(
            lambda: "listening on" in self._process.log_tail(),
            seconds=READY_SECONDS,
            what="tcpdump",
            process=self._process,
        )
        self._never_written = self._counts()[1]  # what came before the kernel had the expression

    def stop(self) -> list[Packet]:
        """Stop capturing and return what passed; IP packets only."""
        self._settle()
        self._process.send(signal.SIGINT)
        self._process.wait(READY_SECONDS)
        with self._file.open("rb") as file:
            reader = _Reader(file)
            ip = _of_tunnel if reader.datalink() == _LINKTYPE_RAW else _of_ethernet
            found = [_packet(stamp, ip(frame)) for stamp, frame in reader]
        return [packet for packet in found if packet is not None]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.close()

    def _settle(self) -> None:
        """Wait until tcpdump has written what the kernel has for it, however late a busy machine lets it."""
        seen, over = (-1, 0), time.monotonic() + SETTLE_MOST_SECONDS

        def rested() -> bool:
            nonlocal seen
            before, seen = seen, self._counts()
            return (seen == before and seen[1] <= self._never_written) or time.monotonic() > over

        until(rested, seconds=READY_SECONDS, what="the capture's end", process=self._process, every=SETTLE_SECONDS)

    def _counts(self) -> tuple[int, int]:
        """Ask tcpdump (SIGUSR1) how many packets it has written, and how many it has not taken yet."""
        asked = len(_COUNTS.findall(self._process.log_text()))
        self._process.send(signal.SIGUSR1)
        told = until(
            lambda: _COUNTS.findall(self._process.log_text())[asked:],
            seconds=READY_SECONDS,
            what="tcpdump's count",
            process=self._process,
        )
        written, received, dropped = map(int, told[-1])
        return written, received - dropped - written


def _of_ethernet(frame: bytes) -> Any:
    return _Frame(frame).data


def _of_tunnel(frame: bytes) -> Any:
    return (_Ip6 if frame[0] >> 4 == _IP6 else _Ip)(frame)


def _packet(stamp: Decimal, ip: Any) -> Packet | None:
    if not isinstance(ip, dpkt.ip.IP | dpkt.ip6.IP6):
        return None
    segment = ip.data
    length = ip.len if isinstance(ip, dpkt.ip.IP) else ip.plen + 40
    return Packet(
        time_ns=int(stamp * NANOSECONDS),
        source=ip_address(ip.src),
        target=ip_address(ip.dst),
        protocol=ip.p,
        source_port=getattr(segment, "sport", 0),
        target_port=getattr(segment, "dport", 0),
        flags=getattr(segment, "flags", 0) if isinstance(segment, dpkt.tcp.TCP) else 0,
        length=length,
        payload=_payload(segment),
    )


def _payload(segment: Any) -> bytes:
    if isinstance(segment, dpkt.udp.UDP):
        return bytes(segment.data)
    return bytes([segment.type]) if isinstance(segment, dpkt.icmp6.ICMP6) else b""
