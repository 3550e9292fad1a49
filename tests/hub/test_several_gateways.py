"""Several gateways at the hub: who is in touch, and how sticks hear that one is not."""

from hanare_core.messages.local import IN_TOUCH_MS, InTouch, InTouchAnswer
from hanare_core.messages.stick import Away, Standing, Welcome
from tests.hub.keys import ORGANISATION, key_of
from tests.hub.peers import until
from tests.hub.store import Store
from tests.hub.town import Hub

AWAY_SLACK_S = 30.0


def test_two_gateways_are_in_touch_until_they_leave(hub: Hub, store: Store) -> None:
    """Each of several gateways has its own channel and its own leases."""
    with store.transaction() as step:
        step.put_gateway("gateway-2", key_of("gateway-2"))
        step.put_lease("lease-2", session="session-1", gateway="gateway-2", address="100.64.64.7")
    hub.reach(step.revision)
    one, two = hub.gateway("gateway-1"), hub.gateway("gateway-2")
    assert [lease.lease for part in one.snapshot() for lease in part.leases] == ["lease-1"]
    assert [lease.lease for part in two.snapshot() for lease in part.leases] == ["lease-2"]
    server = hub.server()

    def in_touch() -> set[str]:
        return set(server.ask(InTouch(ORGANISATION), InTouchAnswer).gateways)

    until(lambda: in_touch() == {"gateway-1", "gateway-2"})
    one.close()
    until(lambda: in_touch() == {"gateway-2"})
    server.close()


def test_sticks_hear_of_a_gateway_that_lost_the_hub(file_hub: Hub, file_store: Store) -> None:
    """Its connection is gone and so is its voice: after IN_TOUCH_MS sticks are told, and told again when it is back."""
    with file_store.transaction() as step:
        step.put_gateway("gateway-2", key_of("gateway-2"))
    file_hub.reach(step.revision)
    stick = file_hub.stick()
    stick.take(Welcome)
    stick.take(Standing)
    left = file_hub.gateway("gateway-2")
    left.snapshot()
    left.close()
    assert stick.take(Away, IN_TOUCH_MS / 1000 + AWAY_SLACK_S).gateways == ("gateway-2",)
    back = file_hub.gateway("gateway-2")
    back.snapshot()
    assert stick.take(Away, AWAY_SLACK_S).gateways == ()
