"""T8: permitted web applications open through the office's line, and nothing else resolves or connects."""

import operator
import re
import time
from collections.abc import Sequence
from typing import Final

import pytest

from hanare_core import web_proxy
from hanare_lab import addresses
from hanare_lab.installation.hall import Hall
from hanare_lab.installation.stick import Stick
from hanare_lab.process import Process
from hanare_lab.saas import Saas
from hanare_lab.wait import until
from tests.stories.at_home import session

pytestmark = [pytest.mark.lab, pytest.mark.story]

CHAT, FILES, ASSETS, OTHER = "chat.example.jp", "files.cdn.example.jp", "assets.example.jp", "www.example.net"
LITERALS: Final = ("203.0.113.101", "[::ffff:203.0.113.101]", "3405803877")
CHANGED_S: Final = 30.0
"""Wide; one second of squid's cache, two of the hub's poll at worst."""

REPEATED_S: Final = 30.0
"""The kernel repeats what nobody acknowledges after 0.2, 0.6, 1.4, 3.0, 6.2, 12.6 and 25.4 s (RFC 6298)."""

INSIDE: Final = ("nsenter", "--net=/var/run/netns/hanare-session", "--", "python3", "-u", "-c")

_OPEN: Final = """
import socket, ssl, sys, time
host, port, turns = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
plain = socket.create_connection(("100.127.255.254", 3128), 20)
plain.settimeout(20)
plain.sendall(f"CONNECT {host}:{port} HTTP/1.1\\r\\nHost: {host}:{port}\\r\\n\\r\\n".encode())
head = b""
while b"\\r\\n\\r\\n" not in head:
    head += plain.recv(1)
print(head.split()[1].decode())
if b" 200 " in head:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    stream = context.wrap_socket(plain, server_hostname=host)
    for _ in range(turns):
        stream.sendall(b"?\\n")
        print(stream.recv(100).decode().strip() or "closed")
        time.sleep(0.1)
"""
_PLAIN: Final = """
import socket, sys
connection = socket.create_connection(("100.127.255.254", 3128), 20)
connection.settimeout(20)
connection.sendall(f"GET http://{sys.argv[1]}/ HTTP/1.1\\r\\nHost: {sys.argv[1]}\\r\\n\\r\\n".encode())
print(connection.recv(100).split()[1].decode())
"""
_LEFT: Final = """
import socket, subprocess, sys, time
connection = socket.create_connection(("100.127.255.254", 3128), 20)
rule = f"tcp sport {connection.getsockname()[1]} tcp flags == ack drop"
table = f"table inet left {{ chain out {{ type filter hook output priority 0; {rule}; }}; }}"
subprocess.run(["nft", table], check=True)
connection.sendall(f"CONNECT {sys.argv[1]}:443 HTTP/1.1\\r\\nConnection: close\\r\\n\\r\\n".encode())
print(connection.getsockname()[1], connection.recv(100).split()[1].decode(), "answered")
time.sleep(600)
"""
_REPEATS: Final = """
table inet repeats {{
  chain tried {{ type filter hook output priority filter - 10; {repeat} counter; }};
  chain passed {{ type filter hook postrouting priority srcnat + 10; {repeat} counter; }};
}}
"""
"""What the proxy's kernel sends on one connection, resets apart, before and behind the gateway's own filter."""

_DIRECT: Final = """
import socket, sys
kind = socket.SOCK_DGRAM if sys.argv[2] == "53" else socket.SOCK_STREAM
connection = socket.socket(socket.AF_INET, kind)
connection.settimeout(1)
connection.connect((sys.argv[1], int(sys.argv[2])))
connection.send(b"\\x00" * 20)
connection.recv(1)
"""


@pytest.fixture(scope="module")
def saas(hall: Hall) -> Saas:
    """Put four web applications on the internet, and the proxy on the gateway."""
    made = Saas(hall.city.internet, [CHAT, FILES, ASSETS, OTHER])
    hall.gateway.start_proxy()
    return made


@pytest.fixture(scope="module")
def sticks(hall: Hall, saas: Saas) -> list[Stick]:
    """Have two workers signed in whose profile permits the chat and its files."""
    assert saas.places
    permit(hall, [CHAT, "*.cdn.example.jp"])
    made = [hall.add_stick(home=home, number=home + 1) for home in range(2)]
    for stick, worker in zip(made, hall.workers, strict=True):
        session(hall, stick, worker)
    return made


def test_permitted_names_open_and_see_the_office(sticks: list[Stick]) -> None:
    """An exact name and one below a suffix open; what they see is the office's address, not the home's."""
    for host in (CHAT, FILES):
        seen = lambda host=host: opened(sticks[0], host) == ["200", str(addresses.GATEWAY_WAN)]  # noqa: E731
        until(seen, seconds=CHANGED_S, what=host)  # the proxy hears of a new session a moment after it was opened


