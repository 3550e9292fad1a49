"""F68, F69: from a session nothing but the own office PC's RDP port answers, and nothing there reaches back."""

from typing import Final

import pytest

from hanare_lab import addresses
from hanare_lab.installation import front
from hanare_lab.installation.hall import Hall
from hanare_lab.installation.stick import Stick
from hanare_lab.office_pc import RDP_PORT

pytestmark = [pytest.mark.lab, pytest.mark.story]

ENTER: Final = ("nsenter", "--net=/var/run/netns/hanare-session", "--")
CONNECT_S: Final = 1
LISTENING_PORT: Final = 8000
_LISTEN: Final = f"import socket; s = socket.create_server(('', {LISTENING_PORT})); s.accept()"


@pytest.fixture(scope="module")
def stick(hall: Hall) -> Stick:
    """Open two sessions, each on its own stick and office PC; return the first."""
    for home, worker in enumerate(hall.workers):
        made = hall.add_stick(home=home)
        made.start()
        hall.set_first_pin(made, worker)
        made.wait_ready()
        hall.sign_in(made, worker)
        assert made.wait_for("desktop-started").code == ""
    return hall.sticks[0]


def connects(stick: Stick, address: object, port: int) -> str:
    """Return what became of a TCP connection out of the session: open, refused or silent."""
    program = (
        "import socket\n"
        f"try: socket.create_connection(({str(address)!r}, {port}), {CONNECT_S}).close(); print('open')\n"
        "except ConnectionRefusedError: print('refused')\n"
        "except OSError: print('silent')\n"
    )
    return stick.machine.run([*ENTER, "python3", "-c", program]).stdout.strip()


def inner_address(hall: Hall, number: int) -> str:
    """Return the inner address of a stick's session."""
    shown = hall.sticks[number].machine.run([*ENTER, "ip", "-4", "-o", "addr", "show", "dev", "hn-session"]).stdout
    return shown.split()[3].partition("/")[0]


def test_the_own_desktop_answers(hall: Hall, stick: Stick) -> None:
    """The one target of the lease can be reached."""
    assert connects(stick, hall.workers[0].address, RDP_PORT) == "open"


def test_nothing_else_answers(hall: Hall, stick: Stick) -> None:
    """Another PC, another port of the own PC, another stick, server and gateway are silent, over IPv4 and IPv6."""
    for pc in hall.city.pcs:
        pc.start("listener", ["python3", "-c", _LISTEN])
    targets = [
        (hall.workers[1].address, RDP_PORT),
        (hall.workers[0].address, LISTENING_PORT),
        (inner_address(hall, 1), RDP_PORT),
        (addresses.SERVER, front.API_PORT),
        (addresses.SERVER, front.HUB_PORT),
        (addresses.SERVER6, front.API_PORT),
        (addresses.SERVER, front.CONSOLE_PORT),
        (addresses.GATEWAY_LAN, 22),
        (addresses.GATEWAY_WAN, 443),
        ("192.168.1.1", 80),
    ]
    assert {target: connects(stick, *target) for target in targets} == dict.fromkeys(targets, "silent")
    ping = stick.machine.run([*ENTER, "ping", "-c1", "-W1", hall.workers[0].address], check=False)
    assert ping.returncode != 0


def test_the_office_pc_cannot_reach_back(hall: Hall, stick: Stick) -> None:
    """An infected office PC opens no connection to the stick, not even from the RDP port."""
    stick.machine.start("listener", [*ENTER, "python3", "-c", _LISTEN])
    hall.office_pcs[0].stop()
    for source in (0, RDP_PORT):
        program = (
            "import socket\n"
            "s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n"
            f"s.bind(('', {source})); s.settimeout({CONNECT_S})\n"
            f"s.connect(({inner_address(hall, 0)!r}, {LISTENING_PORT}))\n"
        )
        assert hall.city.pcs[0].run(["python3", "-c", program], check=False).returncode != 0
