"""The server's socket: leases and receipts are awaited, strangers and nonsense are shown out."""

import contextlib
import os
import threading
import time
from pathlib import Path

import pytest

from hanare_core.messages.gateway import Delta, Receipt, Rejected
from hanare_core.messages.local import AwaitLease, AwaitReceipts, Facts, FactsAnswer, LeaseAnswer, ReceiptsAnswer
from hanare_core.problems import Code
from tests.hub.keys import ORGANISATION, key_of
from tests.hub.peers import GatewayPeer
from tests.hub.store import Store
from tests.hub.town import Hub

RECEIPT = Receipt("lease-1", removed_ms=1_000, packets=42, last_packet_ms=999, clock_error_ms=2, tick_ms=4)


def test_lease_is_awaited_until_its_gateway_holds_it(hub: Hub, store: Store) -> None:
    """The answer comes with the gateway's ack of the lease's revision, not before."""
    peer = hub.gateway()
    peer.ack(peer.snapshot()[-1].revision)
    with store.transaction() as step:
        step.put_lease("lease-2")
    held = threading.Event()

    def hold() -> None:
        delta = peer.take(Delta)
        time.sleep(0.1)
        held.set()
        peer.ack(delta.revision)

    thread = threading.Thread(target=hold)
    thread.start()
    answer = _await(hub, "lease-2", step.revision)
    assert held.is_set()
    thread.join()
    assert answer.code is None


def test_rejected_lease_is_answered_with_its_code(hub: Hub, store: Store) -> None:
    """A lease that the gateway did not accept is answered with the gateway's code."""
    peer = hub.gateway()
    peer.snapshot()
    with store.transaction() as step:
        step.put_lease("lease-2")
    hub.reach(step.revision)
    peer.ack(peer.take(Delta).revision, rejected=(Rejected("lease-2", Code.CERTIFICATE_EXPIRED),))
    assert _await(hub, "lease-2", step.revision).code is Code.CERTIFICATE_EXPIRED


def test_lease_without_gateway_times_out(hub: Hub) -> None:
    """No ack in time is gateway-unreachable, after the time that was asked for."""
    started = time.monotonic()
    assert _await(hub, "lease-1", 1, wait_ms=300).code is Code.GATEWAY_UNREACHABLE
    assert time.monotonic() - started >= 0.3


def test_ended_lease_is_answered_at_once(hub: Hub, store: Store) -> None:
    """A lease that ended while it was awaited is answered as ended."""
    with store.transaction() as step:
        step.end_lease("lease-1")
    assert _await(hub, "lease-1", step.revision).code is Code.LEASE_ENDED


def test_ack_of_an_old_state_does_not_count_after_resync(file_hub: Hub) -> None:
    """A new channel of the gateway has to acknowledge its own snapshot."""
    first = file_hub.gateway()
    at = first.snapshot()[-1].revision
    first.ack(at)
    assert _await(file_hub, "lease-1", at).code is None
    second = file_hub.gateway()
    second.snapshot()
    assert _await(file_hub, "lease-1", at, wait_ms=200).code is Code.GATEWAY_UNREACHABLE
    second.ack(at)
    assert _await(file_hub, "lease-1", at).code is None


def test_receipts_are_awaited(hub: Hub, store: Store) -> None:
    """The answer comes with the last receipt; after the time it has those that arrived."""
    peer = hub.gateway()
    peer.snapshot()
    with store.transaction() as step:
        step.end_lease("lease-1")
    revision = peer.take(Delta).revision
    server = hub.server()
    late = server.ask(AwaitReceipts(("lease-1",), 100), ReceiptsAnswer)
    assert late.receipts == ()
    threading.Timer(0.1, peer.ack, (revision, (RECEIPT,))).start()
    started = time.monotonic()
    assert server.ask(AwaitReceipts(("lease-1", "lease-1"), 5_000), ReceiptsAnswer).receipts == (RECEIPT,)
    assert time.monotonic() - started < 5.0  # else it is the time that brought the answer
    assert server.ask(AwaitReceipts(("lease-1", "lease-9"), 100), ReceiptsAnswer).receipts == (RECEIPT,)
    server.close()


def test_receipt_of_a_foreign_lease_is_ignored(hub: Hub, store: Store) -> None:
    """A gateway cannot write a receipt for another gateway's present lease, nor over another's receipt."""
    with store.transaction() as step:
        step.put_gateway("gateway-2", key_of("gateway-2"))
    hub.reach(step.revision)
    other, own, server = hub.gateway("gateway-2"), hub.gateway(), hub.server()
    own.snapshot()
    _acknowledge(other, Receipt("lease-1", 1, 1, 1, 1, 1))
    assert server.ask(AwaitReceipts(("lease-1",), 50), ReceiptsAnswer).receipts == ()
    with store.transaction() as step:
        step.end_lease("lease-1")
    own.ack(own.take(Delta).revision, (RECEIPT,))
    own.beat()
    other.ack(other.take(Delta).revision, (Receipt("lease-1", 5, 5, 5, 5, 5),))
    other.beat()
    assert server.ask(AwaitReceipts(("lease-1",), 50), ReceiptsAnswer).receipts == (RECEIPT,)
    server.close()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b'{"type":"bell"}',
        b"[" * 10_000,
        b"\xff",
        b"x" * 300_000,
        b'{"type":"await-receipts","leases":[],"wait_ms":1}',
    ],
    ids=range(7),
)
def test_nonsense_ends_the_connection(file_hub: Hub, line: bytes) -> None:
    """A line that is no request ends the connection; the next one works."""
    server = file_hub.server()
    with contextlib.suppress(BrokenPipeError):
        server.send(line)
    assert server.ended()
    server.close()
    again = file_hub.server()
    assert again.ask(Facts(ORGANISATION), FactsAnswer).facts == ()
    again.close()
    assert "traceback" not in file_hub.log.lower()


def test_other_users_are_refused(file_store: Store, tmp_path: Path) -> None:
    """A process with a user id that the settings do not name gets no answer."""
    with Hub(tmp_path, file_store.url, local_uids=[os.geteuid() + 1]) as hub:
        server = hub.server()
        with contextlib.suppress(BrokenPipeError):
            server.send(b'{"type":"facts","organisation":"city"}')
        assert server.ended()
        server.close()


def test_sockets_are_closed_to_others(file_hub: Hub, tmp_path: Path) -> None:
    """Both unix sockets have mode 0660 and are gone after a stop, which exits with 0."""
    sockets = [tmp_path / "channel.sock", tmp_path / "local.sock"]
    assert [path.stat().st_mode & 0o777 for path in sockets] == [0o660, 0o660]
    assert file_hub.stop() == 0
    assert not any(path.exists() for path in sockets)


def _await(hub: Hub, lease: str, revision: int, wait_ms: int = 5_000) -> LeaseAnswer:
    server = hub.server()
    answer = server.ask(AwaitLease(ORGANISATION, lease, revision, wait_ms), LeaseAnswer)
    server.close()
    return answer


def _acknowledge(peer: GatewayPeer, receipt: Receipt) -> None:
    """Send a receipt with the ack of the snapshot, and wait until the hub took it in."""
    peer.ack(peer.snapshot()[-1].revision, (receipt,))
    peer.beat()
