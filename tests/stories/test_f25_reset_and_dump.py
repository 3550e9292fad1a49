"""F25: the PC's reset button is pressed in a session, and its memory is read before anything else uses it.

What is in the memory then is the session's key: the reader may do with it what the stick could, reach the one office
PC's RDP port, until the office hears of the stick again or of nothing for five minutes (tests/server/test_upkeep.py).
That rest is documented (README). What our own kernel leaves of it when the stick starts again:
tests/emulated/test_memory.py.
"""

from dataclasses import dataclass
from typing import Final

import pytest
from nacl.public import PrivateKey

from hanare_core import wire
from hanare_lab import addresses
from hanare_lab.installation.hall import Hall
from hanare_lab.installation.stick import RUN, Stick
from hanare_lab.machine import Machine
from hanare_lab.office_pc import RDP_PORT
from hanare_lab.wait import until
from hanare_stick.session import INTERFACE, STATE_FILE, Adoptable
from tests.gateway import net
from tests.gateway.uapi_client import Tunnel
from tests.stories.at_home import session

pytestmark = [pytest.mark.lab, pytest.mark.story]

GONE_S: Final = 60.0
"""A session that another replaces ends within milliseconds; a wide bound."""

WIREGUARD_PORT: Final = 51820
TRY_S: Final = 3.0


@dataclass
class Dump:
    """What somebody finds in the memory of a PC in whose session nobody signed out."""

    key: PrivateKey
    gateway: str
    address: str


def dump(stick: Stick) -> Dump:
    """Read the session's key and address out of the running programs."""
    told = Tunnel.ask(stick.machine, INTERFACE, "get=1\n\n").splitlines()
    facts = dict(line.split("=", 1) for line in told if "=" in line)
    kept = wire.decode((stick.machine.root / RUN.lstrip("/") / STATE_FILE).read_bytes(), Adoptable)
    return Dump(PrivateKey(bytes.fromhex(facts["private_key"])), facts["public_key"], kept.facts.paths[0].address)


def press_reset(stick: Stick) -> None:
    """End everything on the PC in one blow; its memory is empty for what starts next."""
    assert stick.agent is not None
    stick.agent.kill()
    # Its sandbox first: a desktop that has just been started is FreeRDP only a moment later.
    for program in ("bwrap", "xfreerdp3", "wireguard-go"):
        until(lambda name=program: _killed(stick, name), seconds=GONE_S, what=program)
    stick.machine.run(["rm", "-rf", RUN])


def _killed(stick: Stick, program: str) -> bool:
    """Kill what runs of it on the PC; say whether nothing does any more."""
    here = 'exec pkill -KILL -x "$1" --ns $$ --nslist uts'
    stick.machine.run(["sh", "-c", here, "sh", program], check=False)  # it may have gone with the agent
    return not stick.running(program)


def use(found: Dump, machine: Machine) -> None:
    """Bring the tunnel of the dump up at another home."""
    peer = f"public_key={found.gateway}\nendpoint={addresses.GATEWAY_WAN}:{WIREGUARD_PORT}\n"
    Tunnel(machine, "dump", found.key, peer=f"{peer}persistent_keepalive_interval=1\nallowed_ip=0.0.0.0/0\n")
    machine.ip(f"addr add {found.address}/32 dev dump", f"route add {addresses.OFFICE} dev dump")


def reaches(machine: Machine, address: object, port: int) -> bool:
    """Whether a connection through the tunnel of the dump is answered."""
    try:
        net.connect(machine, address, port, seconds=TRY_S).close()
    except OSError:
        return False
    return True


def knows(hall: Hall, key: PrivateKey) -> bool:
    """Whether the gateway has a peer of this key."""
    return bytes(key.public_key).hex() in Tunnel.ask(hall.gateway.machine, "wg0", "get=1\n\n")


def test_a_dump_opens_one_port_until_the_owner_is_back(hall: Hall) -> None:
    """The session's key out of the memory reaches the own office PC and nothing else; the next sign-in ends that."""
    stick, worker, elsewhere = hall.add_stick(), hall.workers[0], hall.city.homes[1].pc
    session(hall, stick, worker)
    found = dump(stick)
    press_reset(stick)

    use(found, elsewhere)
    own = addresses.pc_address(1)
    until(lambda: reaches(elsewhere, own, RDP_PORT), seconds=GONE_S, what="what the dump is good for")
    assert not reaches(elsewhere, addresses.pc_address(2), RDP_PORT)
    assert not reaches(elsewhere, addresses.SERVER, 8443)

    stick.start()
    hall.sign_in(stick, worker)
    assert stick.wait_for("desktop-started").code == ""
    until(lambda: not reaches(elsewhere, own, RDP_PORT), seconds=GONE_S, what="the end of what the dump is good for")
    until(lambda: not knows(hall, found.key), seconds=GONE_S, what="the end of the peer, which goes after its packets")
