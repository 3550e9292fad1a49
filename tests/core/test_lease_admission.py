"""Which leases are let in: papers that hold, a key and an address of their own, the same permission."""

import pytest

from hanare_core.messages import gateway as hub
from hanare_core.messages.gateway import Lease, Target
from hanare_core.problems import Code
from tests.core.lease_desk import (
    BOOT_MS,
    HOUR_MS,
    OTHER,
    RDP,
    START_MS,
    TTL_MS,
    Desk,
    certificate_of,
    lease_of,
    ticket_of,
)


@pytest.mark.parametrize(
    ("lease", "code"),
    [
        (lease_of(1, certificate=certificate_of(1, ca=OTHER)), Code.NOT_AUTHENTIC),
        (lease_of(1, certificate=certificate_of(1, organisation="town")), Code.NOT_AUTHENTIC),
        (lease_of(1, certificate=certificate_of(1, life_ms=-1)), Code.CERTIFICATE_EXPIRED),
        (lease_of(1, ticket=ticket_of(1, keyd=OTHER)), Code.NOT_AUTHENTIC),
        (lease_of(1, ticket=ticket_of(1, stick=2)), Code.NOT_AUTHENTIC),
        (lease_of(1, ticket=ticket_of(1, session=1001)), Code.NOT_AUTHENTIC),
        (lease_of(1, ticket=ticket_of(1, life_ms=0)), Code.HARD_END),
        (lease_of(1, ticket=ticket_of(1, life_ms=HOUR_MS * 13)), Code.NOT_AUTHENTIC),
        (lease_of(1, ticket=certificate_of(1)), Code.NOT_AUTHENTIC),
        (lease_of(1, ends_ms=START_MS), Code.HARD_END),
        (lease_of(1, address="10.20.0.5"), Code.NOT_PERMITTED),
        (lease_of(1, address="fd20::5"), Code.MALFORMED),
        (lease_of(1, targets=(Target(address="100.64.0.9", port=3389),)), Code.NOT_PERMITTED),
        (lease_of(1, targets=(Target(address="127.0.0.1", port=3389),)), Code.NOT_PERMITTED),
        (lease_of(1, targets=(Target(address="pc", port=3389),)), Code.MALFORMED),
    ],
)
def test_a_lease_whose_papers_do_not_hold_is_refused(lease: Lease, code: Code) -> None:
    """Forged, borrowed, expired or improper leases make no peer and no element, and are told with their reason."""
    desk = Desk()
    assert desk.snapshot(lease).operations == ()
    assert desk.table.acks()[0].rejected == (hub.Rejected(lease="lease-1", code=code),)


def test_one_key_and_one_address_for_one_peer() -> None:
    """A second lease with an address or session key that is in use is refused; the first stays as it is."""
    desk = Desk()
    desk.snapshot(lease_of(1))
    desk.delta(lease_of(2, address="100.64.0.1"), lease_of(3, ticket=ticket_of(3, session=2001)))
    assert [one.code for one in desk.table.acks()[0].rejected] == [Code.CONFLICT, Code.CONFLICT]
    assert desk.living() == {RDP}


def test_a_changed_permission_is_a_new_lease() -> None:
    """A lease whose targets change under its name is ended: what it may reach never widens."""
    desk = Desk()
    desk.snapshot(lease_of(1))
    desk.delta(lease_of(1, targets=(Target(address="10.20.0.102", port=3389),)))
    assert desk.living() == set()
    ack = desk.table.acks()[0]
    assert ack.rejected[0].code is Code.OUT_OF_ORDER
    assert ack.receipts[0].lease == "lease-1"


def test_new_times_of_a_known_lease() -> None:
    """A shorter end of a known lease is kept at the next renewal."""
    desk = Desk()
    desk.snapshot(lease_of(1))
    desk.delta(lease_of(1, ends_ms=desk.time_ms + 90_000))
    desk.elapsed_ms = 60_000
    desk.answer(desk.ask())
    assert desk.elements[RDP] <= BOOT_MS + TTL_MS
