"""F49: the internet sees UDP ports that answer nobody unknown, and a carrier that says nothing after TLS."""

import contextlib
import ssl
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from socket import IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP, IPPROTO_UDP
from typing import Final

import pytest

from hanare_lab import addresses
from hanare_lab.capture import Capture, Packet
from hanare_lab.installation import accounts
from hanare_lab.installation.gateway import FALLBACK_PORT, PORT
from hanare_lab.installation.hall import Hall
from hanare_lab.wait import until
from tests.gateway import net

pytestmark = [pytest.mark.lab, pytest.mark.story]

WIREGUARD: Final = {PORT, FALLBACK_PORT}
GATEWAY: Final = {str(addresses.GATEWAY_WAN), str(addresses.GATEWAY_WAN6)}
SCAN_S: Final = 300.0
"""Wide: 65,535 probes that nobody answers take a minute and a half at their rate."""

_RATE: Final = 800
_SCANNED_KIB: Final = 32_768
_MANY: Final = 200
"""Protocols that a scan of all 256 sends at least: nmap leaves out what the own kernel would answer for."""

QUIET_S: Final = 1.0
CLOSED_S: Final = 60.0
"""Wide: console → hub → gateway takes milliseconds, and each try that gets no answer a second."""
CARRIER_PORT: Final = 443
_NOT_NEIGHBOURS: Final = "not arp and not (icmp6 and ip6[40] >= 133 and ip6[40] <= 136)"
_TCP: Final = ("-sS", "-p1-1024,3389,8080,8443,8444,51820")
_UDP: Final = ("-sU", "-p53,67,123,161,443,500,1194,4500,51820")
_ALL_TCP: Final = set(range(1, 1025)) | {3389, 8080, 8443, 8444, 51820}
_ALL_UDP: Final = {53, 67, 123, 161, 443, 500, 1194, 4500, 51820}
_EVERY_PORT: Final = set(range(1, 65_536))
_OTHERS: Final = {
    "icmp": ("-sn", "-PE", "-PP", "-PM"),
    "icmp6": ("-6", "-sn", "-PE"),
    "protocols": ("-sO", "-Pn"),
    "protocols6": ("-6", "-sO", "-Pn"),
}
"""Echo, time stamp and mask; and one packet of each of the 256 IP protocols."""


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
    ("scan", "ports"),
    [
        pytest.param(_TCP, _ALL_TCP, id="tcp"),
        pytest.param(_UDP, _ALL_UDP, id="udp"),
        pytest.param(("-6", *_TCP), _ALL_TCP, id="tcp6"),
        pytest.param(("-6", *_UDP), _ALL_UDP, id="udp6"),
        pytest.param(("-sS", "-p-"), _EVERY_PORT, id="every-tcp", marks=pytest.mark.soak),
        pytest.param(("-sU", "-p-"), _EVERY_PORT, id="every-udp", marks=pytest.mark.soak),
        pytest.param(("-6", "-sS", "-p-"), _EVERY_PORT, id="every-tcp6", marks=pytest.mark.soak),
        pytest.param(("-6", "-sU", "-p-"), _EVERY_PORT, id="every-udp6", marks=pytest.mark.soak),
    ],
)
def test_a_scan_gets_no_answer_at_all(hall: Hall, scan: tuple[str, ...], ports: set[int]) -> None:
    """Every probe of a scan arrives at the gateway, and not one packet comes back but the carrier's on TCP 443."""
    internet = hall.city.internet
    target = _target(scan)
    with Capture(internet, "gateway", _NOT_NEIGHBOURS, buffer_kib=_SCANNED_KIB) as seen:
        command = ["nmap", "-n", "-Pn", "--max-retries", "0", "-T5", "--min-rate", str(_RATE), *scan, str(target)]
        report = internet.run(command, timeout=SCAN_S).stdout
        packets = seen.stop()
    assert {packet.target_port for packet in packets if packet.target == target} >= ports
    answers = [packet for packet in packets if packet.source == target and not is_session(packet)]
    assert [packet for packet in answers if not is_carrier(packet)] == []
    assert [line for line in report.splitlines() if "/tcp open" in line and not line.startswith("443/tcp")] == []
    assert "closed" not in report


