"""Inner addresses: each from its gateway's pool, none twice, none again too soon."""

import json
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hanare_core.problems import Code
from hanare_core.profile import Settings
from hanare_server.access import addresses, facts
from hanare_server.access.models import Lease, Session
from hanare_server.clock import now_ms
from hanare_server.directory.models import Gateway, Organisation
from tests.keyd.office import code_of
from tests.server.town import Town


def test_an_address_rests_before_it_is_used_again(town: Town) -> None:
    """One after another gets the next address; a freed one rests ten minutes."""
    stick = town.ready()
    used = [stick.sign_in("tanaka").paths[0].address for _ in range(3)]
    pool = IPv4Network(Gateway.objects.get(pk=f"{town.id}-gw0").pool)
    assert used == [str(pool[2]), str(pool[3]), str(pool[4])]
    gateway = Gateway.objects.get(pk=f"{town.id}-gw0")
    gateway.next_address = 0
    assert addresses.allocate(gateway, now_ms()) == str(pool[5])
    gateway.next_address = 0
    assert addresses.allocate(gateway, now_ms() + addresses.REST_MS + 1_000) == str(pool[2])
    assert json.loads(Lease.objects.filter(organisation=town.id)[0].targets)


def test_the_search_goes_round_and_ends(town: Town) -> None:
    """Every usable address of the pool is given once; network, gateway and broadcast addresses never."""
    town.ready().sign_in("tanaka")
    gateway = Gateway.objects.get(pk=f"{town.id}-gw0")
    pool = IPv4Network(gateway.pool)
    gateway.next_address = pool.num_addresses - 2
    found: list[str] = []
    while len(found) < pool.num_addresses:
        address = addresses.allocate(gateway, now_ms())
        assert address is not None
        if address in found:
            break
        found.append(address)
    assert {IPv4Address(address) for address in found} == set(pool.hosts()) - {pool[1], pool[2]}


def test_a_search_asks_about_the_next_addresses_only(town: Town) -> None:
    """However many sessions there are, a sign-in reads the few addresses after the last: stops wait for its lock."""
    town.ready().sign_in("tanaka")
    gateway = Gateway.objects.get(pk=f"{town.id}-gw0")
    pool = IPv4Network(gateway.pool)
    with CaptureQueriesContext(connection) as asked:
        assert addresses.allocate(gateway, now_ms()) == str(pool[gateway.next_address - 1])
    assert len(asked) == 1
    assert asked[0]["sql"].count(str(pool.network_address).rpartition(".")[0]) <= 2 * addresses.WINDOW


def test_a_full_pool_refuses_the_session(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """When no gateway has an address left the sign-in says so, leaves no session, and the next one may find room."""
    stick = town.ready()
    with monkeypatch.context() as full:
        full.setattr(addresses, "allocate", lambda *_: None)
        assert code_of(lambda: stick.sign_in("tanaka")) is Code.GATEWAY_FULL
    assert not Lease.objects.filter(organisation=town.id).exists()
    assert not Session.objects.filter(organisation=town.id).exists()
    assert stick.sign_in("tanaka").paths


@pytest.mark.parametrize(
    ("weekdays", "hours", "end"),
    [
        ((1, 2, 3, 4, 5), (510, 1035), "2026-11-24 17:15"),
        ((1, 2, 3, 4, 5, 6, 7), (0, 1440), "2026-11-26 00:00"),
        ((2,), (0, 1440), "2026-11-25 00:00"),
    ],
)
def test_hours_end_in_local_time(weekdays: tuple[int, ...], hours: tuple[int, int], end: str) -> None:
    """The end of the hours is today's, in the organisation's time zone; whole days run into the next."""
    zone = ZoneInfo("Asia/Tokyo")
    now = int(datetime(2026, 11, 24, 9, 0, tzinfo=zone).timestamp() * 1000)
    settings = Settings(weekdays=weekdays, from_minute=hours[0], until_minute=hours[1])
    found = facts.end_of_hours_ms(Organisation(time_zone="Asia/Tokyo"), settings, now)
    assert datetime.fromtimestamp(found / 1000, zone).strftime("%Y-%m-%d %H:%M") == end
