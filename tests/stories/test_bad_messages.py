"""Malformed, oversized, repeated and untimely messages on every way in: refused with a code, and nothing happens."""

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Final

import msgspec
import pytest

from hanare_core import oprf, signed, wire
from hanare_core.messages import api, gateway
from hanare_core.messages import stick as channel
from hanare_core.problems import Code
from hanare_core.signed import Kind
from hanare_lab import addresses
from hanare_lab.installation.gateway import FALLBACK_PORT, PORT
from hanare_lab.installation.hall import Hall
from tests.gateway import net
from tests.gateway.uapi_client import Tunnel
from tests.stories.lease_watch import elements
from tests.stories.thief import Thief

pytestmark = [pytest.mark.lab, pytest.mark.story]

SILENT_S: Final = 0.5
REFUSED: Final = 4400
TOO_BIG: Final = 1009
"""Close code of RFC 6455 §7.4.1."""

NONCE: Final = "A" * 43
KEY: Final = wire.key_text(bytes(32))
TABLES: Final = ("access_session", "access_lease", "sticks_signin")
FRAMES: Final = {
    "empty": "",
    "torn": "{",
    "untyped": "{}",
    "deep": "[" * 50_000,
    "binary": b"\xff\xfe\x00",
    "unknown type": '{"type":"reboot"}',
    "from the hub": f'{{"type":"challenge","nonce":"{NONCE}"}}',
    "before the hello": '{"type":"beat","stamp":1,"facts":[]}',
    "unsigned hello": '{"type":"hello","protocol":1,"signed":"","revision":0,"epoch":0}',
    "huge": "x" * (wire.MESSAGE_BYTES + 1),
}


@pytest.fixture(scope="module")
def thief(hall: Hall) -> Thief:
    """Plug in a stick and wait for its door; nobody signs in."""
    stick = hall.add_stick()
    stick.start()
    return Thief(stick)


@pytest.fixture(autouse=True)
def _nothing_happens(hall: Hall, thief: Thief) -> Iterator[None]:
    """Compare rows, peers and elements before and after each test, and look for tracebacks in every log."""
    assert thief.stick.agent is not None  # its door is one of the peers
    before = _rows(hall), _peers(hall)
    yield
    assert (_rows(hall), _peers(hall)) == before
    assert elements(hall.gateway) == []
    assert [log.name for log in hall.city.log_dir.glob("*.log") if "traceback" in log.read_text().lower()] == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, Code.MALFORMED),
        (b"{", 400, Code.MALFORMED),
        (b"\xff\xfe", 400, Code.MALFORMED),
        (b"[" * 60_000, 400, Code.MALFORMED),
        (b'{"stick":"s","protocol":1.5,"image":0,"generation":0}', 400, Code.MALFORMED),
        (b'{"stick":"s","protocol":1,"image":0,"generation":0,"root":true}', 400, Code.MALFORMED),
        (b'{"stick":"nobody","protocol":1,"image":0,"generation":0}', 403, Code.STICK_UNKNOWN),
        (b" " * (wire.MESSAGE_BYTES + 1), 413, Code.TOO_LARGE),
    ],
    ids=["empty", "torn", "no UTF-8", "deep", "fraction", "unknown field", "unknown stick", "oversized"],
)
def test_a_bad_hello_is_refused(thief: Thief, body: bytes, status: int, code: Code) -> None:
    """A body that is no hello is answered with its code."""
    assert thief.post("hello", body) == (status, code)


def test_what_is_asked_in_a_wrong_way_is_refused(thief: Thief) -> None:
    """A GET, an unknown path and the console's paths lead nowhere on the API's port."""
    assert thief.ask("GET", "/stick/v1/hello", b"") == (405, Code.MALFORMED)
    for path in ("/stick/v1/root", "/console/sign-in", "/live/v1", "/stick/v1/../../console/sign-in"):
        assert thief.ask("POST", path, b"{}") == (404, Code.NOT_FOUND)


