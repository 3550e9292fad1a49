"""F40: a home or hotel that lets no UDP out: the same tunnels run inside TLS on TCP 443, by themselves.

Where the organisation has closed the carrier such a home is cut off, is told so, and comes back when it is opened.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from socket import IPPROTO_TCP
from typing import Final

import pytest

from hanare_core.problems import Code
from hanare_lab import addresses
from hanare_lab.capture import Capture
from hanare_lab.installation.hall import Hall
from hanare_lab.installation.stick import Stick
from hanare_lab.wait import until
from hanare_stick.carrier import USER
from tests.gateway import net
from tests.stories.at_home import session, unplug
from tests.stories.lease_watch import answers

pytestmark = [pytest.mark.lab, pytest.mark.story]

UDP_AGAIN_S: Final = 5.0
"""Ten minutes in production; never asked sooner, which would tear at a home where UDP never works."""

CARRIED_S: Final = 60.0
"""Wide; bench_homes measures the time itself, for which F40 says fifteen seconds."""

OPENED_S: Final = 60.0
"""A stick that nothing answers tries a whole round of lines, some ten seconds, before the next."""

RDP: Final = 3389
CARRIER: Final = 443
NET_ADMIN: Final = 12
"""CAP_NET_ADMIN of capabilities(7)."""
KEEPALIVE_BYTES: Final = 100
"""What a connection says that carries nothing is shorter."""

CLOSE: Final = "/console/directory/gateways/carrier/close"


@pytest.fixture
def closed(hall: Hall) -> Iterator[None]:
    """Let no UDP out of the first home, and leave the carrier open and the line whole for the next test."""
    hall.city.homes[0].set_line(udp_blocked=True)
    yield
    hall.open_carrier()
    hall.city.homes[0].reset_line()


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
    _has_no_rights(stick)
    assert _pause_s(stick) >= UDP_AGAIN_S

    home.reset_line()
    moved = stick.wait_for("line", seconds=UDP_AGAIN_S + CARRIED_S)
    assert moved.detail in {"udp4", "udp6"}
    until(lambda: answers(stick, worker.address, RDP), seconds=CARRIED_S, what="the session on UDP")
    beside = lambda: goes_beside(hall, stick, worker.address)  # noqa: E731
    until(beside, seconds=CARRIED_S, what="a session that the carrier carries nothing of")
    assert stick.running("xfreerdp3")
    unplug(stick)


@pytest.mark.usefixtures("closed")
def test_a_closed_carrier_is_told_and_opens_again(hall: Hall) -> None:
    """The person reads that the gateway cannot be reached; once the carrier is opened the stick comes by itself."""
    hall.console.act(CLOSE)
    until(lambda: not accepts(hall), seconds=OPENED_S, what="a closed carrier")
    stick = hall.add_stick()
    stick.start_agent()
    assert stick.wait_refused(seconds=OPENED_S).code == Code.DOOR_UNREACHABLE
    assert not [event for event in stick.events if event.step == "door-up"]
    hall.open_carrier()
    until(lambda: _told(stick, "ready"), seconds=OPENED_S, what="the stick to come up")
    assert line_of(stick) == "tcp"
    unplug(stick)


@pytest.mark.usefixtures("closed")
def test_a_session_whose_carrier_is_closed_comes_back(hall: Hall) -> None:
    """What runs over the carrier is cut when it is closed, and goes on, without a new sign-in, when it is opened."""
    stick, worker = hall.add_stick(), hall.workers[1]
    assert session(hall, stick, worker) == "tcp"
    until(lambda: answers(stick, worker.address, RDP), seconds=CARRIED_S, what="the session")
    hall.console.act(CLOSE)
    until(lambda: not answers(stick, worker.address, RDP), seconds=CARRIED_S, what="the cut")
    hall.open_carrier()
    until(lambda: answers(stick, worker.address, RDP), seconds=OPENED_S, what="the session again")
    stick.listen()
    assert [event for event in stick.events if event.code] == []
    unplug(stick)


def _has_no_rights(stick: Stick) -> None:
    """Strangers speak TLS with the relay: a user of its own, without a capability, filtered; the tunnels have one."""
    for relay in _status(stick, "[^ ]*python[^ ]* -m hanare_stick.carrier_relay"):
        assert set(relay["Uid"].split()) == set(relay["Gid"].split()) == {str(USER)}
        assert {int(relay[name], 16) for name in ("CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb")} == {0}
        assert (relay["Seccomp"], relay["NoNewPrivs"], relay["Groups"].strip()) == ("2", "1", "")
    for tunnel in _status(stick, "wireguard-go"):
        assert {int(tunnel[name], 16) for name in ("CapEff", "CapPrm", "CapBnd")} == {1 << NET_ADMIN}


def _status(stick: Stick, command: str) -> list[dict[str, str]]:
    """Return what the kernel says of the home PC's processes whose command begins so, one at least."""
    here = 'exec pgrep -f "$1" --ns $$ --nslist uts'
    pids = stick.machine.run(["sh", "-c", here, "sh", f"^{command}"]).stdout.split()
    read = [stick.machine.run(["cat", f"/proc/{pid}/status"]).stdout for pid in pids]
    return [dict(line.split(":\t", 1) for line in one.splitlines() if ":\t" in line) for one in read]


def _pause_s(stick: Stick) -> float:
    """Return the shortest time between two askings of UDP, in seconds; waits for two."""
    times = until(lambda: _asked_at(stick)[1:] and _asked_at(stick), seconds=CARRIED_S, what="UDP asked twice")
    return min((later - earlier).total_seconds() for earlier, later in pairwise(times))


def _asked_at(stick: Stick) -> list[datetime]:
    assert stick.agent is not None
    lines = [json.loads(line) for line in stick.agent.log_text().splitlines() if '"UDP asked"' in line]
    return [datetime.fromisoformat(line["time"]) for line in lines]


def goes_beside(hall: Hall, stick: Stick, address: str) -> bool:
    """Whether the office PC answers and the carrier carried nothing of it; something may be on its way at first."""
    with Capture(hall.city.internet, "home1", f"tcp port {CARRIER}") as wire:
        answered = answers(stick, address, RDP)
        return answered and all(packet.length <= KEEPALIVE_BYTES for packet in wire.stop())


def accepts(hall: Hall) -> bool:
    """Whether the gateway's carrier takes a connection from the internet."""
    try:
        net.connect(hall.city.internet, addresses.GATEWAY_WAN, CARRIER, seconds=1).close()
    except OSError:
        return False
    return True


def _told(stick: Stick, step: str) -> bool:
    stick.listen()
    return any(event.step == step for event in stick.events)


def line_of(stick: Stick) -> str:
    """Return the line on which the door came up."""
    return next(event.detail for event in stick.events if event.step == "door-up")
