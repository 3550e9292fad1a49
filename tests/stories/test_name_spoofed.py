"""F52: the home's DNS lies about the gateway's name: the stick finds its gateway and trusts nobody else."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from hanare_lab import addresses
from hanare_lab.installation import certificate
from hanare_lab.installation.gateway import NAME, PORT
from hanare_lab.installation.hall import Hall
from tests.gateway import net
from tests.stories.at_home import unplug

pytestmark = [pytest.mark.lab, pytest.mark.story]

MOVED: Final = "203.0.113.3"
"""An address of the gateway that no stick was written with."""

REFUSED_S: Final = 30.0
HANDSHAKE_BYTES: Final = 148


def test_a_lie_costs_nothing(hall: Hall) -> None:
    """With a name that leads to a stranger the door stands at the real gateway, by the addresses of the site file."""
    home = hall.city.homes[0]
    home.serve_names({NAME: addresses.INTERNET})
    stick = hall.add_stick()
    stick.start()
    assert not [event.code for event in stick.events if event.code]
    unplug(stick)


def test_a_stranger_is_no_gateway(hall: Hall, tmp_path: Path) -> None:
    """With the real gateway away, a stranger on UDP and on TLS with the right name gets a handshake and no more."""
    home = hall.city.homes[1]
    home.serve_names({NAME: addresses.INTERNET})
    home.router.run(["nft", "-f", "-"], stdin=_cut_off((addresses.GATEWAY_WAN, addresses.GATEWAY_WAN6)))
    stick = hall.add_stick(home=1, number=2)
    with _stranger(hall, tmp_path) as heard:
        stick.start_agent()
        refused = stick.wait_refused(seconds=REFUSED_S)
    assert refused.code == "door-unreachable"
    assert {len(datagram) for datagram in heard} == {HANDSHAKE_BYTES}
    unplug(stick)


def test_a_moved_gateway_is_found_by_its_name(hall: Hall) -> None:
    """A gateway whose addresses all changed is found by its name."""
    home = hall.city.homes[1]
    hall.gateway.machine.ip(f"addr add {MOVED}/24 dev wan0")
    home.serve_names({NAME: MOVED})
    stick = hall.sticks[-1]
    stick.start()
    assert [event.detail for event in stick.events if event.step == "door-up"] == ["udp4"]
    unplug(stick)


@contextmanager
def _stranger(hall: Hall, folder: Path) -> Iterator[list[bytes]]:
    """Listen on the internet like a gateway: UDP, and TLS 443 with a certificate for the gateway's name."""
    heard: list[bytes] = []
    pem, key = certificate.make(NAME)
    (folder / "stranger.pem").write_bytes(pem + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "stranger.pem")
    internet, own = hall.city.internet, str(addresses.INTERNET)
    udp = net.in_network(internet, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    udp.bind((own, PORT))
    udp.settimeout(0.2)
    tcp = net.listen(internet, own, 443)
    tcp.settimeout(0.2)
    over = threading.Event()
    threads = [
        threading.Thread(target=_hear_udp, args=(udp, heard, over)),
        threading.Thread(target=_hear_tls, args=(tcp, context, heard, over)),
    ]
    for thread in threads:
        thread.start()
    try:
        yield heard
    finally:
        over.set()
        for thread in threads:
            thread.join()
        udp.close()
        tcp.close()


def _hear_udp(udp: socket.socket, heard: list[bytes], over: threading.Event) -> None:
    while not over.is_set():
        try:
            datagram, sender = udp.recvfrom(2048)
        except TimeoutError:
            continue
        heard.append(datagram)
        udp.sendto(b"\x02\x00\x00\x00" + bytes(88), sender)  # looks like an answer


def _hear_tls(tcp: socket.socket, context: ssl.SSLContext, heard: list[bytes], over: threading.Event) -> None:
    while not over.is_set():
        try:
            connection, _ = tcp.accept()
            connection.settimeout(2)
            with context.wrap_socket(connection, server_side=True) as secured:
                said = secured.recv(2048)
                heard += [said] if said else []
        except OSError:
            continue


def _cut_off(places: tuple[object, ...]) -> str:
    rules = [f"add rule inet cut forward ip{'6' if ':' in str(place) else ''} daddr {place} drop" for place in places]
    return "\n".join(
        ["add table inet cut", "add chain inet cut forward { type filter hook forward priority -10; }", *rules]
    )
