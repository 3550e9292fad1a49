"""What the gateway tells of a session: the line it comes on, and how many other addresses it tried."""

from collections.abc import Callable

import pytest

from hanare_core.line import Line
from hanare_core.messages.gateway import Beat, Fact
from hanare_lab import addresses
from hanare_lab.wait import until
from tests.gateway import net
from tests.gateway.papers import Stick
from tests.gateway.site import Site
from tests.gateway.stream import RDP, Stream

pytestmark = pytest.mark.lab

OTHERS = 14
HEARD_S = 60.0
SHORT_S = 0.05


def test_line_and_tried_addresses_are_told(site: Site) -> None:
    """A session that tried fourteen other addresses, one of them twice and on two ports, is told with that number."""
    stick = Stick(1)
    site.hub.delta(stick.lease((site.pc_address, RDP)))
    site.session(stick)
    with Stream(site) as stream:
        stream.turn()
        tried = [(addresses.OFFICE[200 + number], port) for number in range(OTHERS) for port in (RDP, 445)]
        for address, port in (*tried, tried[0]):
            with pytest.raises(TimeoutError):
                net.connect(site.home, address, port, seconds=SHORT_S)
        told = until(lambda: _last(site, lambda fact: fact.tried >= OTHERS), seconds=HEARD_S, what="the fact")
    assert told.tried == OTHERS
    assert told.line is Line.UDP4
    assert told.lease == "lease-1"


def _last(site: Site, wanted: Callable[[Fact], bool]) -> Fact | None:
    facts = [fact for message in site.hub.received if isinstance(message, Beat) for fact in message.facts]
    return next((fact for fact in reversed(facts) if wanted(fact)), None)
