"""F70: a gateway's key is known to somebody else: another takes its place, and sticks learn of it by themselves.

The sticks know of the old gateway only; the CA's signed list reaches them through it, and they need no visit.
"""

from collections.abc import Iterator

import pytest

from hanare_core import keyring
from hanare_core import site as names
from hanare_core.keyring import Keyring
from hanare_lab.installation.hall import Hall
from hanare_lab.installation.stick import DEVICE, Stick
from hanare_lab.wait import until

pytestmark = [pytest.mark.lab, pytest.mark.story]

HEARD_S = 60.0
FOUND_S = 90.0
"""Until the old gateway's silence is noticed and the new one has answered, in some fifteen seconds. Wide."""


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """One hall with the old and the new gateway; sticks are written as if there was the old one alone."""
    with Hall(gateways=2, log_dir=tmp_path_factory.mktemp("logs")) as made:
        made.open().prepare_sticks(made.gateways[:1])
        yield made


def test_a_stick_moves_to_the_gateway_that_the_ca_announced(hall: Hall) -> None:
    """It hears of the new gateway through the old, finds it when the old one is gone, and then knows it alone."""
    old, new = hall.gateways
    stick = hall.add_stick()
    assert hall.announce(1, [new]) == "gateway list 1"
    stick.start()
    hall.set_first_pin(stick, hall.workers[0])
    until(lambda: len(ring(stick).lists) == 1, seconds=HEARD_S, what="the list on the stick")
    assert ring(stick).settled == 0
    for process in old.processes.values():
        process.kill()
    stick.wait_ready()
    until(lambda: signed_in(hall, stick), seconds=FOUND_S, what="a session through the new gateway")
    assert new.elements().count("10.") > 0
    stick.ask("end")
    stick.wait_ready()
    assert stick.agent is not None
    stick.agent.kill()
    stick.start()
    until(lambda: ring(stick).settled == 1, seconds=HEARD_S, what="the new gateway alone")
    assert hall.station.site.gateways[0].id == old.id
    hall.sign_in(stick, hall.workers[0])
    assert stick.wait_for("desktop-started").code == ""


def signed_in(hall: Hall, stick: Stick) -> bool:
    """Try to sign in; say whether it led to a desktop."""
    hall.sign_in(stick, hall.workers[0])
    return stick.wait_for("desktop-started", seconds=FOUND_S).code == ""


def ring(stick: Stick) -> Keyring:
    """Return the keys and lists that stand on the stick now."""
    return keyring.read((stick.machine.root / DEVICE.lstrip("/") / names.KEYS_FILE).read_bytes())
