"""How many connections the carrier holds for one source: nobody's line takes all of them."""

from collections.abc import Callable

import pytest

from hanare_gateway.carrier.limits import CONNECTIONS, SOURCE_CONNECTIONS, Limits


@pytest.mark.parametrize(
    ("address", "most"),
    [
        (lambda _number: "203.0.113.7", SOURCE_CONNECTIONS),
        (lambda _number: "::ffff:203.0.113.7", SOURCE_CONNECTIONS),
        (lambda number: f"2001:db8:1:100::{number:x}", SOURCE_CONNECTIONS),
        (lambda number: f"2001:db8:1:1{number % 256:02x}::1", 400),
        (lambda number: f"2001:db8:1:{number:x}::1", 800),
        (lambda number: f"2001:db8:{number:x}::1", CONNECTIONS),
    ],
)
def test_a_source_holds_no_more_than_its_share(address: Callable[[int], str], most: int) -> None:
    """One address, or who turns through the networks of a line, is cut; many lines may have all."""
    limits = Limits()
    assert sum(limits.enter(address(number)) for number in range(CONNECTIONS + 1)) == most
    assert limits.enter("198.51.100.1") is (most < CONNECTIONS)


def test_what_is_left_may_be_taken_again() -> None:
    """Each connection that ends makes room for one of its line."""
    limits = Limits()
    addresses = [f"2001:db8:1:1{number:02x}::1" for number in range(256)] * 2
    taken = [address for address in addresses if limits.enter(address)]
    assert len(taken) == 400
    limits.leave(taken.pop())
    assert limits.enter("2001:db8:1:1ff::2")
    assert not limits.enter("2001:db8:1:1fe::2")
    limits.leave("2001:db8:1:1ff::2")
    for address in taken:
        limits.leave(address)
    assert sum(limits.enter(address) for address in addresses) == 400
