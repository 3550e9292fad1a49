"""T9, T11: a home with the office's own subnet, two sticks behind one NAT, DS-Lite, and the office LAN itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hanare_lab.installation.hall import Hall
from tests.stories.at_home import drawn, session, unplug

pytestmark = [pytest.mark.lab, pytest.mark.story]

OFFICE_SUBNET = "10.20.0.0/24"


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """Make a hall whose first home has the office's own subnet."""
    with Hall(pcs=2, homes=(OFFICE_SUBNET, "192.168.1.0/24"), log_dir=tmp_path_factory.mktemp("logs")) as made:
        yield made.open()


def test_two_sticks_behind_one_router_with_the_offices_own_subnet(hall: Hall, tmp_path: Path) -> None:
    """At a home whose LAN is numbered like the office two workers work side by side, each on their own office PC."""
    home = hall.city.homes[0]
    first, second = hall.add_stick(), hall.add_stick(machine=hall.city.add_pc(home), number=2)
    for stick, worker in zip((first, second), hall.workers, strict=True):
        session(hall, stick, worker)
        drawn(stick, tmp_path / "desktop.png")
    for stick in (first, second):
        assert stick.running("xfreerdp3")
        unplug(stick)


def test_inside_ds_lite(hall: Hall, tmp_path: Path) -> None:
    """On a line of IPv6 only the faster way wins; where IPv6 lets no UDP through, IPv4 in the provider's tunnel."""
    home = hall.city.homes[1]
    home.become_ds_lite()
    stick = hall.add_stick(home=1, number=3)
    assert session(hall, stick, hall.workers[0]) in {"udp4", "udp6"}
    assert stick.agent is not None
    stick.agent.close()
    home.router.run(["nft", "insert", "rule", "inet", "router", "forward", "meta nfproto ipv6 meta l4proto udp drop"])
    assert session(hall, stick, hall.workers[0]) == "udp4"
    drawn(stick, tmp_path / "desktop.png")
    unplug(stick)


def test_the_office_lan_itself(hall: Hall, tmp_path: Path) -> None:
    """For a rehearsal the stick works on the office LAN too, through the gateway's outer address."""
    stick = hall.add_stick(machine=hall.city.pcs[1], number=4)
    session(hall, stick, hall.workers[0])
    drawn(stick, tmp_path / "desktop.png")
    unplug(stick)
