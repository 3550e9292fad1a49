"""Ours beside OpenVPN and ocserv from Debian, in the same lab and run: throughput, round trip, connecting, cutting off.

One row a product and measure, against ours of the same kind (over TCP: the carrier); it says whether ours is ahead and
by how much. Connecting is from the client's start (ours: from the last Enter of a whole sign-in, PIN and second tunnel
included) to the first connection to the office PC. Cutting off is from the administrator's request (ours: the console's
button, with its transaction and audit row) to the last packet that the office PC's capture saw of a stream that sends
every millisecond, within LISTEN_S. Peers have no packet filter, no lease and no audit log to serve. HANARE_BENCH_RUNS
sets another number of runs.
"""

import json
import os
import statistics
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from bench.peers.ocserv import Ocserv
from bench.peers.openvpn import OpenVpn
from bench.peers.peer import Peer
from bench.plugged import plugged, set_pin, sign_in
from bench.report import Row, publish
from hanare_lab import addresses
from hanare_lab.capture import Capture
from hanare_lab.city import City
from hanare_lab.installation.hall import Hall
from hanare_lab.installation.stick import Stick
from hanare_lab.machine import Machine
from hanare_lab.office_pc import RDP_PORT
from hanare_lab.root import CHECKOUT_INSIDE
from hanare_lab.wait import until

RUNS: Final = int(os.environ.get("HANARE_BENCH_RUNS", "3"))
RUN_S: Final = 3
PINGS: Final = 200
START_S: Final = 20.0
LISTEN_S: Final = 2.0
MEGA: Final = 1e6
PORT: Final = str(RDP_PORT)
ECHO: Final = ("python3", f"{CHECKOUT_INSIDE}/bench/echo.py")
STREAM: Final = ("python3", f"{CHECKOUT_INSIDE}/bench/stream.py")
INSIDE: Final = ("nsenter", "--net=/run/netns/hanare-session", "--")
OURS: Final = "hanare_udp"
CARRIER: Final = "hanare_carrier"
LIKE: Final = {"openvpn_udp": OURS, "openvpn_tcp": CARRIER, "ocserv_dtls": OURS}
"""With which of ours a product is compared."""


@dataclass
class Figures:
    """What one product showed; medians are told."""

    up_mbit: list[float] = field(default_factory=list)
    down_mbit: list[float] = field(default_factory=list)
    round_trip_ms: list[float] = field(default_factory=list)
    connect_ms: list[float] = field(default_factory=list)
    cut_off_ms: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Path:
    """Who speaks with whom: the client's machine and the prefix of its commands, the office PC, whose packets count."""

    client: Machine
    prefix: tuple[str, ...]
    office_pc: Machine
    sources: str


def main() -> None:
    """Measure every product and publish."""
    found: dict[str, Figures] = {}
    with Hall() as hall:
        hall.open()
        set_pin(hall)
        found[OURS] = _ours(hall)
        hall.city.homes[0].set_line(udp_blocked=True)
        found[CARRIER] = _ours(hall)
    products: dict[str, Callable[[City], Peer]] = {
        "openvpn_udp": lambda city: OpenVpn(city, "udp"),
        "openvpn_tcp": lambda city: OpenVpn(city, "tcp"),
        "ocserv_dtls": Ocserv,
    }
    for name, make in products.items():
        with City() as city:
            peer = make(city)
            found[name] = _theirs(city, peer)
            peer.close()
    publish("peers", [row for name in found for row in _rows(name, found)])


def _ours(hall: Hall) -> Figures:
    figures, office_pc = Figures(), hall.office_pcs[0]
    for _ in range(RUNS):
        with plugged(hall) as stick:
            entered_ns, steps = sign_in(hall, stick, hall.workers[0])
            figures.connect_ms.append((steps["first-packet"] - entered_ns) / 1e6)
            until(lambda: _desktop(hall), seconds=START_S, what="the desktop")
            office_pc.processes[-1].kill()  # the listener; its child serves the desktop and runs on
            path = Path(stick.machine, INSIDE, office_pc.machine, str(addresses.SESSION_POOL))
            _measure(path, figures, lambda: _suspend(hall, stick))
            stick.wait_ready()
            hall.console.resume("sticks", stick.id)
        _start_anew(hall)
    return figures


