"""The console's live list: who may see what, how often, and for how long."""

import time

import pytest
from nacl.signing import SigningKey

from hanare_core.messages.gateway import Fact
from hanare_core.messages.local import LiveChange, LiveFacts, LiveHello
from tests.hub.keys import live_token
from tests.hub.peers import GatewayPeer
from tests.hub.store import Store
from tests.hub.town import Hub

REFUSED = (4400, "token-invalid")

CLOCK_S = 0.05
"""Between two readings of a clock."""

LIFE_MS = 2_000
"""Time to send a newer token on a busy machine."""


def test_page_hears_of_changes(hub: Hub, store: Store) -> None:
    """A page is told the revision when it connects and whenever it grows."""
    page = hub.page(live_token())
    first = page.take(LiveChange).revision
    with store.transaction() as step:
        step.put_lease("lease-2")
    assert page.take(LiveChange).revision == step.revision > first


def test_page_sees_its_departments_only(file_hub: Hub, file_store: Store) -> None:
    """Facts of another department's sessions never reach the page; a page of no department sees all."""
    with file_store.transaction() as step:
        step.put_lease("lease-2", department="tax")
    file_hub.reach(step.revision)
    general, tax, every = (file_hub.page(live_token(*names)) for names in (["general"], ["tax"], []))
    for page in (general, tax, every):
        page.take(LiveChange)
    _gateway(file_hub).beat(facts=(Fact("lease-1", 1, 1, 1), Fact("lease-2", 2, 2, 2)))
    assert [fact.lease for fact in general.take(LiveFacts).facts] == ["lease-1"]
    assert [fact.lease for fact in tax.take(LiveFacts).facts] == ["lease-2"]
    assert [fact.lease for fact in every.take(LiveFacts).facts] == ["lease-1", "lease-2"]


def test_late_page_gets_the_known_facts(file_hub: Hub) -> None:
    """A page that connects later begins with what is known."""
    _gateway(file_hub).beat(facts=(Fact("lease-1", 1, 1, 1),))
    page = file_hub.page(live_token("general"))
    page.take(LiveChange)
    assert page.take(LiveFacts).facts == (Fact("lease-1", 1, 1, 1),)


def test_facts_come_at_most_once_a_second(file_hub: Hub) -> None:
    """Of many beats in a second the page gets the first at once and the newest a second later."""
    page, peer = file_hub.page(live_token()), _gateway(file_hub)
    page.take(LiveChange)
    started = time.monotonic()
    peer.beat(facts=(Fact("lease-1", 1, 1, 1),))
    page.take(LiveFacts)
    for count in range(2, 20):
        peer.beat(facts=(Fact("lease-1", count, count, count),))
    later = 1
    while page.take(LiveFacts).facts != (Fact("lease-1", 19, 19, 19),):
        later += 1  # a busy machine took longer than a second to say all that
    assert time.monotonic() - started >= later - CLOCK_S


@pytest.mark.parametrize(
    "token",
    [
        live_token(key=SigningKey(b"?" * 32)),
        live_token(life_ms=-1),
        live_token(life_ms=3_600_000),
    ],
    ids=["another key", "expired", "too long"],
)
def test_bad_token_is_refused(file_hub: Hub, token: str) -> None:
    """A token of another signer, one that has ended, and one that lasts too long are refused."""
    assert file_hub.page(token).closed() == REFUSED


def test_page_ends_with_its_token(file_hub: Hub) -> None:
    """A page whose token ends is closed then; one that sent a newer token in time is not."""
    started = time.monotonic()
    left, kept = file_hub.page(live_token(life_ms=LIFE_MS)), file_hub.page(live_token(life_ms=LIFE_MS))
    kept.take(LiveChange)
    kept.send(LiveHello(live_token()))
    assert left.closed() == REFUSED
    assert time.monotonic() - started >= LIFE_MS / 1000 - CLOCK_S
    kept.nothing(0.5)


def test_nonsense_closes_the_page(file_hub: Hub) -> None:
    """A page that sends what is no token is closed with a code."""
    page = file_hub.page(live_token())
    page.take(LiveChange)
    page.socket.send("{}")
    assert page.closed() == (4400, "malformed")


def _gateway(hub: Hub) -> GatewayPeer:
    peer = hub.gateway()
    peer.snapshot()
    return peer
