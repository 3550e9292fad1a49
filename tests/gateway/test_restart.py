"""Whatever of the gateway is killed, frozen or changed by hand: it converges to what the hub says, and only to that."""

import re
import time
from typing import Final

import pytest

from hanare_core.messages import gateway as messages
from hanare_core.messages.gateway import State
from hanare_core.problems import Code
from hanare_lab.wait import until
from tests.gateway.papers import OTHER, Stick, public
from tests.gateway.site import STATE, Site
from tests.gateway.stream import RDP, Stream, gone
from tests.gateway.witness import Witness

pytestmark = pytest.mark.lab

CONVERGED_S: Final = 30.0
"""Wide: the agent looks at the kernel every five seconds."""


def test_a_restarted_agent_loses_no_packet(site: Site) -> None:
    """An agent killed and started again adopts what it finds: no packet is lost, also before the hub says anything."""
    stick = Stick(1)
    lease = stick.lease((site.pc_address, RDP))
    site.hub.delta(lease)
    site.session(stick)
    witness = Witness(site)
    with Stream(site) as stream:
        stream.turn()
        assert site.agent is not None
        site.agent.kill()
        site.hub.forget()
        site.start_agent()
        deadline = time.monotonic() + 3
        while time.monotonic() < deadline and not any(isinstance(m, messages.Hello) for m in site.hub.received):
            stream.turn()
        stream.turn()
        ack = site.hub.introduce(leases=(lease,))
        assert not ack.receipts
        assert not ack.rejected
        stream.turn()
        until(witness.nothing_lost, seconds=CONVERGED_S, what="every packet at the other end")
        counted = site.hub.delta(gone(lease)).receipts[0]
        assert counted.packets > 10  # what passed before the restart and under the old elements is in it


def test_what_the_snapshot_lacks_goes(site: Site) -> None:
    """A lease that ended while the agent was away is removed by the snapshot, and so is an element set by hand."""
    one, two = Stick(1), Stick(2)
    leases = tuple(stick.lease((site.pc_address, RDP)) for stick in (one, two))
    site.hub.delta(*leases)
    assert site.agent is not None
    site.agent.kill()
    site.hub.forget()
    site.nft("add element inet hanare allow { 100.64.9.9 . 10.20.0.101 . 22 timeout 60s }")
    site.start_agent()
    site.hub.introduce(leases=leases[:1])
    assert site.elements() == [f"{one.address} . {site.pc_address} . {RDP}"]
    until(lambda: site.peers() == {public(one.session_key)}, seconds=CONVERGED_S, what="the other peer to go")


def test_a_deleted_element_ends_the_stream_and_comes_back(site: Site) -> None:
    """With the agent frozen, deleting the element by hand ends the stream at once; the agent, released, restores it."""
    stick = Stick(1)
    site.hub.delta(stick.lease((site.pc_address, RDP)))
    site.session(stick)
    assert site.agent is not None
    with Stream(site) as stream:
        stream.turn()
        site.agent.stop()
        element = site.elements()[0]
        site.nft(f"delete element inet hanare allow {{ {element} }}")
        stream.assert_reset()
    site.agent.cont()
    until(lambda: site.elements() == [element], seconds=CONVERGED_S, what="the element to come back")
    with Stream(site) as stream:
        stream.turn()


def test_wireguard_killed_and_started_again(site: Site) -> None:
    """A new wireguard-go gets key, port, routes and peers from the agent, and the session goes on."""
    stick = Stick(1)
    site.hub.delta(stick.lease((site.pc_address, RDP)), doors=(stick.door(),))
    site.session(stick)
    site.wireguard.kill()
    (site.gateway.root / "run/wireguard/wg0.sock").unlink(missing_ok=True)
    site.wireguard = site.start_wireguard()
    keys = {public(stick.session_key), public(stick.door_key)}
    until(lambda: site.peers() == keys, seconds=CONVERGED_S, what="the peers to come back")
    with Stream(site) as stream:
        stream.turn()


