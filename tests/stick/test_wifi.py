"""Wi-Fi through a scripted iwd on a real bus: what is in reach, what is refused and why, and what is remembered."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from jeepney import DBusAddress, HeaderFields, new_method_call
from jeepney.io.asyncio import open_dbus_router

from hanare_core.problems import Code, Problem
from hanare_core.sentences import LANGUAGES, sentence
from hanare_stick import known_networks
from hanare_stick.control_messages import AnyEvent, Network, Networks, WifiJoin, WifiScan
from hanare_stick.known_networks import KnownNetwork
from hanare_stick.wifi import Wifi, bars, cable
from tests.stick.iwd_service import Air, Service, on_a_private_bus

WAIT_S = 20.0
HOME = Air("ieno-wifi", password="himitsu-himitsu")
WORK = Air("city eduroam/離れ", kind="8021x", user="taro@hanare", password=" a\\b ")


class Screen:
    """Hears what the kiosk would."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[AnyEvent | Code | tuple[str, str]] = asyncio.Queue()

    def tell(self, event: AnyEvent) -> None:
        self.heard.put_nowait(event)

    def note(self, step: str, detail: str) -> None:
        self.heard.put_nowait((step, detail))

    def refuse(self, problem: Problem) -> None:
        self.heard.put_nowait(problem.code)


Story = Callable[[Wifi, Screen, Service], Coroutine[Any, Any, None]]


def with_iwd(folder: Path, story: Story, *air: Air, radio: bool = True) -> None:
    async def run() -> None:
        async with asyncio.timeout(WAIT_S), on_a_private_bus(folder, *air, radio=radio) as (bus, service):
            screen = Screen()
            await story(Wifi(screen, folder, bus=bus, state=service.state), screen, service)

    asyncio.run(run())


def outcome(folder: Path, wish: WifiJoin, *air: Air) -> tuple[object, Service]:
    """Return what the screen hears of this wish, and iwd after it."""
    told: list[tuple[object, Service]] = []

    async def story(wifi: Wifi, screen: Screen, service: Service) -> None:
        wifi.ask(wish)
        told.append((await screen.heard.get(), service))

    with_iwd(folder, story, *air)
    return told[0]


def test_what_is_in_reach_is_told_best_first(tmp_path: Path) -> None:
    """Name, kind and signal of each, and which are remembered; the name is handed on as it came."""
    hostile = Air("<b>\u202egnp.\n", kind="open", dbm=-80)
    known_networks.keep(tmp_path, KnownNetwork(name=HOME.name, kind="psk", password=HOME.password))

    async def story(wifi: Wifi, screen: Screen, service: Service) -> None:
        wifi.ask(WifiScan())
        told = await screen.heard.get()
        assert isinstance(told, Networks)
        assert told.radio
        assert told.networks == (
            Network(name=HOME.name, kind="psk", bars=4, known=True),
            Network(name=hostile.name, kind="open", bars=1),
        )
        assert service.scans == 1

    with_iwd(tmp_path, story, hostile, HOME)


