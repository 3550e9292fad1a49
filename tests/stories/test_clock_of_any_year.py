"""F46: the home PC's clock says 1970, ten years ahead, or 2038: the stick signs in, and its time is the server's.

The agent and every library in it (OpenSSL among them) see the wrong clock, by libfaketime. wireguard-go does not: a
Go program asks the kernel by itself, and namespaces share one real-time clock. In the built image WireGuard never sees
the PC's clock: the agent sets the system's to the clamped time before the door opens (hanare_stick.clock). What a
handshake from the future leaves at a gateway is healed by making the door anew (tests/core/test_lease.py).
"""

import time

import pytest

from hanare_core import ratchet
from hanare_core import site as names
from hanare_lab.installation.hall import Hall
from hanare_lab.installation.stick import DEVICE, Stick

pytestmark = [pytest.mark.lab, pytest.mark.story]

YEAR_S = 365 * 24 * 3600
NEAR_MS = 600_000


@pytest.fixture(scope="module")
def stick(hall: Hall) -> Stick:
    """Give a stick on which a PIN was set while the clock was right."""
    made = hall.add_stick()
    made.start()
    hall.set_first_pin(made, hall.workers[0])
    made.wait_ready()
    return made


@pytest.mark.parametrize("year", [1970, 2036, 2039])
def test_a_wrong_clock_signs_in_and_leaves_no_trace(hall: Hall, stick: Stick, year: int) -> None:
    """The session opens, and the last good time that the stick keeps is the office's, so the next day works too."""
    assert stick.agent is not None
    stick.agent.kill()
    stick.clock_ahead_s = (year - 1970) * YEAR_S - int(time.time())
    stick.start()
    hall.sign_in(stick, hall.workers[0])
    assert stick.wait_for("first-packet").code == ""
    stick.ask("end")
    stick.wait_ready()
    area = (stick.machine.root / DEVICE.lstrip("/") / names.STATE_FILE).read_bytes()
    assert abs(ratchet.read(area).last_good_ms - time.time() * 1000) < NEAR_MS