def test_a_server_that_was_set_back_can_only_stop(site: Site) -> None:
    """After epoch 5 a hub that shows epoch 4 may stop sessions and start none, also after the agent's restart."""
    one, two = Stick(1), Stick(2)
    leases = tuple(stick.lease((site.pc_address, RDP)) for stick in (one, two))
    site.hub.epoch = 5
    site.hub.delta(leases[0])
    site.hub.epoch = 4
    assert site.hub.delta(leases[1]).rejected[0].code is Code.OUT_OF_ORDER
    assert len(site.hub.delta(gone(leases[0])).receipts) == 1
    assert site.elements() == []
    assert '"epoch":5' in (site.gateway.root / STATE.lstrip("/")).read_text()
    assert site.agent is not None
    site.agent.kill()
    site.hub.forget()
    site.start_agent()
    ack = site.hub.introduce(leases=leases)
    assert ack.epoch == 5
    assert {one.code for one in ack.rejected} == {Code.OUT_OF_ORDER}
    assert site.elements() == []


def test_forged_papers_open_nothing(site: Site) -> None:
    """A lease whose certificate or ticket is forged, borrowed or over makes no peer and no element."""
    good, other = Stick(1), Stick(2)
    stranger = Stick(3, ca=OTHER)
    target = (site.pc_address, RDP)
    forged = (
        good.lease(target, signed_ticket=good.ticket(keyd=OTHER)),
        other.lease(target, signed_ticket=other.ticket(stick="stick-1")),
        stranger.lease(target),
        Stick(4).lease(target, signed_ticket=Stick(4).ticket(life_ms=0)),
        Stick(5).lease(("100.64.0.9", RDP)),
    )
    ack = site.hub.delta(*forged, doors=(stranger.door(),))
    codes = {one.lease: one.code for one in ack.rejected}
    assert codes == {
        "lease-1": Code.NOT_AUTHENTIC,
        "lease-2": Code.NOT_AUTHENTIC,
        "lease-3": Code.NOT_AUTHENTIC,
        "lease-4": Code.HARD_END,
        "lease-5": Code.NOT_PERMITTED,
    }
    assert site.elements() == []
    assert site.peers() == set()


@pytest.mark.parametrize(
    "frame",
    ["", "{", '{"type":"delta"}', '{"type":"challenge","nonce":"x"}', "[" * 50_000, b"\xff\xfe", "x" * 2_000_000],
    ids=["empty", "torn", "bare", "challenge", "deep", "bytes", "huge"],
)
def test_a_malformed_frame_closes_the_channel_only(site: Site, frame: str | bytes) -> None:
    """A frame that is no message ends the channel without a traceback; what was open stays open."""
    stick = Stick(1)
    lease = stick.lease((site.pc_address, RDP))
    site.hub.delta(lease)
    site.hub.forget()
    site.hub.say_raw(frame)
    site.hub.introduce(leases=(lease,), doors=(stick.door(State.PRESENT),))
    assert len(site.elements()) == 1
    assert not [line for line in site.log() if re.search("traceback", str(line), re.IGNORECASE)]


def test_a_gap_asks_for_a_snapshot(site: Site) -> None:
    """A delta that does not follow the last one adds nothing, still removes, and asks for a snapshot."""
    one, two = Stick(1), Stick(2)
    lease = one.lease((site.pc_address, RDP))
    site.hub.delta(lease)
    site.hub.revision += 5
    site.hub.say(
        messages.Delta(
            after=site.hub.revision - 1,
            revision=site.hub.revision,
            epoch=1,
            doors=(),
            leases=(gone(lease), two.lease((site.pc_address, RDP))),
        )
    )
    site.hub.wait_for(messages.Resync)
    until(lambda: site.elements() == [], seconds=CONVERGED_S, what="the removal")
    ack = site.hub.snapshot(leases=(two.lease((site.pc_address, RDP)),))
    assert [receipt.lease for receipt in ack.receipts] == [lease.lease]
    assert len(site.elements()) == 1