def test_the_typed_password_goes_to_iwd_and_joins(tmp_path: Path) -> None:
    """The agent answers iwd's question; nothing is kept on the stick unless it was ticked."""
    told, service = outcome(tmp_path, WifiJoin(name=HOME.name, kind="psk", password=HOME.password), HOME)
    assert (told, service.joined, service.asked) == (("wifi-joined", HOME.name), HOME.name, [HOME.name])
    assert known_networks.read(tmp_path) == ()


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (WifiJoin(name=HOME.name, kind="psk", password="falsch-falsch"), Code.WIFI_PASSWORD_WRONG),
        (WifiJoin(name=HOME.name, kind="psk"), Code.WIFI_PASSWORD_WRONG),
        (WifiJoin(name="gone", kind="psk", password="x"), Code.WIFI_UNREACHABLE),
        (WifiJoin(name="gone", kind="psk", hidden=True, password="x"), Code.WIFI_UNREACHABLE),
        (WifiJoin(name="oldest", kind="wep", password="x"), Code.WIFI_UNSUPPORTED),
        (WifiJoin(name=WORK.name, kind="8021x", user="taro@hanare", password="x"), Code.WIFI_ACCOUNT_REFUSED),
    ],
    ids=["wrong", "none typed", "vanished", "hidden and not there", "too old", "enterprise"],
)
def test_each_refusal_has_its_code_and_sentence(tmp_path: Path, wish: WifiJoin, code: Code) -> None:
    """A person reads in both languages what was wrong, and nothing of it is remembered."""
    told, service = outcome(tmp_path, wish, HOME, WORK, Air("oldest", kind="wep"))
    assert (told, service.joined) == (code, "")
    assert all(all(sentence(code, language)) for language in LANGUAGES)
    assert known_networks.read(tmp_path) == ()


def test_a_network_that_vanishes_while_it_is_joined_is_unreachable(tmp_path: Path) -> None:
    """Between the look and the wish the neighbour switched it off."""

    async def story(wifi: Wifi, screen: Screen, service: Service) -> None:
        wifi.ask(WifiScan())
        await screen.heard.get()
        service.air.clear()
        await wifi.join(WifiJoin(name=HOME.name, kind="psk", password=HOME.password))
        assert await screen.heard.get() is Code.WIFI_UNREACHABLE

    with_iwd(tmp_path, story, HOME)


def test_hidden_and_enterprise_networks_are_joined(tmp_path: Path) -> None:
    """A hidden one by its name, an enterprise one by a file for iwd in which user and password stand unchanged."""
    hidden = Air("kakureta", password="himitsu-himitsu", hidden=True)
    wish = WifiJoin(name=hidden.name, kind="psk", hidden=True, password=hidden.password)
    assert outcome(tmp_path, wish, hidden)[1].joined == hidden.name
    written = Air(WORK.name, kind="8021x", user=WORK.user, password="\\sa\\\\b\\s")
    wish = WifiJoin(name=WORK.name, kind="8021x", user=WORK.user, password=WORK.password)
    assert outcome(tmp_path, wish, written)[1].joined == WORK.name
    (file,) = (tmp_path / "iwd").iterdir()
    assert file.stat().st_mode & 0o077 == 0


def test_a_remembered_network_is_joined_again_without_typing(tmp_path: Path) -> None:
    """Ticked once, it is joined at the next start, and by an empty password field."""
    wish = WifiJoin(name=HOME.name, kind="psk", password=HOME.password, remember=True)
    outcome(tmp_path, wish, HOME)

    async def story(wifi: Wifi, screen: Screen, service: Service) -> None:
        wifi.rejoin()
        assert await screen.heard.get() == ("wifi-joined", HOME.name)
        service.joined = ""
        await wifi.join(WifiJoin(name=HOME.name, kind="psk", remember=True))
        assert service.joined == HOME.name
        assert [one.password for one in known_networks.read(tmp_path)] == [HOME.password]

    with_iwd(tmp_path, story, HOME)
    assert (tmp_path / known_networks.FILE).stat().st_mode & 0o077 == 0


def test_a_typed_password_goes_before_a_remembered_one(tmp_path: Path) -> None:
    """After the router's password was changed, typing the new one joins and replaces what was remembered."""
    known_networks.keep(tmp_path, KnownNetwork(name=HOME.name, kind="psk", password="of last year"))
    wish = WifiJoin(name=HOME.name, kind="psk", password=HOME.password, remember=True)
    assert outcome(tmp_path, wish, HOME)[1].joined == HOME.name
    assert [one.password for one in known_networks.read(tmp_path)] == [HOME.password]


