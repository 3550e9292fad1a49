"""F49: the internet sees one UDP port that answers nobody it does not know, and of a session only WireGuard."""

from socket import IPPROTO_ICMPV6, IPPROTO_UDP
from typing import Final

import pytest

from hanare_lab import addresses
from hanare_lab.capture import Capture, Packet
from hanare_lab.installation.gateway import FALLBACK_PORT, PORT
from hanare_lab.installation.hall import Hall

pytestmark = [pytest.mark.lab, pytest.mark.story]

WIREGUARD: Final = {PORT, FALLBACK_PORT}
GATEWAY: Final = {str(addresses.GATEWAY_WAN), str(addresses.GATEWAY_WAN6)}
SCAN_S: Final = 90.0
_NOT_NEIGHBOURS: Final = "not arp and not (icmp6 and ip6[40] >= 133 and ip6[40] <= 136)"
_TCP: Final = ("-sS", "-p1-1024,3389,8080,8443,8444,51820")
_UDP: Final = ("-sU", "-p53,67,123,161,443,500,1194,4500,51820")
_ALL_TCP: Final = set(range(1, 1025)) | {3389, 8080, 8443, 8444, 51820}
_ALL_UDP: Final = {53, 67, 123, 161, 443, 500, 1194, 4500, 51820}


def test_a_session_is_nothing_but_wireguard(hall: Hall) -> None:
    """From plug-in to desktop the home sends nothing to the internet but UDP to the gateway's WireGuard ports."""
    stick, worker = hall.add_stick(), hall.workers[0]
    internet = hall.city.internet
    with Capture(internet, "home1", "ip or ip6") as at_home, Capture(internet, "gateway", "ip or ip6") as at_gateway:
        stick.start()
        hall.set_first_pin(stick, worker)
        stick.wait_ready()
        hall.sign_in(stick, worker)
        assert stick.wait_for("desktop-started").code == ""
        seen = [at_home.stop(), at_gateway.stop()]
    for packets in seen:
        carried = [packet for packet in packets if packet.protocol != IPPROTO_ICMPV6]
        assert carried
        assert [packet for packet in carried if not is_wireguard(packet)] == []


@pytest.mark.parametrize(
    ("scan", "ports"), [(_TCP, _ALL_TCP), (_UDP, _ALL_UDP), (("-6", *_TCP), _ALL_TCP), (("-6", *_UDP), _ALL_UDP)],
    ids=["tcp", "udp", "tcp6", "udp6"],
)  # fmt: skip
def test_a_scan_gets_no_answer_at_all(hall: Hall, scan: tuple[str, ...], ports: set[int]) -> None:
    """Every probe of a scan from the internet arrives at the gateway, and not one packet comes back."""
    internet = hall.city.internet
    target = addresses.GATEWAY_WAN6 if "-6" in scan else addresses.GATEWAY_WAN
    with Capture(internet, "gateway", _NOT_NEIGHBOURS) as seen:
        command = ["nmap", "-n", "-Pn", "--max-retries", "0", "-T5", "--min-rate", "500", *scan, str(target)]
        report = internet.run(command, timeout=SCAN_S).stdout
        packets = seen.stop()
    assert {packet.target_port for packet in packets if packet.target == target} >= ports
    assert [packet for packet in packets if packet.source == target and not is_session(packet)] == []
    assert "/tcp open" not in report
    assert "closed" not in report


def is_wireguard(packet: Packet) -> bool:
    """Whether it is UDP between anybody and the gateway's WireGuard ports."""
    to_gateway = str(packet.target) in GATEWAY and packet.target_port in WIREGUARD
    from_gateway = str(packet.source) in GATEWAY and packet.source_port in WIREGUARD
    return packet.protocol == IPPROTO_UDP and (to_gateway or from_gateway)


def is_session(packet: Packet) -> bool:
    """Whether it belongs to the session that runs meanwhile, not to the scan."""
    return is_wireguard(packet) and packet.target not in (addresses.INTERNET, addresses.INTERNET6)
