"""The audit log's copy outside: RFC 5424 over a datagram socket or TCP, nothing left out."""

import re
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from django.conf import settings

from hanare_server.audit import off_box, seal
from tests.server.town import Town

SHAPE = re.compile(
    r"<109>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \S+ hanare - \S+ \[hanare@32473( \w+=\"([^\"\\\]]|\\.)*\")+\] .+"
)


@pytest.fixture
def copy_to(monkeypatch: pytest.MonkeyPatch) -> "Place":
    """Let a test name the place of the copy."""
    return Place(monkeypatch)


class Place:
    """Puts a place into the settings."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def name(self, text: str) -> None:
        """Name the place."""
        self._monkeypatch.setattr(settings, "HANARE", msgspec.structs.replace(settings.HANARE, syslog=text))


def sent_all() -> None:
    """Send until nothing is new: other tests' organisations share the database."""
    while off_box.send_all():
        pass


def numbers(messages: list[str], town: Town) -> list[int]:
    """Return the numbers of this organisation's rows in the order in which they came."""
    ours = [one for one in messages if f'organisation="{town.id}"' in one and " checkpoint " not in one]
    return [int(found[1]) for one in ours if (found := re.search(r'number="(\d+)"', one))]


def test_datagrams_to_a_local_socket(town: Town, copy_to: "Place", tmp_path: Path) -> None:
    """Each row is one well-formed message; the newest checkpoint goes along; a second round sends nothing again."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(str(tmp_path / "log"))
        log.settimeout(5)
        messages: list[str] = []
        reader = threading.Thread(target=_drain, args=(log, messages), daemon=True)
        reader.start()
        town.add_user(']"\\', office_pc=False)
        assert seal.seal(town.organisation)
        copy_to.name(f"unix:{tmp_path}/log")
        sent_all()
        assert off_box.send_all() == 0
        _until(lambda: len(numbers(messages, town)) == town.organisation.audit_number)
    assert numbers(messages, town) == list(range(1, town.organisation.audit_number + 1))
    assert all(SHAPE.fullmatch(one) for one in messages)
    signed = seal.newest_checkpoint(town.organisation)
    assert signed is not None
    assert any(one.endswith(signed.signed) for one in messages)


def test_octets_are_counted_over_tcp(town: Town, copy_to: "Place") -> None:
    """A stream of messages can be taken apart by the lengths before them (RFC 6587)."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        copy_to.name(f"tcp:127.0.0.1:{server.getsockname()[1]}")
        streams: list[bytes] = []
        reader = threading.Thread(target=_accept, args=(server, streams), daemon=True)
        reader.start()
        sent_all()
        _until(lambda: f'"{town.id}"'.encode() in b"".join(streams))
    messages = [one for stream in list(streams) for one in _apart(stream)]
    assert numbers(messages, town) == list(range(1, town.organisation.audit_number + 1))


def test_a_place_that_does_not_answer_is_tried_again(town: Town, copy_to: "Place", tmp_path: Path) -> None:
    """Nothing counts as sent while nobody listens, and everything arrives afterwards."""
    copy_to.name(f"unix:{tmp_path}/nobody")
    assert off_box.send_all() == 0
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(str(tmp_path / "nobody"))
        messages: list[str] = []
        threading.Thread(target=_drain, args=(log, messages), daemon=True).start()
        sent_all()
        _until(lambda: len(numbers(messages, town)) == town.organisation.audit_number)


def _drain(log: socket.socket, messages: list[str]) -> None:
    try:
        while True:
            messages.append(log.recv(65536).decode())
    except OSError:
        return


def _accept(server: socket.socket, streams: list[bytes]) -> None:
    try:
        while True:
            line, _ = server.accept()
            with line:
                stream = b""
                while data := line.recv(65536):
                    stream += data
                streams.append(stream)
    except OSError:
        return


def _apart(stream: bytes) -> list[str]:
    messages = []
    while stream:
        length, _, rest = stream.partition(b" ")
        messages.append(rest[: int(length)].decode())
        stream = rest[int(length) :]
    return messages


def _until(condition: Callable[[], bool]) -> None:
    done = threading.Event()
    for _ in range(500):
        if condition():
            return
        done.wait(0.01)
    raise AssertionError("it did not happen within five seconds")
