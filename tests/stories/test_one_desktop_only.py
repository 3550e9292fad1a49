"""F68, F69: from a session nothing but the own office PC's RDP port answers, and nothing reaches back; it is logged."""

import sqlite3
from contextlib import closing
from typing import Final

import pytest

from hanare_core import wire
from hanare_lab import addresses
from hanare_lab.capture import Capture
from hanare_lab.installation import front
from hanare_lab.installation.hall import Hall
from hanare_lab.installation.stick import Stick
from hanare_lab.office_pc import RDP_PORT
from hanare_lab.wait import until
from tests.gateway.uapi_client import Tunnel

pytestmark = [pytest.mark.lab, pytest.mark.story]

ENTER: Final = ("nsenter", "--net=/var/run/netns/hanare-session", "--")
CONNECT_S: Final = 1
LISTENING_PORT: Final = 8000
_LISTEN: Final = f"import socket; s = socket.create_server(('', {LISTENING_PORT})); [s.accept() for _ in iter(int, 1)]"
START_S: Final = 30.0
LOGGED_S: Final = 60.0
"""Wide: a look at the kernel, a beat, a round of the worker."""

FORGED6: Final = "fd00:bad::1"
FORGED_PORT: Final = 45_678
_LOOSE: Final = """
import socket, sys
other, target = sys.argv[1:]
stranger = socket.socket()
stranger.bind((other, 45678))
stranger.settimeout(1)
try:
    stranger.connect((target, 3389))
except OSError:
    pass
loose = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
loose.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
for address in ("224.0.0.251", "239.255.255.250", "10.20.0.255", "255.255.255.255", target):
    try:
        loose.sendto(b"loose", (address, 5353))
    except OSError:
        pass
loose6 = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
loose6.sendto(b"loose", ("ff02::fb%hn-session", 5353))
"""
"""What a tampered stick sends: a connection from another's address, multicast, broadcast and UDP."""


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
    """Return what became of a TCP connection out of the session: open, silent, or the name of the error."""
    program = (
        "import errno, socket\n"
        f"try: socket.create_connection(({str(address)!r}, {port}), {CONNECT_S}).close(); print('open')\n"
        "except TimeoutError: print('silent')\n"
        "except OSError as error: print(errno.errorcode[error.errno])\n"
    )
    return stick.machine.run([*ENTER, "python3", "-c", program]).stdout.strip()


def wait_open(stick: Stick, address: object, port: int) -> None:
    """Wait until a TCP connection out of the session is accepted; on a busy machine one may be late."""
    until(lambda: connects(stick, address, port) == "open", seconds=START_S, what=f"{address}:{port}")


def pings(stick: Stick, address: object) -> bool:
    """Whether an echo request out of the session is answered."""
    return stick.machine.run([*ENTER, "ping", "-c1", "-W1", str(address)], check=False).returncode == 0


def _suspected(hall: Hall) -> list[str]:
    """Return the sticks of which the audit log says that they tried other addresses."""
    query = "SELECT json_extract(detail, '$.stick') FROM audit_auditrow WHERE act = 'misuse-suspected'"
    with closing(sqlite3.connect(f"file:{hall.server.sqlite}?mode=ro", uri=True)) as database:
        return [row[0] for row in database.execute(query)]


def inner_address(hall: Hall, number: int) -> str:
    """Return the inner address of a stick's session."""
    shown = hall.sticks[number].machine.run([*ENTER, "ip", "-4", "-o", "addr", "show", "dev", "hn-session"]).stdout
    return shown.split()[3].partition("/")[0]


def test_the_own_desktop_answers(hall: Hall, stick: Stick) -> None:
    """The one target of the lease can be reached."""
    wait_open(stick, hall.workers[0].address, RDP_PORT)


