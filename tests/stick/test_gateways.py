"""The order in which a stick tries its gateways."""

from collections import Counter

import pytest

from hanare_core import wire
from hanare_core.site import Endpoint, GatewaySite
from hanare_stick.gateways import QUICK_CARRIED_S, QUICK_S, Try, again, in_order
from hanare_stick.line import Line
from hanare_stick.shake import WAITS_S


def gateway(name: str, address: str = "203.0.113.2") -> GatewaySite:
    """Return a gateway of this name."""
    key = wire.key_text(name.encode().ljust(32))
    return GatewaySite(id=name, wireguard_key=key, endpoints=(Endpoint(address=address, port=51820),))


A, B, C = gateway("gw-a"), gateway("gw-b"), gateway("gw-c")


def test_sticks_spread_over_the_gateways() -> None:
    """Of 3,000 sticks each of three gateways is the first of about a third."""
    first = Counter(in_order(f"stick-{number}", (A, B, C))[0].id for number in range(3_000))
    assert min(first.values()) > 900


def test_the_order_stays_when_a_gateway_goes() -> None:
    """Without the second gateway the others keep their order, whatever order they are told in."""
    for number in range(100):
        order = in_order(f"stick-{number}", (A, B, C))
        assert in_order(f"stick-{number}", (C, A)) == [one for one in order if one != B]


@pytest.mark.parametrize(("carried", "quick"), [(False, QUICK_S), (True, QUICK_CARRIED_S)])
def test_a_silent_line_is_asked_quickly_and_again_at_the_end(*, carried: bool, quick: tuple[float, ...]) -> None:
    """Its own gateway quickly, then those that know the session, then the rest, then its own at length."""
    line = Line(A, A.endpoints[0], carried)
    assert list(again(line, (A, B, C), {"gw-c"})) == [Try(A, quick), Try(C), Try(B), Try(A, WAITS_S)]


def test_an_only_gateway_is_asked_at_length() -> None:
    """There is nobody to hurry to."""
    assert list(again(Line(A, A.endpoints[0]), (A,), ())) == [Try(A, WAITS_S)]
