"""F70: everything at the gateway is known to somebody else: every stick gets new keys, and nobody visits a stick.

The same drill with 500 sticks at the API is bench/bench_rekey.py.
"""

from pathlib import Path

import pytest

from hanare_core import keyring, wire
from hanare_core import site as names
from hanare_core.keyring import Keyring, KeySet
from hanare_lab.installation.hall import Hall
from hanare_lab.installation.stick import DEVICE, Stick
from hanare_lab.wait import until
from tests.gateway.uapi_client import Tunnel

pytestmark = [pytest.mark.lab, pytest.mark.story]

CHANGED_S = 60.0
"""A stick that waits for its certificate asks every 15 s."""

NOTED_S = 10.0
"""From the server's word to one small write; a wide bound."""


@pytest.fixture(scope="module")
def sticks(hall: Hall) -> tuple[Stick, Stick]:
    """Give two sticks that were plugged in after a re-key began: one with an open session, one idle."""
    hall.begin_rekey()
    working, idle = hall.add_stick(home=0), hall.add_stick(home=1)
    for stick, worker in ((working, hall.workers[0]), (idle, hall.workers[1])):
        stick.start()
        hall.set_first_pin(stick, worker)
        stick.wait_ready()
    hall.sign_in(working, hall.workers[0])
    assert working.wait_for("desktop-started").code == ""
    return working, idle


def test_the_fleet_gets_new_keys(hall: Hall, sticks: tuple[Stick, Stick]) -> None:
    """An idle stick changes over at once, one in use when its session ends; the gateway forgets the old doors."""
    working, idle = sticks
    old = {stick.id: ring(stick).current for stick in sticks}
    until(lambda: "asked 2" in hall.rekey("status"), seconds=CHANGED_S, what="two requests")
    assert set(peers(hall)) >= {keys.public[1] for keys in old.values()}
    assert hall.sign_renewals() == "2 certificates, 0 refused"
    until(lambda: "certified 1 done 1" in hall.rekey("status"), seconds=CHANGED_S, what="the idle stick's change")
    changed_over(idle, old[idle.id])
    assert ring(working).current == old[working.id]
    assert working.running("xfreerdp3")
    working.ask("end")
    until(lambda: "done 2" in hall.rekey("status"), seconds=CHANGED_S, what="the other stick's change")
    changed_over(working, old[working.id])
    new = {ring(stick).current.public[1] for stick in sticks}
    until(lambda: new <= set(peers(hall)), seconds=10, what="the new doors")
    until(lambda: not {keys.public[1] for keys in old.values()} & set(peers(hall)), seconds=10, what="old doors' end")
    hall.sign_in(idle, hall.workers[1])
    assert idle.wait_for("desktop-started").code == ""
    idle.ask("end")
    idle.wait_ready()


def test_a_power_cut_before_the_last_write_bricks_no_stick(hall: Hall, sticks: tuple[Stick, Stick]) -> None:
    """The server has dropped the old keys, the stick's note of it is torn: it comes back through the new door."""
    _, idle = sticks
    assert idle.agent is not None
    new = ring(idle).current
    idle.agent.kill()
    tear_newest(keys_file(idle))
    assert ring(idle).current != new
    assert ring(idle).next == new
    idle.start()
    until(lambda: ring(idle).current == new, seconds=CHANGED_S, what="the stick on its new keys")
    idle.wait_ready()
    hall.sign_in(idle, hall.workers[1])
    assert idle.wait_for("desktop-started").code == ""


def keys_file(stick: Stick) -> Path:
    """Return the stick's key area."""
    return stick.machine.root / DEVICE.lstrip("/") / names.KEYS_FILE


def ring(stick: Stick) -> Keyring:
    """Return what stands on the stick now."""
    return keyring.read(keys_file(stick).read_bytes())


def changed_over(stick: Stick, old: KeySet) -> None:
    """Wait for the stick's note of its new keys, which it makes when the server has heard of them."""
    until(lambda: ring(stick).current != old, seconds=NOTED_S, what="the stick's note of its new keys")
    assert ring(stick).next is None


def tear_newest(path: Path) -> None:
    """Leave the newest slot as a power cut in the middle of its write does."""
    area = path.read_bytes()
    newest, size = keyring.read(area), keyring.SLOT_BYTES
    halves = [area[:size], area[size:]]
    for place, half in enumerate(halves):
        if keyring.read(half + bytes(size)) == newest:
            torn = half[:200] + b"\xff" * 200 + half[400:]
            path.write_bytes(b"".join(torn if at == place else other for at, other in enumerate(halves)))
            return
    raise AssertionError("no slot is the newest")


def peers(hall: Hall) -> list[str]:
    """Return the public keys of the gateway's WireGuard peers."""
    answer = Tunnel.ask(hall.gateway.machine, "wg0", "get=1\n\n")
    lines = (line.partition("=") for line in answer.splitlines())
    return [wire.key_text(bytes.fromhex(value)) for name, _, value in lines if name == "public_key"]
