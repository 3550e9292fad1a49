"""F40: a home or hotel that lets no UDP out: the same tunnels run inside TLS on TCP 443, by themselves."""

from socket import IPPROTO_TCP
from typing import Final

import pytest

from hanare_lab.capture import Capture
from hanare_lab.installation.hall import Hall
from hanare_lab.installation.stick import Stick
from hanare_lab.wait import until
from tests.stories.lease_watch import answers

pytestmark = [pytest.mark.lab, pytest.mark.story]

UDP_AGAIN_S: Final = 5.0
"""Ten minutes in production."""

CARRIED_S: Final = 15.0
"""F40's own bound; bench_homes measures the time itself."""

RDP: Final = 3389
CARRIER: Final = 443


def test_a_session_runs_over_the_carrier_and_goes_back_to_udp(hall: Hall) -> None:
    """Without UDP a stick signs in over TCP 443 alone; when UDP passes again the running session moves to it."""
    home, worker = hall.city.homes[0], hall.workers[0]
    home.set_line(udp_blocked=True)
    stick = hall.add_stick(udp_again_s=UDP_AGAIN_S)
    with Capture(hall.city.internet, "home1", "ip or ip6") as wire:
        stick.start()
        assert line_of(stick) == "tcp"
        hall.set_first_pin(stick, worker)
        stick.wait_ready()
        hall.sign_in(stick, worker)
        assert stick.wait_for("desktop-started").code == ""
        packets = wire.stop()
    carried = [packet for packet in packets if packet.protocol == IPPROTO_TCP]
    assert carried
    assert [packet for packet in carried if CARRIER not in (packet.target_port, packet.source_port)] == []
    assert answers(stick, worker.address, RDP)

    home.reset_line()
    moved = stick.wait_for("line", seconds=UDP_AGAIN_S + CARRIED_S)
    assert moved.detail in {"udp4", "udp6"}
    with Capture(hall.city.internet, "home1", "tcp port 443") as wire:
        until(lambda: answers(stick, worker.address, RDP), seconds=CARRIED_S, what="the session on UDP")
        packets = wire.stop()
    assert [packet for packet in packets if packet.length > 100] == []
    assert stick.running("xfreerdp3")


def line_of(stick: Stick) -> str:
    """Return the line on which the door came up."""
    return next(event.detail for event in stick.events if event.step == "door-up")