def _start_anew(hall: Hall) -> None:
    """End the desktop too, which otherwise waits for its user, and take connections again."""
    office_pc = hall.office_pcs[0]
    office_pc.stop()
    office_pc.machine.run(["pkill", "-KILL", "-x", "Xorg"], check=False)
    until(lambda: not _desktop(hall), seconds=START_S, what="the desktop's end")
    office_pc.start()


def _desktop(hall: Hall) -> bool:
    return hall.office_pcs[0].machine.run(["pgrep", "-x", "icewm"], check=False).returncode == 0


def _suspend(hall: Hall, stick: Stick) -> int:
    _ = hall.console  # signed in
    sent_ns = time.time_ns()
    hall.console.suspend("sticks", stick.id)
    return sent_ns


def _theirs(city: City, peer: Peer) -> Figures:
    figures = Figures()
    path = Path(city.homes[0].pc, (), city.pcs[0], peer.sources)
    for _ in range(RUNS):
        with _served(path.office_pc, *ECHO, "serve", PORT):
            started_ns = peer.connect()
            reached_ns = int(_ping(path, 1)[0])
        figures.connect_ms.append((reached_ns - started_ns) / 1e6)
        _measure(path, figures, peer.cut)
        peer.leave()
    return figures


def _measure(path: Path, figures: Figures, cut: Callable[[], int]) -> None:
    """Take the measures of a path that stands, and end it."""
    with _served(path.office_pc, *ECHO, "serve", PORT):
        figures.round_trip_ms.append(statistics.median(map(float, _ping(path, PINGS)[1:])))
    figures.up_mbit.append(_mbit(path))
    figures.down_mbit.append(_mbit(path, "--reverse"))
    figures.cut_off_ms.append(_cut_off(path, cut))
    print(*(f"{name} {values[-1]:.1f}" for name, values in vars(figures).items()), flush=True)


def _ping(path: Path, count: int) -> list[str]:
    address = str(addresses.pc_address(1))
    command = [*path.prefix, *ECHO, "ping", address, PORT, str(count)]
    return path.client.run(command, timeout=2 * START_S).stdout.split()


def _mbit(path: Path, *options: str) -> float:
    with _served(path.office_pc, "iperf3", "--server", "--one-off", "--port", PORT):
        target = ["--client", str(addresses.pc_address(1)), "--port", PORT]
        command = [*path.prefix, "iperf3", *target, "--time", str(RUN_S), "--json", *options]
        result = json.loads(path.client.run(command).stdout)
    return float(result["end"]["sum_received"]["bits_per_second"]) / MEGA


def _cut_off(path: Path, cut: Callable[[], int]) -> float:
    seen = f"src net {path.sources} and tcp dst port {PORT} and tcp[tcpflags] & tcp-rst == 0"
    with _served(path.office_pc, *STREAM, "sink", PORT), Capture(path.office_pc, "eth0", seen) as capture:
        command = [*path.prefix, *STREAM, "send", str(addresses.pc_address(1)), PORT]
        sender = path.client.start("sender", command)
        until(lambda: "flowing" in sender.log_tail(), seconds=START_S, what="the stream", process=sender)
        asked_ns = cut()
        time.sleep(LISTEN_S)
        sender.close()
        times = sorted(packet.time_ns for packet in capture.stop())
    if not bisect_right(times, asked_ns):
        raise RuntimeError("the stream was not living when the request was sent")
    return max(0.0, (times[-1] - asked_ns) / 1e6)  # below 0: nothing was sent between the request and the end


@contextmanager
def _served(machine: Machine, *command: str) -> Iterator[None]:
    server = machine.start("served", list(command))
    listening = ["ss", "-ltnH", f"sport = :{PORT}"]
    until(lambda: machine.run(listening).stdout, seconds=START_S, what=command[0], process=server)
    try:
        yield
    finally:
        server.close()


def _rows(name: str, found: Mapping[str, Figures]) -> Iterator[Row]:
    for measure, values in vars(found[name]).items():
        value, unit = statistics.median(values), "Mbit/s" if measure.endswith("mbit") else "ms"
        metric = f"{name}_{measure}"
        if name not in LIKE:
            yield Row(metric, value, unit, len(values))
            continue
        own = statistics.median(getattr(found[LIKE[name]], measure))
        ahead = own > value if unit == "Mbit/s" else own < value
        verdict = f"ours is {'ahead' if ahead else 'behind'} by {abs(own - value):.1f}"
        yield Row(metric, value, unit, len(values), f"{LIKE[name]} {own:.1f}: {verdict}", value / own if own else None)


if __name__ == "__main__":
    main()
