"""A home's line: delay, loss, MTU and blocked UDP."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from hanare_lab import addresses
from hanare_lab.capture import Capture
from hanare_lab.city import City
from hanare_lab.home import Home
from hanare_lab.wait import until

pytestmark = pytest.mark.lab

TARGET = str(addresses.GATEWAY_WAN)
SECONDS = 30.0


@pytest.fixture
def home(city: City) -> Iterator[Home]:
    """Lend a home and make its line perfect again after the test."""
    yield city.homes[0]
    city.homes[0].reset_line()


def test_delay_is_exact(home: Home) -> None:
    """Ten milliseconds each way make a round trip of 20 ms, never less, and at its best within 2 ms."""
    home.set_line(delay_ms=10)

    def at_its_best() -> bool:
        output = home.pc.run(["ping", "-c50", "-i0.01", "-q", TARGET]).stdout
        found = re.search(r"= ([\d.]+)/", output)
        assert found is not None
        assert float(found[1]) >= 20
        return float(found[1]) < 22

    until(at_its_best, seconds=SECONDS, what="a round trip that a busy machine did not make longer")


def test_jitter_spreads_and_keeps_the_order(home: Home) -> None:
    """With up to 30 ms more each way round trips differ by more than 10 ms, none is too quick, none overtakes."""
    home.set_line(delay_ms=5, jitter_ms=30)
    output = home.pc.run(["ping", "-c60", "-i0.02", TARGET]).stdout
    answers = re.findall(r"icmp_seq=(\d+) .* time=([\d.]+)", output)
    times = [float(time) for _, time in answers]
    assert [int(number) for number, _ in answers] == list(range(1, 61))
    assert min(times) >= 10
    assert max(times) - min(times) > 10


def test_delay_does_not_spoil_tcp(home: Home, city: City) -> None:
    """Checksums and segments survive the delay line: a megabyte arrives whole."""
    home.set_line(delay_ms=5)
    source = "import socket; s = socket.create_server(('0.0.0.0', 7000)); c, _ = s.accept(); c.sendall(bytes(10**6))"
    serving = city.gateway.start("bytes", ["python3", "-c", f"{source}; c.close()"])
    read = f"""
import socket, time
for _ in range(3000):
    try:
        s = socket.create_connection(("{TARGET}", 7000), 5)
        break
    except ConnectionRefusedError:
        time.sleep(0.01)
n = 0
while chunk := s.recv(65536):
    n += len(chunk)
print(n)
"""
    assert home.pc.run(["python3", "-c", read]).stdout == "1000000\n"
    assert serving.wait(SECONDS) == 0


def test_loss_is_about_what_was_asked(home: Home) -> None:
    """With 20 % lost each way about 64 % of the answers come back."""
    home.set_line(loss=0.2)
    ping = ["ping", "-c200", "-i0.002", "-W1", "-q", TARGET]
    counted = re.search(r"(\d+) received", home.pc.run(ping, check=False).stdout)
    assert counted is not None
    assert 100 <= int(counted[1]) <= 156


def test_mtu_bounds_what_passes(home: Home) -> None:
    """A line of 1400 bytes passes 1400 and answers 1401 with a message that names its MTU."""
    home.set_line(mtu=1400)
    whole = ["ping", "-M", "do", "-c1", "-W10", TARGET]
    assert home.pc.run([*whole, "-s", str(1400 - 28)]).returncode == 0
    longer = home.pc.run([*whole, "-s", str(1401 - 28)], check=False)
    assert longer.returncode != 0
    assert "1400" in longer.stdout + longer.stderr


def test_udp_can_be_blocked(home: Home, city: City) -> None:
    """With UDP blocked no datagram reaches the gateway, while TCP and ICMP do; unblocked it does again."""
    send = f"import socket; socket.socket(2, 2).sendto(b'hello', ('{TARGET}', 51820))"
    for blocked in (True, False):
        home.set_line(udp_blocked=blocked)
        with Capture(city.gateway, "wan0", "ip and (udp port 51820 or icmp[0] = 8)") as capture:
            home.pc.run(["python3", "-c", send])
            home.pc.run(["ping", "-c1", "-W10", "-q", TARGET])
            protocols = [packet.protocol for packet in capture.stop()]
        assert protocols == ([1] if blocked else [17, 1])


def test_tcp_can_be_blocked(home: Home, city: City) -> None:
    """With TCP blocked no connection is so much as asked for at the gateway, while UDP passes."""
    dial = f"import socket; socket.socket(2, 1 | socket.SOCK_NONBLOCK).connect_ex(('{TARGET}', 443))"
    send = f"import socket; socket.socket(2, 2).sendto(b'hello', ('{TARGET}', 51820))"
    for blocked in (True, False):
        home.set_line(tcp_blocked=blocked)
        with Capture(city.gateway, "wan0", "ip and (tcp port 443 or udp port 51820)") as capture:
            home.pc.run(["python3", "-c", dial])
            home.pc.run(["python3", "-c", send])
            protocols = {packet.protocol for packet in capture.stop()}
        assert (6 in protocols, 17 in protocols) == (not blocked, True)
