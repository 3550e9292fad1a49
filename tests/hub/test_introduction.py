"""Who is let in: challenge, signature, one use, one frame, and the close codes of everything else."""

import base64

import pytest
from nacl.signing import SigningKey
from websockets.exceptions import InvalidStatus

from hanare_core import signed, wire
from hanare_core.messages import gateway, stick
from hanare_core.signed import Kind
from tests.hub.keys import key_of, stick_certificate
from tests.hub.peers import Peer
from tests.hub.store import Store
from tests.hub.town import Hub

REFUSED = (4400, "not-authentic")
STRANGER = SigningKey(b"?" * 32)


@pytest.mark.parametrize("name", ["gateway-1", "gateway-9"])
def test_gateway_with_another_key_is_refused(file_hub: Hub, name: str) -> None:
    """A wrong signature and an unknown gateway get the same close code."""
    assert file_hub.gateway(name, STRANGER).closed() == REFUSED


@pytest.mark.parametrize("name", ["stick-1", "stick-9"])
def test_stick_with_another_key_is_refused(file_hub: Hub, name: str) -> None:
    """A wrong signature and an unknown stick get the same close code."""
    assert file_hub.stick(name, STRANGER).closed() == REFUSED


def test_replayed_hello_is_refused(file_hub: Hub) -> None:
    """A hello that was good for an earlier challenge is good for no other."""
    first = file_hub.gateway()
    first.snapshot()
    second = Peer(file_hub.dial(gateway.PATH))
    second.take(gateway.Challenge)
    second.send(first.hello)
    assert second.closed() == REFUSED
    first.beat()


def test_statement_of_another_kind_is_refused(file_hub: Hub) -> None:
    """A gateway's key cannot sign a gateway's hello as a stick's."""
    peer = Peer(file_hub.dial(gateway.PATH))
    nonce = peer.take(gateway.Challenge).nonce
    body = gateway.HelloBody(nonce, "gateway-1")
    peer.send(gateway.Hello(1, signed.sign(Kind.CHANNEL_STICK, body, key_of("gateway-1")), 0, 0))
    assert peer.closed() == REFUSED


def test_another_protocol_is_refused(file_hub: Hub) -> None:
    """A stick of another protocol version is refused before its signature is looked at."""
    peer = Peer(file_hub.dial(stick.PATH))
    nonce = peer.take(gateway.Challenge).nonce
    body = stick.HelloBody(nonce, "stick-1")
    peer.send(stick.Hello(2, signed.sign(Kind.CHANNEL_STICK, body, key_of("stick-1"))))
    assert peer.closed() == (4400, "malformed")


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "null",
        "{",
        "[" * 60_000,
        '{"type":"hello"}',
        '{"type":"nothing"}',
        '{"type":"hello","protocol":1,"signed":"a.b","revision":0,"epoch":0}',
        '{"type":"hello","protocol":1,"signed":"' + "A" * 4 + "." + "A" * 86 + '","revision":0,"epoch":0}',
        '{"type":"hello","protocol":1e400,"signed":"","revision":0,"epoch":0}',
        '{"type":"hello","protocol":1,"signed":"\\ud800","revision":0,"epoch":0}',
        b"\x00\x01",
    ],
    ids=range(11),
)
def test_malformed_hello_is_closed(file_hub: Hub, frame: str | bytes) -> None:
    """What is no hello closes the channel with a code, and the log has no traceback."""
    for path in (gateway.PATH, stick.PATH):
        peer = Peer(file_hub.dial(path))
        peer.take(gateway.Challenge)
        peer.socket.send(frame)
        assert peer.closed() == (4400, "malformed")
    assert "traceback" not in file_hub.log.lower()


def test_forged_body_is_closed(file_hub: Hub) -> None:
    """A signed text whose body is not JSON is refused without a word about it."""
    peer = Peer(file_hub.dial(gateway.PATH))
    peer.take(gateway.Challenge)
    body = base64.urlsafe_b64encode(b"\xff\xfe\xfd").decode()
    peer.send(gateway.Hello(wire.PROTOCOL_VERSION, f"{body}.{'A' * 86}", 0, 0))
    assert peer.closed() == (4400, "malformed")


def test_oversized_frame_is_closed(file_hub: Hub) -> None:
    """A stranger's frame over 64 KiB closes the channel before it is read (RFC 6455: 1009)."""
    peer = Peer(file_hub.dial(gateway.PATH))
    peer.take(gateway.Challenge)
    peer.socket.send("x" * (wire.MESSAGE_BYTES + 1))
    assert peer.closed()[0] == 1009


def test_known_gateway_may_send_large_beats_only_to_a_bound(file_hub: Hub) -> None:
    """A gateway's beat with 20,000 facts passes; a frame over 4 MiB closes its channel."""
    peer = file_hub.gateway()
    peer.snapshot()
    facts = tuple(gateway.Fact(f"lease-{number:020}", 2**52, 2**52, 2**52) for number in range(20_000))
    assert peer.beat(7, facts).stamp_ms == 7
    peer.socket.send("x" * (4 * 1024 * 1024 + 1))
    assert peer.closed()[0] == 1009


@pytest.mark.parametrize("frame", ['{"type":"beat"}', '{"type":"hello"}', '{"type":"bell"}', "1", b"{}"], ids=range(5))
def test_malformed_frame_of_a_gateway_is_closed(file_hub: Hub, frame: str | bytes) -> None:
    """A gateway that sends what is none of its messages is closed with a code."""
    peer = file_hub.gateway()
    peer.snapshot()
    peer.socket.send(frame)
    assert peer.closed() == (4400, "malformed")


def test_second_hello_is_out_of_order(file_hub: Hub) -> None:
    """A hello after the introduction closes the channel of a gateway and of a stick."""
    peer = file_hub.gateway()
    peer.snapshot()
    peer.send(peer.hello)
    assert peer.closed() == (4400, "out-of-order")
    carried = file_hub.stick()
    carried.send(carried.hello)
    assert carried.closed() == (4400, "out-of-order")


def test_ack_of_what_was_never_sent_is_out_of_order(file_hub: Hub) -> None:
    """A gateway cannot acknowledge a revision that it was not sent."""
    peer = file_hub.gateway()
    peer.ack(peer.snapshot()[-1].revision + 1)
    assert peer.closed() == (4400, "out-of-order")


def test_silent_stranger_is_closed(file_hub: Hub) -> None:
    """Who does not answer the challenge within 5 s is closed."""
    peer = Peer(file_hub.dial(stick.PATH))
    peer.take(gateway.Challenge)
    assert peer.closed(8) == (4400, "out-of-order")


def test_unknown_path_is_not_found(file_hub: Hub) -> None:
    """A path that is none of the three gets 404 before any WebSocket."""
    file_hub.gateway()
    with pytest.raises(InvalidStatus) as refused:
        file_hub.dial_once("/admin")
    assert refused.value.response.status_code == 404


def test_strangers_leave_no_trace(file_hub: Hub, file_store: Store) -> None:
    """After a hundred refused hellos the good gateway's channel works as before."""
    peer = file_hub.gateway()
    peer.snapshot()
    for _ in range(100):
        assert file_hub.stick("stick-1", STRANGER).closed() == REFUSED
    with file_store.transaction() as step:
        step.put_stick("stick-2", key_of("stick-2"))
    assert peer.take(gateway.Delta).doors[0].certificate == stick_certificate("stick-2")
