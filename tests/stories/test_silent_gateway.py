"""F49: the internet sees one UDP port that answers nobody it does not know, and of a session only WireGuard."""

from socket import IPPROTO_ICMPV6, IPPROTO_UDP
from typing import Final

import pytest

from hanare_lab import addresses
from hanare_lab.capture import Capture
from hanare_lab.installation.gateway import FALLBACK_PORT, PORT
from hanare_lab.installation.hall import Hall

pytestmark = [pytest.mark.lab, pytest.mark.story]

WIREGUARD: Final = {PORT, FALLBACK_PORT}
GATEWAY: Final = {str(addresses.GATEWAY_WAN), str(addresses.GATEWAY_WAN6)}
SCAN_S: Final = 90.0
_TCP: Final = ("-sS", "-p1-1024,3389,8080,8443,8444,51820")
_UDP: Final = ("-sU", "-p53,67,123,161,443,500,1194,4500,51820")


def test_a_session_is_nothing_but_wireguard(hall: Hall) -> None:
    """From plug-in to desktop the internet carries only UDP between the home and the gateway's WireGuard ports."""
    stick, worker = hall.add_stick(), hall.workers[0]
    with Capture(hall.city.internet, "gateway", "ip or ip6") as seen:
        stick.start()
        hall.set_first_pin(stick, worker)
        stick.wait_ready()
        hall.sign_in(stick, worker)
        assert stick.wait_for("desktop-started").code == ""
        packets = seen.stop()
    assert {packet.protocol for packet in packets} - {IPPROTO_ICMPV6} == {IPPROTO_UDP}
    gateway_ports = {
        packet.target_port if str(packet.target) in GATEWAY else packet.source_port
        for packet in packets
        if packet.protocol == IPPROTO_UDP
    }
    assert gateway_ports <= WIREGUARD


@pytest.mark.parametrize("scan", [_TCP, _UDP], ids=["tcp", "udp"])
def test_a_scan_gets_no_answer_at_all(hall: Hall, scan: tuple[str, ...]) -> None:
    """A scan from the internet finds no open and no closed port, and not one packet comes back."""
    scanner = hall.city.homes[1].pc
    target = str(addresses.GATEWAY_WAN)
    with Capture(hall.city.homes[1].router, "lan0", f"src host {target}") as seen:
        command = ["nmap", "-n", "-Pn", "--max-retries", "0", "-T5", *scan, target]
        report = scanner.run(command, timeout=SCAN_S).stdout
        assert seen.stop() == []
    assert "/tcp open" not in report
    assert "closed" not in report