def test_another_holder_finds_nothing_of_the_last_one(tmp_path: Path) -> None:
    """At another's sign-in the last holder's networks are gone; what was joined just before it stays."""
    known_networks.keep(tmp_path, KnownNetwork(name="of-taro", kind="psk", password="p"))
    known_networks.held_by(tmp_path, "taro")
    known_networks.held_by(tmp_path, "taro")
    assert [one.name for one in known_networks.read(tmp_path)] == ["of-taro"]
    known_networks.keep(tmp_path, KnownNetwork(name="of-hanako", kind="psk", password="p"))
    known_networks.held_by(tmp_path, "hanako")
    assert [one.name for one in known_networks.read(tmp_path)] == ["of-hanako"]
    assert b"taro" not in (tmp_path / known_networks.FILE).read_bytes()


def test_a_pc_without_wifi_says_so(tmp_path: Path) -> None:
    """No radio, no iwd, no bus: an empty list, and joining is refused with a sentence."""

    async def story(wifi: Wifi, screen: Screen, _service: Service) -> None:
        for one in (wifi, Wifi(screen, tmp_path, bus=f"unix:path={tmp_path}/none")):
            await one.look()
            told = await screen.heard.get()
            assert isinstance(told, Networks)
            assert (told.radio, told.networks) == (False, ())
            await one.join(WifiJoin(name="x", kind="psk", password="x"))
            assert await screen.heard.get() is Code.WIFI_UNREACHABLE

    with_iwd(tmp_path, story, radio=False)


def test_a_stranger_on_the_bus_is_told_no_password(tmp_path: Path) -> None:
    """While iwd's question is open, whoever else asks the agent for the secret is refused."""
    refused: list[str] = []

    async def story(wifi: Wifi, screen: Screen, service: Service) -> None:
        async def intrude() -> None:
            async with open_dbus_router(f"unix:path={tmp_path}/bus") as stranger:
                owner, path = service.agent
                agent = DBusAddress(path, bus_name=owner, interface="net.connman.iwd.Agent")
                asked = new_method_call(agent, "RequestPassphrase", "o", ("/net/connman/iwd/0/3/x",))
                reply = await stranger.send_and_get_reply(asked)
                refused.append(reply.header.fields[HeaderFields.error_name])

        service.before_asking = intrude
        await wifi.join(WifiJoin(name=HOME.name, kind="psk", password=HOME.password))
        assert await screen.heard.get() == ("wifi-joined", HOME.name)

    with_iwd(tmp_path, story, HOME)
    assert refused == ["org.freedesktop.DBus.Error.AccessDenied"]


def test_one_thing_at_a_time(tmp_path: Path) -> None:
    """A second wish while the first is under way is out of order."""

    async def story(wifi: Wifi, screen: Screen, _service: Service) -> None:
        wifi.ask(WifiScan())
        with pytest.raises(Problem) as refused:
            wifi.ask(WifiScan())
        assert refused.value.code is Code.OUT_OF_ORDER
        await screen.heard.get()

    with_iwd(tmp_path, story, HOME)


def test_a_cable_and_a_tethered_phone_are_seen(tmp_path: Path) -> None:
    """An Ethernet with a carrier counts; one without, a radio and a tunnel do not."""
    for name, (kind, carrier, radio) in {
        "eth0": ("1", "0", False),
        "wlan0": ("1", "1", True),
        "hn-door": ("65534", "1", False),
    }.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / "type").write_text(f"{kind}\n")
        (folder / "carrier").write_text(f"{carrier}\n")
        if radio:
            (folder / "phy80211").mkdir()
    assert not cable(tmp_path)
    (tmp_path / "eth0/carrier").write_text("1\n")
    assert cable(tmp_path)


@pytest.mark.parametrize(("dbm", "seen"), [(-40, 4), (-55, 4), (-60, 3), (-70, 2), (-90, 1)])
def test_a_signal_is_shown_in_four_steps(dbm: float, seen: int) -> None:
    """Strong, good, fair, weak."""
    assert bars(dbm) == seen