@pytest.mark.parametrize(
    "host", [OTHER, "example.jp", "cdn.example.jp", "203.0.113.101", "[::ffff:203.0.113.101]", "3405803877"]
)
def test_other_names_and_all_literals_are_refused(sticks: list[Stick], host: str) -> None:
    """A name that is not on the list, the suffix itself, and an address in any form are refused."""
    assert opened(sticks[0], host)[0] in {"403", "400"}


def test_other_ports_and_plain_http_are_refused(sticks: list[Stick]) -> None:
    """Even to a permitted name only CONNECT to port 443 passes."""
    assert opened(sticks[0], CHAT, 80) == ["403"]
    assert sticks[0].machine.run([*INSIDE, _PLAIN, CHAT]).stdout.split() == ["403"]


def test_nothing_resolves_or_connects_beside_the_proxy(sticks: list[Stick], saas: Saas) -> None:
    """Neither DNS nor the application's own address answers a session directly."""
    for place, port in ((str(addresses.INTERNET), 53), (str(saas.places[CHAT]), 443), (web_proxy.ADDRESS, 22)):
        assert "timed out" in sticks[0].machine.run([*INSIDE, _DIRECT, place, str(port)], check=False).stderr


def test_a_change_counts_at_once_and_disturbs_nobody(hall: Hall, sticks: list[Stick]) -> None:
    """A changed list opens and refuses within seconds in running sessions, while another's connection goes on."""
    standing = stream(sticks[1], CHAT, turns=6000)
    permit(hall, [CHAT, ASSETS])
    until(lambda: opened(sticks[0], ASSETS)[0] == "200", seconds=CHANGED_S, what="the new name")
    until(lambda: opened(sticks[0], FILES) == ["403"], seconds=CHANGED_S, what="the old name's end")
    seen = len(standing.log_text().split())
    until(lambda: len(standing.log_text().split()) > seen + 3, seconds=CHANGED_S, what="the other's connection")
    standing.close()


def test_a_stop_cuts_the_web_too(hall: Hall, sticks: list[Stick]) -> None:
    """When a stick is suspended its open connection to a web application is reset, and no other one."""
    cut, other = stream(sticks[0], CHAT, turns=600), stream(sticks[1], CHAT, turns=600)
    hall.console.suspend("sticks", sticks[0].id)
    until(lambda: not cut.alive, seconds=CHANGED_S, what="the end of the connection")
    assert other.alive
    other.close()


def test_what_the_proxy_left_behind_is_cut_too(hall: Hall, sticks: list[Stick]) -> None:
    """An answer that the proxy has closed and the kernel repeats passes no more once the stick is suspended."""
    left = sticks[1].machine.start("left", [*INSIDE, _LEFT, OTHER])
    until(lambda: "answered" in left.log_text(), seconds=CHANGED_S, what="the refusal", process=left)
    repeat = f"ip saddr {web_proxy.ADDRESS} tcp dport {left.log_text().split()[0]} tcp flags & rst == 0"
    hall.gateway.machine.run(["nft", "-f", "-"], stdin=_REPEATS.format(repeat=repeat))
    hall.console.suspend("sticks", sticks[1].id)
    _, before = repeats(hall)
    until(lambda: operator.gt(*repeats(hall)), seconds=REPEATED_S, what="a repeat that is tried and does not pass")
    assert repeats(hall)[1] == before
    assert left.alive
    left.close()


def repeats(hall: Hall) -> tuple[int, int]:
    """Return how many packets were tried so far, and how many of them passed, read at one moment."""
    listed = hall.gateway.machine.run(["nft", "list", "table", "inet", "repeats"]).stdout
    tried, passed = re.findall(r"counter packets (\d+)", listed)
    return int(tried), int(passed)


def permit(hall: Hall, hosts: Sequence[str]) -> None:
    """Change the organisation's profile: one web application with these hosts."""
    application = {
        "id": "chat",
        "name_ja": "チャット",
        "name_en": "Chat",
        "url": f"https://{CHAT}/",
        "hosts": list(hosts),
    }
    hall.change_profile(web_applications=[application])


def opened(stick: Stick, host: str, port: int = 443) -> list[str]:
    """Ask the proxy for a host; return its status and, if it opened, what address the host saw."""
    return stick.machine.run([*INSIDE, _OPEN, host, str(port), "1"]).stdout.split()


def stream(stick: Stick, host: str, *, turns: int) -> Process:
    """Keep a connection to a host busy; returns when it flows."""
    process = stick.machine.start(f"web-{time.monotonic_ns()}", [*INSIDE, _OPEN, host, "443", str(turns)])
    flows = lambda: len(process.log_text().split()) > 2  # noqa: E731
    until(flows, seconds=CHANGED_S, what="the connection", process=process)
    return process
