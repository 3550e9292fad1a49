"""A lease lives as long as it is confirmed, and the kernel alone ends it when nobody confirms it any more."""

import time
from collections.abc import Iterator
from typing import Final

import pytest

from hanare_lab.installation.hall import Hall
from hanare_lab.installation.stick import Stick
from hanare_lab.office_pc import RDP_PORT
from hanare_lab.wait import until
from tests.stories.lease_watch import Watch, answers, elements

pytestmark = [pytest.mark.lab, pytest.mark.story]

TTL_S: Final = 8
"""Two thirds of it are left when everything is killed: time to kill, and for one connection, on a busy machine too."""

SLACK_S: Final = 1.0
"""The kernel drops an element at its time; the look at it comes a little later."""


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """One hall with one office PC, whose leases are short."""
    with Hall(ttl_ms=TTL_S * 1000, log_dir=tmp_path_factory.mktemp("logs")) as made:
        yield made.open()


@pytest.fixture(scope="module")
def stick(hall: Hall) -> Stick:
    """Plug in a stick and sign in until its desktop runs."""
    made = hall.add_stick()
    made.start()
    hall.set_first_pin(made, hall.workers[0])
    made.wait_ready()
    hall.sign_in(made, hall.workers[0])
    assert made.wait_for("desktop-started").code == ""
    return made


def test_a_lease_lives_through_three_of_its_times(hall: Hall, stick: Stick) -> None:
    """While all is well the element never leaves the kernel in three TTLs, and the office PC answers throughout."""
    end = time.monotonic() + 3 * TTL_S
    with Watch(hall.gateway) as watch:
        while time.monotonic() < end:
            assert answers(stick, hall.workers[0].address, RDP_PORT)
    assert watch.missing == 0
    assert watch.seen > TTL_S
    assert stick.running("xfreerdp3")


def test_the_kernel_closes_by_itself(hall: Hall, stick: Stick) -> None:
    """With every process of ours killed the element goes at its time, and nothing passes the living tunnel any more."""
    address = hall.workers[0].address
    assert stick.agent is not None
    for name in hall.server.processes:
        hall.server.kill(name)
    for process in (hall.gateway.processes["agent"], stick.agent):
        process.kill()
    assert answers(stick, address, RDP_PORT)
    until(lambda: elements(hall.gateway) == [], seconds=TTL_S + SLACK_S, what="the kernel to drop the lease")
    assert not answers(stick, address, RDP_PORT)
    assert hall.gateway.processes["wireguard"].alive
    assert stick.running("wireguard-go")
