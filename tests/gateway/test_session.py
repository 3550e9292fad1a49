"""A session through real parts: what passes with a lease, what ends with it, and what never passes."""

import re
import socket
import time

import pytest

from hanare_core.messages.gateway import State
from hanare_lab import addresses
from hanare_lab.wait import until
from tests.gateway import net
from tests.gateway.papers import Stick, public
from tests.gateway.scripted_hub import PORT
from tests.gateway.site import LISTEN_PORT, Site
from tests.gateway.stream import RDP, SILENT_S, Stream, gone
from tests.gateway.witness import Witness

pytestmark = pytest.mark.lab

CONVERGED_S = 30.0
"""Wide: the agent looks at the kernel every five seconds."""

TTL_MS = 3000
"""Two seconds of it are left at each renewal, for an agent on a busy machine."""


def test_a_stop_resets_both_ends_and_gives_a_receipt(site: Site) -> None:
    """A stop resets both ends of a living stream, takes the peer 300 ms later and tells when the last packet passed."""
    stick = Stick(1)
    lease = stick.lease((site.pc_address, RDP))
    site.hub.delta(lease)
    site.session(stick)
    with Stream(site) as stream:
        stream.turn()
        assert stream.peer[0] == stick.address
        with stream.reset_within():
            ack = site.hub.delta(gone(lease))
        receipt = ack.receipts[0]
        assert receipt.lease == lease.lease
        assert receipt.packets >= 5  # three for the handshake and a byte each way; an acknowledgement may come too late
        assert 0 <= receipt.removed_ms - receipt.last_packet_ms < 2000
        assert site.elements() == []
        until(lambda: site.peers() == set(), seconds=CONVERGED_S, what="the peer to leave")


def test_the_timeout_cuts_without_the_agent(site: Site) -> None:
    """With the agent frozen a living stream ends by the kernel's own timeout, within the TTL."""
    stick = Stick(1)
    site.hub.delta(stick.lease((site.pc_address, RDP), ttl_ms=2000))
    site.session(stick)
    with Stream(site) as stream:
        assert site.agent is not None
        site.agent.stop()
        start = time.monotonic()
        last = stream.turn_until_dead()
        assert last - start < 2.0
        site.agent.cont()
        until(lambda: len(site.elements()) == 1, seconds=CONVERGED_S, what="the lease to be renewed")


def test_a_lease_lives_through_three_ttls(site: Site) -> None:
    """A confirmed lease is renewed without the loss of one packet, through three TTLs."""
    stick = Stick(1)
    site.hub.delta(stick.lease((site.pc_address, RDP), ttl_ms=TTL_MS))
    site.session(stick)
    witness = Witness(site)
    with Stream(site) as stream:
        end = time.monotonic() + 3.5 * TTL_MS / 1000
        while time.monotonic() < end:
            stream.turn()
            time.sleep(0.005)
        until(witness.nothing_lost, seconds=CONVERGED_S, what="every packet at the other end")


def test_without_confirmation_a_strict_lease_ends(site: Site) -> None:
    """A hub that answers no beat lets a strict lease end by its TTL; its answers bring it back."""
    stick = Stick(1)
    site.hub.delta(stick.lease((site.pc_address, RDP), ttl_ms=1000))
    site.hub.answers = False
    until(lambda: site.elements() == [], seconds=CONVERGED_S, what="the element to end")
    site.hub.answers = True
    until(lambda: len(site.elements()) == 1, seconds=CONVERGED_S, what="the element to come back")


def test_nothing_but_the_target_answers(site: Site) -> None:
    """From the session nothing answers but the lease's target: no other port, PC, server, gateway, nor a refusal."""
    stick = Stick(1)
    site.hub.delta(stick.lease((site.pc_address, RDP)))
    site.session(stick)
    with Stream(site) as stream:
        stream.turn()
    others = [
        (site.pc_address, 22),
        (addresses.pc_address(2), RDP),
        (addresses.SERVER, PORT),
        (addresses.GATEWAY_LAN, 22),
    ]
    for address, port in others:
        with pytest.raises(TimeoutError):
            net.connect(site.home, address, port, seconds=SILENT_S)


def test_the_office_pc_cannot_open_a_connection(site: Site) -> None:
    """Not even from port 3389 can the office PC open a connection to the stick."""
    stick = Stick(1)
    site.hub.delta(stick.lease((site.pc_address, RDP)))
    site.session(stick)
    with Stream(site) as stream:
        stream.turn()
    with net.listen(site.home, stick.address, 8080), pytest.raises(TimeoutError):
        net.connect(site.pc, stick.address, 8080, seconds=SILENT_S, source=RDP + 1)
    with net.listen(site.home, stick.address, 8080), pytest.raises(TimeoutError):
        net.connect(site.pc, stick.address, 8080, seconds=SILENT_S, source=RDP)


def test_no_rule_accepts_what_is_established(site: Site) -> None:
    """No rule of the forward chain accepts by connection state; a ruleset that did would let a stopped stream live."""
    assert not re.search(r"established.*accept", site.nft("list chain inet hanare forward"))
    stick = Stick(1)
    site.hub.delta(stick.lease((site.pc_address, RDP)))
    site.session(stick)
    assert site.agent is not None
    with Stream(site) as stream:
        site.nft("insert rule inet hanare forward ct state established accept")
        site.agent.stop()  # it would take the peer away as well, 300 ms later
        site.nft(f"delete element inet hanare allow {{ {site.elements()[0]} }}")
        stream.turn()  # the fault that test_a_stop_resets_both_ends… would see


def test_a_door_leads_to_the_server_and_nowhere_else(site: Site) -> None:
    """A door reaches the server's port and no other, and is gone with the stick."""
    stick = Stick(1)
    site.hub.delta(doors=(stick.door(),))
    site.door(stick)
    with net.listen(site.city.server, addresses.SERVER6, PORT):
        net.connect(site.home, addresses.SERVER6, PORT).close()
    for address, port in ((addresses.SERVER6, 22), (addresses.pc_address6(1), RDP)):
        with pytest.raises(TimeoutError):
            net.connect(site.home, address, port, seconds=SILENT_S)
    site.hub.delta(doors=(stick.door(State.GONE),))
    until(lambda: public(stick.door_key) not in site.peers(), seconds=CONVERGED_S, what="the door to go")


def test_the_gateway_is_silent_to_the_internet(site: Site) -> None:
    """To the internet the gateway answers nothing: no TCP, no ping, no UDP on its WireGuard ports."""
    internet = site.city.internet
    for address in (addresses.GATEWAY_WAN, addresses.GATEWAY_WAN6):
        for port in (22, 443, LISTEN_PORT):
            with pytest.raises(TimeoutError):
                net.connect(internet, address, port, seconds=0.3)
        assert internet.run(["ping", "-c1", "-W1", str(address)], check=False).returncode == 1
    for port in (53, 443, LISTEN_PORT):
        with net.in_network(internet, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
            probe.settimeout(0.3)
            probe.connect((str(addresses.GATEWAY_WAN), port))
            probe.send(b"anybody there?")
            with pytest.raises(TimeoutError):
                probe.recv(1)
