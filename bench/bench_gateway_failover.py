"""A gateway dies under a running desktop: how long until the desktop comes by the other gateway.

Real agents, WireGuard, xrdp and FreeRDP in the lab. Everything of the gateway is killed by signal 9 and its lines are
taken down in the same moment, so nobody is told anything. The end is the first answer of the office PC on the desktop's
new connection, looked for every 20 ms. HANARE_BENCH_FAILOVERS sets another number.
"""

import os
import re
import time
from typing import Final

from bench.plugged import plugged
from bench.report import Row, percentile, publish
from hanare_lab.installation.gateway import Gateway
from hanare_lab.installation.hall import Hall
from hanare_lab.installation.stick import Stick
from hanare_lab.wait import until

FAILOVERS: Final = int(os.environ.get("HANARE_BENCH_FAILOVERS", "10"))
LIMIT_S: Final = 10.0
"""What Hanare promises."""

WAIT_S: Final = 60.0
LOOK_S: Final = 0.02


def main() -> None:
    """Measure and publish."""
    times = []
    with Hall(gateways=2) as hall:
        hall.open()
        with plugged(hall) as stick:
            hall.set_first_pin(stick, hall.workers[0])
            stick.wait_ready()
            for number in range(FAILOVERS):
                times.append(_failover(hall, stick))
                print(f"{number + 1}: {times[-1]:.2f} s", flush=True)
    worst = max(times)
    rows = [
        Row("failover_p50_s", percentile(times, 0.5), "s", len(times)),
        Row("failover_max_s", worst, "s", len(times), f"the promised {LIMIT_S:.0f} s", worst / LIMIT_S),
    ]
    publish("gateway_failover", rows)


def _failover(hall: Hall, stick: Stick) -> float:
    """Sign in, kill the session's gateway, return how long the desktop was away; leave everything as it was."""
    hall.sign_in(stick, hall.workers[0])
    if (code := stick.wait_for("desktop-started").code) != "":
        raise RuntimeError(f"the sign-in was refused: {code}")
    until(lambda: bool(_pools(stick)), seconds=WAIT_S, what="the desktop")
    for gateway in hall.gateways:
        until(lambda: hall.workers[0].address in gateway.elements(), seconds=WAIT_S, what=f"the lease at {gateway.id}")  # noqa: B023 the loop waits
    dead = next(gateway for gateway in hall.gateways if gateway.number - 1 in _pools(stick))
    died = time.monotonic()
    dead.kill()
    _wait_elsewhere(stick, dead)
    took = time.monotonic() - died
    stick.ask("end")
    stick.wait_ready()
    dead.revive()
    return took


def _wait_elsewhere(stick: Stick, dead: Gateway) -> None:
    deadline = time.monotonic() + WAIT_S
    while not _pools(stick) - {dead.number - 1}:
        if time.monotonic() > deadline:
            raise RuntimeError("the desktop never came back")
        time.sleep(LOOK_S)


def _pools(stick: Stick) -> set[int]:
    """Return whose pools the session's established connections come from, counted from 0."""
    inside = ["nsenter", "--net=/run/netns/hanare-session", "ss", "-tnH", "state", "established"]
    text = stick.machine.run(inside, check=False).stdout
    return {int(found) // 64 for found in re.findall(r"100\.64\.(\d+)\.\d+:\d+", text)}