@pytest.mark.parametrize("scan", _OTHERS.values(), ids=_OTHERS)
def test_no_other_protocol_gets_an_answer(hall: Hall, scan: tuple[str, ...]) -> None:
    """Neither ping nor any other protocol of IP is answered, and nobody says that it is not."""
    internet, target = hall.city.internet, _target(scan)
    until(hall.gateway.has_ruleset, seconds=CLOSED_S, what="the rules of an agent that has just started")
    with Capture(internet, "gateway", _NOT_NEIGHBOURS) as seen:
        options = ["-n", "--disable-arp-ping", "--max-retries", "0", "-T5", "--min-rate", str(_RATE)]
        internet.run(["nmap", *options, *scan, str(target)], timeout=SCAN_S)
        packets = seen.stop()
    asked = {packet.protocol for packet in packets if packet.target == target and not is_session(packet)}
    assert len(asked) > _MANY if "-sO" in scan else asked in ({IPPROTO_ICMP}, {IPPROTO_ICMPV6})
    answers = [packet for packet in packets if packet.source == target and not is_session(packet)]
    assert [packet for packet in answers if not is_carrier(packet)] == []


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: vpn\r\n\r\n", b"\x00\x94" + bytes(148)])
def test_the_carrier_says_nothing_after_tls(hall: Hall, said: bytes) -> None:
    """TLS 1.3 is completed; then silence or the end, whatever is said: nothing, HTTP, or a false handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    plain = net.connect(hall.city.internet, addresses.GATEWAY_WAN, CARRIER_PORT)
    with context.wrap_socket(plain, server_hostname="vpn.city.example") as connection:
        assert connection.version() == "TLSv1.3"
        connection.settimeout(QUIET_S)
        connection.sendall(said)
        try:
            assert connection.recv(1) == b""
        except (TimeoutError, ConnectionError, ssl.SSLEOFError):
            return


def test_the_carrier_can_reach_nothing_else(hall: Hall) -> None:
    """The carrier's process holds no capability and is confined by seccomp; its user reaches no PC and no server."""
    machine, process = hall.gateway.machine, hall.gateway.processes["carrier"]
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    status = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
    assert (status["CapEff"], status["CapBnd"], status["Seccomp"]) == ("0" * 16, "0" * 16, "2")
    reach = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), float(sys.argv[3]))"
    for place in ((hall.workers[0].address, "3389"), (str(addresses.SERVER), "8443"), ("127.0.0.1", "443")):
        command = ["python3", "-c", reach, *place, "0.5"]
        assert machine.run(command, user=accounts.CARRIER, check=False).returncode != 0
    command = ["python3", "-c", reach, hall.workers[0].address, "3389", "20"]
    assert machine.run(command, user=accounts.GATEWAY).returncode == 0


def test_a_carrier_that_the_organisation_closed_is_silent_too(hall: Hall) -> None:
    """One person closes it: who is connected hears no more, nobody else gets an answer, after a restart neither."""
    internet = hall.city.internet
    until(lambda: _accepts(hall), seconds=CLOSED_S, what="the carrier")
    with net.connect(internet, addresses.GATEWAY_WAN, CARRIER_PORT) as standing, _left(hall):
        hall.console.act("/console/directory/gateways/carrier/close")
        until(lambda: not _accepts(hall), seconds=CLOSED_S, what="a closed carrier")
        with Capture(internet, "gateway", f"tcp port {CARRIER_PORT}") as seen:
            standing.sendall(b"\x16\x03\x01")
            before = _rules(hall)
            hall.gateway.processes["agent"].kill()
            hall.gateway.start_agent()
            until(lambda: _rules(hall) != before, seconds=CLOSED_S, what="the rules made anew")
            assert not _accepts(hall)
            assert [packet for packet in seen.stop() if packet.source == addresses.GATEWAY_WAN] == []


def _target(scan: tuple[str, ...]) -> IPv4Address | IPv6Address:
    return addresses.GATEWAY_WAN6 if "-6" in scan else addresses.GATEWAY_WAN


@contextlib.contextmanager
def _left(hall: Hall) -> Iterator[None]:
    """Hold a connection that the carrier closes and whose end the home never acknowledges: the kernel repeats it."""
    internet = hall.city.internet
    with net.connect(internet, addresses.GATEWAY_WAN, CARRIER_PORT) as connection:
        rule = f"tcp sport {connection.getsockname()[1]} tcp flags == ack drop"
        internet.run(["nft", f"table inet left {{ chain out {{ type filter hook output priority 0; {rule}; }}; }}"])
        try:
            connection.sendall(b"no TLS at all")
            yield
        finally:
            internet.run(["nft", "delete table inet left"])


def _rules(hall: Hall) -> str:
    """Return the rules with their handles, which change when an agent puts them in force."""
    return hall.gateway.machine.run(["nft", "-a", "list", "chain", "inet", "hanare", "input"]).stdout


def _accepts(hall: Hall) -> bool:
    try:
        net.connect(hall.city.internet, addresses.GATEWAY_WAN, CARRIER_PORT, seconds=QUIET_S).close()
    except OSError:
        return False
    return True


def is_carrier(packet: Packet) -> bool:
    """Whether it is of TCP port 443, which the carrier opens to everybody."""
    return packet.protocol == IPPROTO_TCP and packet.source_port == CARRIER_PORT


def is_wireguard(packet: Packet) -> bool:
    """Whether it is UDP between anybody and the gateway's WireGuard ports."""
    to_gateway = str(packet.target) in GATEWAY and packet.target_port in WIREGUARD
    from_gateway = str(packet.source) in GATEWAY and packet.source_port in WIREGUARD
    return packet.protocol == IPPROTO_UDP and (to_gateway or from_gateway)


def is_session(packet: Packet) -> bool:
    """Whether it belongs to the session that runs meanwhile, not to the scan."""
    return is_wireguard(packet) and packet.target not in (addresses.INTERNET, addresses.INTERNET6)
