"""The real web process: hostile requests on its socket, and being killed in the middle of a sign-in."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hanare_core import wire
from hanare_core.messages import api
from hanare_server.access.models import Session
from tests.server.front import Gunicorn
from tests.server.town import Town
from tests.server.unix_client import UnixClient

WAITED_S = 10.0
"""Wide: the work takes some 60 ms."""


@pytest.fixture
def gunicorn(tmp_path: Path) -> Iterator[Gunicorn]:
    """Run the server's web process on this run's database."""
    process = Gunicorn(tmp_path)
    with process.running():
        yield process


def test_an_announced_gigabyte_is_refused_before_it_is_sent(town: Town, gunicorn: Gunicorn) -> None:
    """The refusal comes while the sender has sent nothing but headers."""
    head = f"POST /stick/v1/hello HTTP/1.1\r\nHost: x\r\nX-Real-IP: {town.id}\r\nContent-Length: {2**30}\r\n\r\n"
    answer = _raw(gunicorn, head.encode())
    assert answer.startswith(b"HTTP/1.1 413")
    assert b'"too-large"' in answer


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x00" * 64,
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /stick/v1/hello HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
        b"POST /stick/v1/hello HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
        b"POST /stick/v1/hello HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 500 + b"\r\n",
    ],
)
def test_broken_http_is_answered_without_a_traceback(gunicorn: Gunicorn, request_bytes: bytes) -> None:
    """What is no HTTP gets a 4xx or 5xx line of the web server, and our code is not reached."""
    answer = _raw(gunicorn, request_bytes)
    assert answer == b"" or answer.split()[1][:1] in {b"4", b"5"}
    assert "traceback" not in gunicorn.log.lower()


def test_a_sign_in_survives_the_server_being_killed(town: Town, gunicorn: Gunicorn) -> None:
    """Killed after finish or after confirm, the server goes on: the same messages again open one session."""
    stick = town.ready()
    stick.http = UnixClient(gunicorn)
    attempt = stick.open("tanaka")
    stick.generation = stick.finish(attempt).next_generation
    _restart(gunicorn)
    assert stick.finish(attempt, generation=0).next_generation == stick.generation
    opened = stick.confirm(attempt, stick.generation)
    _restart(gunicorn)
    assert stick.confirm(attempt, stick.generation) == opened
    assert Session.objects.filter(stick=stick.stick).count() == 1


def test_parallel_confirms_open_one_session(town: Town, gunicorn: Gunicorn) -> None:
    """The same confirm sent eight times at once opens one session, and all are answered alike."""
    stick = town.ready()
    stick.http = UnixClient(gunicorn)
    attempt = stick.open("tanaka")
    offered = stick.finish(attempt).next_generation
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: stick.confirm(attempt, offered), range(8)))
    assert len(set(answers)) == 1
    assert Session.objects.filter(stick=stick.stick).count() == 1


def test_a_sign_in_takes_little_of_the_server(town: Town, gunicorn: Gunicorn) -> None:
    """A sign-in with keyd, hub and commits waits for nothing but the work; bench_signin measures it."""
    stick = town.ready()
    stick.http = UnixClient(gunicorn)
    stick.sign_in("tanaka")
    attempt = stick.open("tanaka")
    started = time.monotonic()
    stick.generation = stick.finish(attempt).next_generation
    stick.confirm(attempt, stick.generation)
    assert time.monotonic() - started < WAITED_S


def test_the_web_process_answers_hello(town: Town, gunicorn: Gunicorn) -> None:
    """Behind nginx the source comes in the header."""
    stick = town.add_stick()
    stick.http = UnixClient(gunicorn)
    assert stick.hello().organisation_name == "離れ市"
    message = wire.encode(api.Hello(stick=stick.stick, protocol=1, image=0, generation=0))
    assert stick.http.post("/stick/v1/hello", message, REMOTE_ADDR="fd20::99").status_code == 401


def _restart(gunicorn: Gunicorn) -> None:
    gunicorn.kill()
    gunicorn.start()


def _raw(gunicorn: Gunicorn, data: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(10)
        connection.connect(str(gunicorn.socket))
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received
