"""Several gateways: placement, draining, and what the console shows of them."""

import pytest
from django.core.management.base import CommandError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from hanare_core.door import door_network
from hanare_core.problems import Code
from hanare_server import hub_client
from hanare_server.access import in_use
from hanare_server.access.models import Lease
from hanare_server.access.placement import Candidate, Entrance, place
from hanare_server.clock import now_ms
from hanare_server.console import kept
from hanare_server.console.roles import Role
from hanare_server.directory.models import Gateway
from tests.hub.peers import until
from tests.keyd.office import code_of
from tests.server.accounts import account, browser
from tests.server.town import Town, command

NAMES = ("gw-a", "gw-b", "gw-c")
KEY = "A" * 43

candidates = st.lists(
    st.builds(Candidate, st.sampled_from(NAMES), st.booleans(), st.integers(0, 9)), unique_by=lambda one: one.id
)
entrances = st.builds(Entrance, st.sampled_from([None, *NAMES]), st.frozensets(st.sampled_from(NAMES)))


@given(candidates, entrances)
def test_placement(gateways: list[Candidate], entrance: Entrance) -> None:
    """A draining gateway gets nothing; who is in touch comes first, of those the door's, then the least busy."""
    placed = place(gateways, entrance)
    assert set(placed) == {gateway.id for gateway in gateways if not gateway.draining}
    touch = [name in entrance.in_touch for name in placed]
    assert touch == sorted(touch, reverse=True)
    if entrance.door in placed and entrance.door in entrance.in_touch:
        assert placed[0] == entrance.door
    sessions = {gateway.id: gateway.sessions for gateway in gateways}
    others = [name for name in placed if name in entrance.in_touch and name != entrance.door]
    assert [sessions[name] for name in others] == sorted(sessions[name] for name in others)


def test_the_door_decides_which_gateway_comes_first(town: Town) -> None:
    """A stick whose door stands at the second gateway gets its session there first."""
    second = town.add_gateway(1)
    stick = town.ready()
    stick.gateway = second
    assert [path.gateway for path in stick.sign_in("tanaka").paths] == [second, f"{town.id}-gw0"]


def test_a_gateway_out_of_touch_comes_second(town: Town) -> None:
    """The door's own gateway lost the server: the session is placed at the other, and waits for the first."""
    second = town.add_gateway(1)
    first = f"{town.id}-gw0"
    stick = town.ready()
    town.gateways[first].close()
    _wait_for_touch(town, {second})
    assert [path.gateway for path in stick.sign_in("tanaka").paths] == [second, first]


def test_a_door_at_a_stranger_is_none(town: Town) -> None:
    """An address of another organisation's gateway is not the stick's door, whoever may send from it."""
    stick = town.ready()
    stick.gateway = f"{town.id}-b-gw0"
    assert code_of(stick.hello) is Code.NOT_AUTHENTIC


def test_draining(town: Town) -> None:
    """A draining gateway keeps its session and gets no other; a sign-in is refused when there is no other gateway."""
    first = f"{town.id}-gw0"
    client = browser(account(town.organisation, Role.OPERATOR))
    one, two = town.ready("tanaka"), town.ready("sato")
    session = one.sign_in("tanaka").session
    page = client.post(f"/console/directory/gateways/{first}/drain", follow=True).content.decode()
    assert "サインインはすべて断られます" in page
    assert "新しい利用は受け付けない" in page
    assert code_of(lambda: two.sign_in("sato")) is Code.GATEWAY_UNREACHABLE
    second = town.add_gateway(1)
    assert [path.gateway for path in two.sign_in("sato").paths] == [second]
    assert town.session(session).state == "open"
    client.post(f"/console/directory/gateways/{first}/drain")  # again: nothing new
    client.post(f"/console/directory/gateways/{first}/undrain")
    assert [act for act in town.acts() if act.startswith("drain")] == ["drained", "drain-ended"]
    assert len(two.sign_in("sato").paths) == 2


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (Role.CONTACT, 403), (Role.AUDITOR, 403)])
def test_who_may_not_drain(town: Town, role: Role, status: int) -> None:
    """Who only reads cannot take a gateway out."""
    client = browser(account(town.organisation, role))
    assert client.post(f"/console/directory/gateways/{town.id}-gw0/drain").status_code == status
    assert not Gateway.objects.get(pk=f"{town.id}-gw0").draining


@pytest.mark.parametrize(("language", "away"), [("ja", "応答のないゲートウェイ"), ("en", "Gateways out of touch")])
def test_a_gateway_out_of_touch_wants_attention(town: Town, language: str, away: str) -> None:
    """The first page says it, and the gateway's row; so it does when no hub answers."""
    second = town.add_gateway(1)
    client = browser(account(town.organisation, Role.ADMINISTRATOR))
    client.post("/console/language", {"language": language, "next": "/console/"})
    assert away not in client.get("/console/").content.decode()
    town.gateways[second].close()
    _wait_for_touch(town, {f"{town.id}-gw0"})
    assert away in client.get("/console/").content.decode()
    page = client.get("/console/directory/gateways").content.decode()
    assert ("応答なし" if language == "ja" else "out of touch") in page


def test_a_stop_at_a_gateway_out_of_touch(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is stopping until the lease of the gateway that gives no receipt has run out, and says so then."""
    monkeypatch.setattr(kept, "KEPT_SECONDS", 0)  # time passes here without an act
    second = town.add_gateway(1)
    client = browser(account(town.organisation, Role.ADMINISTRATOR))
    stick = town.ready()
    stick.sign_in("tanaka")
    town.gateways[second].close()
    told = client.post(f"/console/api/sticks/{stick.stick}/suspend", HTTP_ACCEPT="application/json").json()
    assert told["state"] == "stopping"
    assert [receipt["gateway"] for receipt in told["receipts"]] == [f"{town.id}-gw0"]
    assert "停止中…" in _stopped(client)
    unheard = Lease.objects.filter(organisation=town.id, gateway=second)
    assert unheard.update(gone_ms=now_ms() - unheard.get().ttl_ms) == 1
    assert "リースの期限が切れました" in _stopped(client)


def test_a_session_counts_where_its_packets_come(town: Town) -> None:
    """After a failover the console counts the session at the second gateway."""
    second = town.add_gateway(1)
    answer = town.ready().sign_in("tanaka")
    assert in_use.of(town.id).sessions == {f"{town.id}-gw0": 1}
    town.gateways[second].report(answer.paths[1].lease, now_ms())
    until(lambda: in_use.of(town.id).sessions == {second: 1})


def test_two_gateways_never_share_a_door_network(town: Town) -> None:
    """An id whose doors would be another gateway's is refused; there are 65,536 networks, so one is soon found."""
    known = door_network(f"{town.id}-gw0")
    twin = next(name for name in map("gw-{}".format, range(10**7)) if door_network(name) == known)
    with pytest.raises(CommandError, match="door network"):
        command("add_gateway", organisation=town.id, id=twin, name="双子", identity_key=KEY, pool="100.127.0.0/26")


def _wait_for_touch(town: Town, gateways: set[str]) -> None:
    until(lambda: set(hub_client.facts(town.id).gateways) == gateways == set(hub_client.in_touch(town.id)))


def _stopped(client: Client) -> str:
    """Return what the first page says of the stopped sessions."""
    return client.get("/console/").content.decode().partition("stop-line")[2].partition("</li>")[0]
