"""F44: a router that forgets, another uplink in the middle of a session, and an outage: no new sign-in."""

from pathlib import Path
from typing import Final

import pytest

from hanare_lab.home import Home
from hanare_lab.installation.hall import Hall
from hanare_lab.installation.stick import Stick
from hanare_lab.wait import until
from tests.stories.at_home import drawn
from tests.stories.lease_watch import answers

pytestmark = [pytest.mark.lab, pytest.mark.story]

RDP: Final = 3389
BACK_S: Final = 60.0
"""Wide; WireGuard's keepalive alone brings a moved home back within 25 s."""

GIVEN_UP_S: Final = 40.0
"""FreeRDP waits 15 s for its first connection."""

OUTAGE_S: Final = 20.0
"""Longer than FreeRDP waits for an acknowledgement; the soak tier takes a whole minute."""


@pytest.fixture(scope="module")
def plugged(hall: Hall) -> Stick:
    """One stick whose user has a PIN, for the whole file."""
    made = hall.add_stick()
    made.start()
    hall.set_first_pin(made, hall.workers[0])
    made.wait_ready()
    return made


@pytest.fixture(scope="module")
def stick(hall: Hall, plugged: Stick, tmp_path_factory: pytest.TempPathFactory) -> Stick:
    """Give the stick with its desktop drawn: the first story's, when it was told."""
    if not plugged.running("xfreerdp3"):
        hall.sign_in(plugged, hall.workers[0])
    drawn(plugged, tmp_path_factory.mktemp("drawn") / "desktop.png")
    return plugged


def test_an_outage_swallows_the_first_connection(hall: Hall, plugged: Stick, tmp_path: Path) -> None:
    """The line goes between tunnel and desktop until FreeRDP gives up; the desktop comes with the line."""
    home = hall.city.homes[0]
    plugged.screen.process.stop()  # FreeRDP opens its screen first and waits
    hall.sign_in(plugged, hall.workers[0])
    assert plugged.wait_for("desktop-started").code == ""
    home.cut()
    try:
        plugged.screen.process.cont()
        until(lambda: plugged.running("xfreerdp3"), seconds=GIVEN_UP_S, what="the first try")
        until(lambda: not plugged.running("xfreerdp3"), seconds=GIVEN_UP_S, what="the end of the first try")
    finally:
        home.mend()
    drawn(plugged, tmp_path / "desktop.png")
    _stands(hall, plugged)


def test_a_router_that_forgets_costs_nothing(hall: Hall, stick: Stick) -> None:
    """After the home's NAT has forgotten every connection, the session goes on from another port."""
    hall.city.homes[0].forget_connections()
    _stands(hall, stick)


@pytest.mark.parametrize("outage_s", [OUTAGE_S, pytest.param(60.0, marks=pytest.mark.soak)])
def test_a_session_survives_an_outage(hall: Hall, stick: Stick, outage_s: float) -> None:
    """The line is away for a while; afterwards the office PC answers again, and nobody has signed in anew."""
    home = hall.city.homes[0]
    home.cut()
    try:
        _silent(hall, stick)
        stick.machine.run(["sleep", str(outage_s)], timeout=outage_s + 10)
    finally:
        home.mend()
    _stands(hall, stick)


def test_a_session_moves_to_another_uplink(hall: Hall, stick: Stick) -> None:
    """The cable goes and a phone's network takes over, first as good, then without UDP: the session goes along."""
    first, second = hall.city.homes
    _by_udp(first, stick)
    second.plug(stick.machine, "eth1", octet=24)
    first.pc.ip("link set eth0 down")
    _stands(hall, stick)
    _by_udp(second, stick)
    second.set_line(udp_blocked=True)
    until(lambda: _line(stick) == "tcp", seconds=BACK_S, what="the carrier")
    _stands(hall, stick)


def _stands(hall: Hall, stick: Stick) -> None:
    worker = hall.workers[0]
    until(lambda: answers(stick, worker.address, RDP), seconds=BACK_S, what="the office PC's answer")
    assert stick.running("xfreerdp3")
    stick.listen()
    assert [event for event in stick.events if event.code] == []


def _by_udp(home: Home, stick: Stick) -> None:
    """Bring a session that an outage or a busy moment has led to the carrier back to UDP: the carrier is shut."""
    home.set_line(tcp_blocked=True)
    until(lambda: _line(stick) != "tcp", seconds=BACK_S, what="UDP")
    home.set_line(tcp_blocked=False)


def _silent(hall: Hall, stick: Stick) -> None:
    assert not answers(stick, hall.workers[0].address, RDP)


def _line(stick: Stick) -> str:
    """Return the line that was told last: an outage too can end on another one."""
    stick.listen()
    return next((event.detail for event in reversed(stick.events) if event.step == "line"), "")
