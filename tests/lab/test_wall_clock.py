"""A machine's wall clock can be set while its processes run."""

import pytest

from hanare_lab.installation import checkout
from hanare_lab.machine import Machine
from hanare_lab.wait import until
from hanare_lab.wall_clock import WallClock

pytestmark = pytest.mark.lab

_SAYS = """
import time
while True:
    print(round(time.time_ns() / 1e9 - time.clock_gettime(time.CLOCK_REALTIME)), time.monotonic() < 1e9, flush=True)
    time.sleep(0.01)
"""


def test_a_running_process_sees_the_set_clock() -> None:
    """Forwards, and back again; the monotonic clock goes on."""
    checkout.expose()
    with Machine("clocked") as machine:
        clock = WallClock(machine)
        process = machine.start("says", ["python3", "-c", _SAYS], env={"PYTHONPATH": "/nowhere"})
        for ahead_s in (0, 240, -20):
            clock.set(ahead_s)
            until(lambda: f"{ahead_s} True" in process.log_tail(100), seconds=10, what="the set clock", process=process)  # noqa: B023
