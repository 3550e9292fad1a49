"""F48, F50: floods of junk and of handshakes with a valid mac1: fifty sessions stand, and junk gets no reply.

Bounded: some ten thousand packets in a few seconds, inside the lab.
"""

import hashlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

import pytest

from hanare_lab import addresses
from hanare_lab.capture import Capture
from tests.gateway import crowd, net
from tests.gateway.papers import Stick
from tests.gateway.site import LISTEN_PORT, WIREGUARD_KEY, Site
from tests.gateway.stream import RDP

pytestmark = [pytest.mark.lab, pytest.mark.story]

SESSIONS: Final = 50
FLOOD_S: Final = 3.0
MOST: Final = 60_000
ATTACKER: Final = str(addresses.INTERNET)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give a gateway with fifty sessions that stand, each with a tunnel of its own."""
    with Site(tmp_path_factory.mktemp("logs")) as made, ExitStack() as stack:
        made.start_agent()
        made.hub.introduce()
        sticks = [Stick(number) for number in range(1, SESSIONS + 1)]
        made.hub.delta(*(stick.lease((made.pc_address, RDP)) for stick in sticks))
        listener = stack.enter_context(net.listen(made.pc, made.pc_address, RDP))
        for stick in sticks:
            crowd.tunnel(made, stick)
            assert crowd.connects(made, stick.number)  # it stands: who shakes hands in a flood waits for seconds
            listener.accept()[0].close()
        yield made


def test_junk_gets_no_reply_and_sessions_stand(site: Site) -> None:
    """While junk of every size and type floods both ports, all sessions connect, and its sender hears nothing."""
    with _replies(site) as replies, _flood(site, _junk()) as sent:
        assert [number for number in range(1, SESSIONS + 1) if not crowd.connects(site, number)] == []
        packets = replies.stop()
    assert sent[0] > 1_000
    assert packets == []


def test_handshakes_with_a_valid_mac1_leave_sessions_alone(site: Site) -> None:
    """Who knows the gateway's public key can make it work, not lose sessions; its replies are fewer and smaller."""
    with _replies(site) as replies, _flood(site, _initiations()) as sent:
        assert [number for number in range(1, SESSIONS + 1) if not crowd.connects(site, number)] == []
        packets = replies.stop()
    assert sent[0] > 1_000
    assert len(packets) <= sent[0]
    assert all(packet.length <= 64 + 28 for packet in packets)  # cookie replies, nothing else


def _replies(site: Site) -> Capture:
    return Capture(site.city.internet, "gateway", f"udp and dst host {ATTACKER}")


@contextmanager
def _flood(site: Site, packets: Iterator[bytes]) -> Iterator[list[int]]:
    """Send packets from the internet to the gateway until the block ends, FLOOD_S at least; yields how many."""
    sent, over = [0], threading.Event()
    source = net.in_network(site.city.internet, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    thread = threading.Thread(target=_send, args=(source, packets, sent, over))
    began = time.monotonic()
    thread.start()
    try:
        yield sent
        time.sleep(max(0.0, FLOOD_S - (time.monotonic() - began)))
    finally:
        over.set()
        thread.join()
        source.close()


def _send(source: socket.socket, packets: Iterator[bytes], sent: list[int], over: threading.Event) -> None:
    while not over.is_set() and sent[0] < MOST:
        source.sendto(next(packets), (str(addresses.GATEWAY_WAN), (LISTEN_PORT, 443)[sent[0] % 2]))
        sent[0] += 1


def _junk() -> Iterator[bytes]:
    """Make datagrams of every message type and size, none of which is true."""
    while True:
        for kind in range(6):
            for size in (4, 32, 64, 92, 148, 1400):
                yield bytes([kind, 0, 0, 0]) + os.urandom(size)


def _initiations() -> Iterator[bytes]:
    """Make handshake initiations with a valid mac1 and nothing else (WireGuard whitepaper, 5.4.2 and 5.4.4)."""
    key = hashlib.blake2s(b"mac1----" + bytes(WIREGUARD_KEY.public_key)).digest()
    while True:
        body = b"\x01\x00\x00\x00" + os.urandom(112)
        yield body + hashlib.blake2s(body, digest_size=16, key=key).digest() + bytes(16)