def test_nothing_else_answers(hall: Hall, stick: Stick) -> None:
    """Another PC, another port of the own PC, another stick, server and gateway are silent to TCP and to ping."""
    pc = hall.city.pcs[0]
    pc.start("listener", ["python3", "-c", _LISTEN])
    shown = ["ss", "-ltnH", f"sport = :{LISTENING_PORT}"]
    until(lambda: pc.run(shown).stdout, seconds=START_S, what="the listener")
    targets = [
        (hall.workers[1].address, RDP_PORT),
        (hall.workers[0].address, LISTENING_PORT),
        (inner_address(hall, 1), RDP_PORT),
        (addresses.SERVER, front.API_PORT),
        (addresses.SERVER, front.HUB_PORT),
        (addresses.SERVER, front.CONSOLE_PORT),
        (addresses.GATEWAY_LAN, 22),
        (addresses.GATEWAY_WAN, 443),
        ("192.168.1.1", 80),
    ]
    assert {target: connects(stick, *target) for target in targets} == dict.fromkeys(targets, "silent")
    assert pings(stick, "127.0.0.1")
    assert not [str(address) for address, _ in targets if pings(stick, address)]
    until(lambda: _suspected(hall) == [stick.id], seconds=LOGGED_S, what="the word of it in the audit log")


def test_a_session_has_no_ipv6(stick: Stick) -> None:
    """No way out of the session exists for IPv6: the server's ports are unreachable before a packet is sent."""
    ports = (front.API_PORT, front.HUB_PORT, front.CONSOLE_PORT)
    assert {connects(stick, addresses.SERVER6, port) for port in ports} == {"ENETUNREACH"}
    assert connects(stick, addresses.GATEWAY_LAN6, RDP_PORT) == "ENETUNREACH"


def test_a_tampered_stick_gets_no_further(hall: Hall, stick: Stick) -> None:
    """With IPv6, another's address, multicast and broadcast let loose on the stick nothing of it reaches the office."""
    own, other = inner_address(hall, 0), inner_address(hall, 1)
    key = wire.key_bytes(hall.gateway.public_key).hex()
    request = f"set=1\npublic_key={key}\nallowed_ip=0.0.0.0/0\nallowed_ip=::/0\n\n"
    assert Tunnel.ask(stick.machine, "hn-session", request) == "errno=0\n\n"
    for command in (
        ["ip", "-6", "addr", "add", f"{FORGED6}/64", "dev", "hn-session", "nodad"],
        ["ip", "-6", "route", "add", "default", "dev", "hn-session"],
        ["ip", "route", "replace", "224.0.0.0/4", "dev", "hn-session"],
        ["ip", "addr", "add", f"{other}/32", "dev", "hn-session"],
    ):
        stick.machine.run([*ENTER, *command])
    with Capture(hall.gateway.machine, "lan0", f"src net {addresses.SESSION_POOL} or src host {FORGED6}") as lan:
        wait_open(stick, hall.workers[0].address, RDP_PORT)
        assert connects(stick, addresses.SERVER6, front.API_PORT) == "silent"
        stick.machine.run([*ENTER, "python3", "-c", _LOOSE, other, hall.workers[1].address])
        packets = lan.stop()
    stick.machine.run([*ENTER, "ip", "addr", "del", f"{other}/32", "dev", "hn-session"])
    # The other stick's own desktop is in the capture too; the forged connection would have its own port.
    assert {str(packet.target) for packet in packets if str(packet.source) == own} == {hall.workers[0].address}
    assert {packet.target_port for packet in packets} == {RDP_PORT}
    assert {str(packet.source) for packet in packets} <= {own, other}
    assert FORGED_PORT not in {packet.source_port for packet in packets}


def test_the_office_pc_cannot_reach_back(hall: Hall, stick: Stick) -> None:
    """An infected office PC opens no connection to the stick, not even from the RDP port."""
    inner = inner_address(hall, 0)
    stick.machine.start("listener", [*ENTER, "python3", "-c", _LISTEN])
    wait_open(stick, inner, LISTENING_PORT)
    hall.office_pcs[0].stop()
    for source in (0, RDP_PORT):
        program = (
            "import socket\n"
            "s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n"
            f"s.bind(('', {source})); s.settimeout({CONNECT_S})\n"
            f"try: s.connect(({inner!r}, {LISTENING_PORT})); print('open')\n"
            "except TimeoutError: print('silent')\n"
        )
        assert hall.city.pcs[0].run(["python3", "-c", program]).stdout.strip() == "silent"
    assert f"{inner} . {hall.workers[0].address}" in hall.gateway.elements()  # the lease stood all the time
