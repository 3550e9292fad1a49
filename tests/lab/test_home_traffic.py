"""What a PC may say to its home's network: the eye that the walk with a built image looks with."""

from ipaddress import ip_address
from typing import Final

import dpkt
import pytest

from hanare_lab.capture import Packet
from hanare_lab.home_traffic import Permitted, question

NAME: Final = "vpn.city.example"
ROUTER, GATEWAY, STRANGER = map(ip_address, ("192.168.2.1", "203.0.113.2", "198.51.100.9"))
TCP, UDP, ICMP6 = dpkt.ip.IP_PROTO_TCP, dpkt.ip.IP_PROTO_UDP, dpkt.ip.IP_PROTO_ICMP6

permitted = Permitted(NAME, frozenset({GATEWAY}), frozenset({51820}), frozenset({443}), ROUTER)  # type: ignore[arg-type]


def asked(name: str) -> bytes:
    """Return a DNS message that asks for a name."""
    return bytes(12) + b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0\0\1\0\1"


def packet(target: object, protocol: int, port: int = 0, *, source_port: int = 40000, payload: bytes = b"") -> Packet:
    """Return a packet of the PC."""
    return Packet(0, ROUTER, target, protocol, source_port, port, 0, 60, payload)  # type: ignore[arg-type]


GOOD: Final = {
    "address": packet(ip_address("255.255.255.255"), UDP, 67, source_port=68),
    "name": packet(ROUTER, UDP, 53, payload=asked(NAME)),
    "tunnel": packet(GATEWAY, UDP, 51820),
    "carrier": packet(GATEWAY, TCP, 443),
    "neighbour": packet(ip_address("ff02::1"), ICMP6, payload=b"\x87\0"),
}
BAD: Final = {
    "refusal": packet(ROUTER, TCP, 40000, source_port=22),
    "another-name": packet(ROUTER, UDP, 53, payload=asked("time.example.net")),
    "another-server": packet(STRANGER, UDP, 53, payload=asked(NAME)),
    "another-place": packet(STRANGER, UDP, 51820),
    "web": packet(GATEWAY, TCP, 8080),
    "mdns": packet(ip_address("224.0.0.251"), UDP, 5353, source_port=5353),
    "echo": packet(ROUTER, ICMP6, payload=b"\x81\0"),
    "unreachable": packet(ROUTER, dpkt.ip.IP_PROTO_ICMP),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_a_stick_says_is_permitted(name: str) -> None:
    """Address, gateway's name, tunnel, carrier and neighbours."""
    assert permitted.others([GOOD[name]]) == []


@pytest.mark.parametrize("name", BAD)
def test_anything_else_is_told(name: str) -> None:
    """An answer to a scan, another name, server or place, and what a usual system announces."""
    assert permitted.others([*GOOD.values(), BAD[name]]) == [BAD[name]]


def test_a_question_is_read() -> None:
    """The name of a DNS question; nothing of what is too short to be one."""
    assert question(asked(NAME)) == NAME
    assert question(b"\0" * 5) == ""
