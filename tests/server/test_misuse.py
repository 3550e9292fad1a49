"""A session that tries other addresses: noted once, and its stick suspended where the profile says so."""

import pytest

from hanare_core.problems import Code
from hanare_lab.wait import until
from hanare_server import hub_client
from hanare_server.access import misuse, upkeep
from hanare_server.access.models import Session
from hanare_server.audit.log import Act
from hanare_server.clock import now_ms
from hanare_server.directory.models import Stick
from tests.server.town import Town

HEARD_S = 60.0


def tries(town: Town, lease: str, count: int) -> None:
    """Have the gateway report so many other addresses, and the server look at it."""
    (gateway,) = town.gateways.values()
    gateway.report(lease, now_ms(), tried=count)
    told = lambda: any(fact.tried == count for fact in hub_client.facts(town.id).facts)  # noqa: E731
    until(told, seconds=HEARD_S, what="the hub to know")
    upkeep.round_of(town.organisation)


def test_an_alert_comes_once_a_session(town: Town) -> None:
    """Fourteen other addresses make one alert with the number, however often it is looked at; the session goes on."""
    answer = town.ready().sign_in("tanaka")
    for count in (14, 15):
        tries(town, answer.paths[0].lease, count)
    assert town.acts().count(Act.MISUSE_SUSPECTED.value) == 1
    assert town.session(answer.session).state == Session.State.OPEN


def test_a_few_addresses_are_no_misuse(town: Town) -> None:
    """Less than the limit is nobody's news."""
    answer = town.ready().sign_in("tanaka")
    tries(town, answer.paths[0].lease, misuse.TRIED_ALERT - 1)
    assert Act.MISUSE_SUSPECTED.value not in town.acts()


@pytest.mark.parametrize(("limit", "suspended"), [(1, True), (2, False)])
def test_a_profile_suspends_by_itself(town: Town, limit: int, *, suspended: bool) -> None:
    """With as many alerts in a day as the profile allows the stick is suspended and its session ends."""
    town.set_fields(misuse_suspends=limit)
    stick = town.ready()
    answer = stick.sign_in("tanaka")
    tries(town, answer.paths[0].lease, 14)
    assert (town.row(stick).state == Stick.State.SUSPENDED) == suspended
    if suspended:
        assert town.session(answer.session).reason == Code.SUSPENDED
