"""What the session tunnel costs in throughput: iperf3 through it, against the same path without it.

Both go from the home PC over router, line, internet and gateway to port 3389 of the office PC. For the plain path the
bench opens the gateway by two rules and a route that Hanare never has; the desktop stays open and idle meanwhile. All
machines share this computer's cores, both ends of the tunnel are wireguard-go, and the plain path is never on a wire:
the plain figure says how fast the kernel hands packets over, the tunnel's how fast two cores encrypt and decrypt.
"""

import json
import statistics
from collections.abc import Sequence
from typing import Final

from bench.plugged import plugged, set_pin, sign_in
from bench.report import Row, publish
from hanare_lab import addresses
from hanare_lab.installation.hall import Hall
from hanare_lab.installation.stick import Stick
from hanare_lab.office_pc import RDP_PORT
from hanare_lab.wait import until

RUNS: Final = 3
RUN_S: Final = 5
START_S: Final = 10.0
MEGA: Final = 1e6
PLAIN_RULES: Final = (
    f'insert rule inet hanare forward iifname "wan0" tcp dport {RDP_PORT} accept\n'
    f'insert rule inet hanare forward oifname "wan0" tcp sport {RDP_PORT} accept\n'
)
TUNNEL: Final = ("nsenter", "--net=/run/netns/hanare-session", "--")
PLAIN: Final = ()
DIRECTIONS: Final = {"up": (), "down": ("--reverse",)}


def main() -> None:
    """Measure both paths in both directions and publish."""
    with Hall() as hall:
        hall.open()
        set_pin(hall)
        with plugged(hall) as stick:
            sign_in(hall, stick, hall.workers[0])
            until(lambda: _connected(hall), seconds=START_S, what="the desktop's connection")
            hall.office_pcs[0].processes[-1].kill()  # the listener; its child serves the desktop and runs on
            _open_plain_path(hall)
            publish("throughput", _measure(hall, stick))


def _connected(hall: Hall) -> bool:
    """Whether a desktop runs: its Xorg has been started for the user."""
    return hall.office_pcs[0].machine.run(["pgrep", "-x", "icewm"], check=False).returncode == 0


def _open_plain_path(hall: Hall) -> None:
    hall.city.internet.ip(f"route add {addresses.OFFICE} via {addresses.GATEWAY_WAN}")
    hall.city.gateway.run(["nft", "-f", "-"], stdin=PLAIN_RULES)


def _measure(hall: Hall, stick: Stick) -> list[Row]:
    rows = []
    for direction, options in DIRECTIONS.items():
        tunnel, plain = [], []
        for number in range(1, RUNS + 1):
            tunnel.append(_mbit(hall, stick, TUNNEL, options))
            plain.append(_mbit(hall, stick, PLAIN, options))
            print(f"{direction} {number} of {RUNS}: {tunnel[-1]:.0f} and plain {plain[-1]:.0f} Mbit/s", flush=True)
        rows += _rows(direction, statistics.median(tunnel), statistics.median(plain))
    worst = min(row.value for row in rows if row.metric.startswith("tunnel_to_plain"))
    return [*rows, Row("tunnel_to_plain_ratio", worst, "", RUNS, "the worse direction", worst)]


def _mbit(hall: Hall, stick: Stick, inside: Sequence[str], options: Sequence[str]) -> float:
    """Run iperf3 once, its server where xrdp listened; return what was received."""
    office_pc, port = hall.office_pcs[0], ("--port", str(RDP_PORT))
    server = office_pc.machine.start("iperf3", ["iperf3", "--server", "--one-off", *port])
    until(office_pc.listening, seconds=START_S, what="iperf3", process=server)
    client = ["iperf3", "--client", hall.workers[0].address, *port, "--time", str(RUN_S), "--json", *options]
    result = json.loads(stick.machine.run([*inside, *client]).stdout)
    server.close()
    return float(result["end"]["sum_received"]["bits_per_second"]) / MEGA


def _rows(direction: str, tunnel: float, plain: float) -> list[Row]:
    return [
        Row(f"tunnel_{direction}_mbit", tunnel, "Mbit/s", RUNS, "plain routing on the same path", tunnel / plain),
        Row(f"plain_{direction}_mbit", plain, "Mbit/s", RUNS),
        Row(f"tunnel_to_plain_ratio_{direction}", tunnel / plain, "", RUNS, f"{plain:.0f} Mbit/s", tunnel / plain),
    ]


if __name__ == "__main__":
    main()
