"""The kernel alone decides: with the lease's element gone, the desktop ends at once, whether the agent lives or not."""

import re
from pathlib import Path

import dpkt
import pytest

from hanare_lab import addresses
from hanare_lab.capture import Capture, Packet
from hanare_lab.installation.hall import Hall
from hanare_lab.wait import until

pytestmark = [pytest.mark.lab, pytest.mark.story]

CUT_S = 20.0
RESET_NS = 100_000_000
"""Wide bound from the office PC's next packet to its reset; measured: some 0.05 ms."""

CONVERGED_S = 30.0
_ELEMENT = re.compile(r"([\d.]+ \. [\d.]+ \. \d+)(?= counter)")


def established(hall: Hall) -> int:
    """Count the RDP connections that the office PC holds."""
    shown = hall.city.pcs[0].run(["ss", "-tnH", "state", "established", "sport = :3389"]).stdout
    return len(shown.splitlines())


def reset_after_ns(packets: list[Packet]) -> int:
    """Return how long the office PC's packet waited for its reset; nothing else comes from the stick after that."""
    first = next(number for number, packet in enumerate(packets) if packet.flags & dpkt.tcp.TH_RST)
    office_pc = addresses.pc_address(1)
    assert packets[first].source != office_pc
    assert all(packet.flags & dpkt.tcp.TH_RST for packet in packets[first:] if packet.source != office_pc)
    return packets[first].time_ns - [packet for packet in packets[:first] if packet.source == office_pc][-1].time_ns


def test_an_element_deleted_by_hand_ends_the_desktop(hall: Hall, tmp_path: Path) -> None:
    """With the agent frozen and the element deleted the connection is reset; the agent, released, puts things right."""
    stick, worker = hall.add_stick(), hall.workers[0]
    stick.start()
    hall.set_first_pin(stick, worker)
    stick.wait_ready()
    hall.sign_in(stick, worker)
    assert stick.wait_for("desktop-started").code == ""
    picture = tmp_path / "desktop.png"
    until(lambda: stick.screen.picture(picture).shows_something, seconds=20, what="the desktop")
    assert established(hall) == 1

    agent = hall.gateway.processes["agent"]
    agent.stop()
    element = _ELEMENT.findall(hall.gateway.elements())[0]
    lan = Capture(hall.gateway.machine, "lan0", "tcp port 3389")
    hall.gateway.machine.run(["nft", "delete", "element", "inet", "hanare", "allow", f"{{ {element} }}"])
    until(lambda: established(hall) == 0, seconds=CUT_S, what="the end of the RDP connection")
    assert reset_after_ns(lan.stop()) < RESET_NS

    agent.cont()
    # FreeRDP tries again by itself: the lease still stands in the database, so the agent owes the element.
    until(lambda: element in hall.gateway.elements(), seconds=CONVERGED_S, what="the element to be put back")
    until(lambda: established(hall) == 1, seconds=CONVERGED_S, what="the desktop to come back")
