"""F42: lines that lose long packets without a word (PPPoE, DS-Lite, ICMP dropped): the desktop is drawn anyway."""

from pathlib import Path

import pytest

from hanare_lab.installation.hall import Hall
from tests.stories.at_home import drawn, session, unplug

pytestmark = [pytest.mark.lab, pytest.mark.story]

PPPOE = pytest.param(1454, False, marks=pytest.mark.soak)
"""Nothing that 1280 does not show; for the record."""


@pytest.mark.parametrize(("mtu", "udp_blocked"), [PPPOE, (1280, False), (1280, True)])
def test_the_desktop_is_drawn(hall: Hall, tmp_path: Path, mtu: int, *, udp_blocked: bool) -> None:
    """What is longer than the MTU vanishes and no answer says so; sign-in and desktop work, carried or not."""
    home = hall.city.homes[0]
    home.set_line(mtu=mtu, silent=True, udp_blocked=udp_blocked)
    long = ["ping", "-M", "do", "-c1", "-W1", "-q", "-s", str(mtu - 27), "203.0.113.2"]
    assert "100% packet loss" in home.pc.run(long, check=False).stdout
    stick = hall.add_stick(number=len(hall.sticks) + 1)
    line = session(hall, stick, hall.workers[0])
    assert (line == "tcp") == udp_blocked
    drawn(stick, tmp_path / "desktop.png")
    unplug(stick)
    home.reset_line()