def test_forged_statements_are_refused(thief: Thief) -> None:
    """A statement without signature, of another kind or of another stick is refused before anything is counted."""
    body = api.BeginBody(nonce=NONCE, user="kikaku01", element=KEY)
    for text in ("A.A", signed.sign(Kind.END, body, thief.device.identity)):
        status, code = thief.post("begin", wire.encode(api.Begin(stick=thief.stick.id, signed=text)))
        assert (status, code) in {(401, Code.NOT_AUTHENTIC), (400, Code.MALFORMED)}


def test_messages_out_of_order_are_refused(thief: Thief) -> None:
    """A finish or confirm without its begin, and an end of a session that never was, are refused."""
    nonce = thief.nonce()
    finish = api.FinishBody(nonce=nonce, session_key=KEY, generation=1, totp="")
    by_user, by_stick = (
        signed.sign(kind, finish, thief.device.identity) for kind in (Kind.FINISH_USER, Kind.FINISH_STICK)
    )
    confirm = signed.sign(Kind.CONFIRM, api.ConfirmBody(nonce=nonce, generation=1), thief.device.identity)
    end = signed.sign(Kind.END, api.EndBody(session="never", reason=Code.ENDED_BY_USER), thief.device.identity)
    asked: tuple[tuple[str, msgspec.Struct, tuple[int, Code]], ...] = (
        ("finish", api.Finish(stick=thief.stick.id, by_user=by_user, by_stick=by_stick), (409, Code.OUT_OF_ORDER)),
        ("confirm", api.Confirm(stick=thief.stick.id, signed=confirm), (409, Code.OUT_OF_ORDER)),
        ("end", api.End(stick=thief.stick.id, signed=end), (404, Code.NOT_FOUND)),
    )
    for path, message, refused in asked:
        assert thief.post(path, wire.encode(message)) == refused


def test_a_begin_is_good_once(thief: Thief) -> None:
    """The same begin sent again is refused: its nonce was used."""
    element = wire.key_text(oprf.blind(b"a guess")[1])
    body = api.BeginBody(nonce=thief.nonce(), user="nobody", element=element)
    begin = wire.encode(api.Begin(stick=thief.stick.id, signed=signed.sign(Kind.BEGIN, body, thief.device.identity)))
    assert thief.exchange("POST", "/stick/v1/begin", begin)[0] == 200
    assert thief.post("begin", begin) == (409, Code.NONCE_EXPIRED)


@pytest.mark.parametrize("path", [gateway.PATH, channel.PATH])
@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_a_bad_first_frame_closes_the_channel(thief: Thief, path: str, frame: str | bytes) -> None:
    """A first frame that is no hello closes the channel with a code of the list."""
    _assert_refused(*thief.closed_by(path, frame))


def test_a_hello_at_the_wrong_time_closes_the_channel(thief: Thief) -> None:
    """The hello of a stick that is in already, or one that answers another challenge, closes the channel."""
    for greeted in (True, False):
        _assert_refused(*thief.closed_by(channel.PATH, thief.hello(NONCE), greeted=greeted))


def test_the_wireguard_ports_do_not_answer_junk(hall: Hall, thief: Thief) -> None:
    """Junk of every size, also with the head of a handshake, is answered with silence on both ports."""
    heads = (b"", b"\x01\x00\x00\x00", b"\x04\x00\x00\x00")
    for port in (PORT, FALLBACK_PORT):
        with net.in_network(thief.stick.machine, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
            probe.settimeout(SILENT_S)
            probe.connect((str(addresses.GATEWAY_WAN), port))
            for size in (0, 1, 32, 92, 148, 1400):
                for head in heads:
                    probe.send((head + bytes(size))[: max(size, len(head))])
            with pytest.raises(TimeoutError):
                probe.recv(1)
    assert hall.gateway.processes["wireguard"].alive


def _assert_refused(status: int, reason: str) -> None:
    assert status == TOO_BIG or (status == REFUSED and reason in set(Code))


def _rows(hall: Hall) -> list[int]:
    with closing(sqlite3.connect(f"file:{hall.server.sqlite}?mode=ro", uri=True)) as connection:
        return [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES]  # noqa: S608


def _peers(hall: Hall) -> list[str]:
    answer = Tunnel.ask(hall.gateway.machine, "wg0", "get=1\n\n")
    return [line for line in answer.splitlines() if line.startswith("public_key=")]
