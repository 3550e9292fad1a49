"""How long a home takes to connect: from the agent's start to the door, and from the last Enter to the first packet.

One row a home and measure, the median of RUNS sticks. The plain home is the limit beside the others: what they take
longer is their line's. Delays are one way; a line that is "silent" loses long packets without ICMP. HANARE_BENCH_RUNS
sets another number of runs.
"""

import os
import statistics
from collections.abc import Callable
from typing import Final, NamedTuple

from bench.plugged import plugged, set_pin, sign_in
from bench.report import Row, publish
from hanare_lab.errors import LabError
from hanare_lab.home import Home
from hanare_lab.installation.hall import Hall

RUNS: Final = int(os.environ.get("HANARE_BENCH_RUNS", "3"))


class Kind(NamedTuple):
    """One kind of home: which line it should end on, and how it is made."""

    name: str
    lines: tuple[str, ...]
    make: Callable[[Home], None]


KINDS: Final = (
    Kind("plain", ("udp4", "udp6"), lambda home: home.reset_line()),
    Kind("rtt_20ms", ("udp4", "udp6"), lambda home: home.set_line(delay_ms=10)),
    Kind("rtt_200ms", ("udp4", "udp6"), lambda home: home.set_line(delay_ms=100)),
    Kind("loss_5", ("udp4", "udp6", "tcp"), lambda home: home.set_line(delay_ms=10, loss=0.05)),
    Kind("pppoe_1454_silent", ("udp4", "udp6"), lambda home: home.set_line(mtu=1454, silent=True)),
    Kind("mtu_1280_silent", ("udp4", "udp6"), lambda home: home.set_line(mtu=1280, silent=True)),
    Kind("udp_blocked", ("tcp",), lambda home: home.set_line(udp_blocked=True)),
    Kind("udp_blocked_rtt_20ms", ("tcp",), lambda home: home.set_line(udp_blocked=True, delay_ms=10)),
    Kind("udp_blocked_mtu_1280", ("tcp",), lambda home: home.set_line(udp_blocked=True, mtu=1280, silent=True)),
    Kind("ds_lite", ("udp4", "udp6"), lambda home: home.become_ds_lite()),
)


def main() -> int:
    """Measure every kind of home and publish; return how many gave no figures, each of which is said."""
    rows: list[Row] = []
    failed = 0
    with Hall() as hall:
        hall.open()
        set_pin(hall)
        for kind in KINDS:
            hall.city.homes[0].reset_line()
            kind.make(hall.city.homes[0])
            try:
                rows += _rows(kind, [_connect(hall, kind) for _ in range(RUNS)])
            except (LabError, RuntimeError) as error:
                print(f"{kind.name}: no figures: {error}", flush=True)
                failed += 1
    publish("homes", rows)
    return failed


def _connect(hall: Hall, kind: Kind) -> tuple[float, float]:
    """Plug a new stick in and sign in; return the two times in milliseconds."""
    with plugged(hall) as stick:
        steps = {event.step: event for event in stick.events}
        door = steps["door-up"]
        if door.detail not in kind.lines:
            raise RuntimeError(f"{kind.name}: came up on {door.detail}")
        entered_ns, reached = sign_in(hall, stick, hall.workers[0])
        stick.ask("end")
        stick.wait_ready()
    door_ms = (door.at_ns - steps["agent-started"].at_ns) / 1e6
    first_ms = (reached["first-packet"] - entered_ns) / 1e6
    print(f"{kind.name}: {door.detail}, door {door_ms:.0f} ms, first packet {first_ms:.0f} ms", flush=True)
    return door_ms, first_ms


def _rows(kind: Kind, times: list[tuple[float, float]]) -> list[Row]:
    doors, firsts = zip(*times, strict=True)
    return [
        Row(f"{kind.name}_door_ms", statistics.median(doors), "ms", RUNS, f"worst {max(doors):.0f} ms"),
        Row(f"{kind.name}_first_packet_ms", statistics.median(firsts), "ms", RUNS, f"worst {max(firsts):.0f} ms"),
    ]


if __name__ == "__main__":
    raise SystemExit(main())
