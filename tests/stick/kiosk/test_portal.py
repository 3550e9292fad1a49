"""F41: a hotel's own sign-in page opens in a jailed window that holds no keys and closes before the door opens.

The stick's real firewall (that of the image) stands on the home PC, so what passes here passes on a stick.
"""

from pathlib import Path
from typing import Final

import pytest

import hanare_image
from hanare_core.problems import Code
from hanare_lab.capture import Capture
from hanare_lab.hotel import GREEN, NAME, ROOM, Hotel
from hanare_lab.installation.accounts import PORTAL_RELAY
from hanare_lab.machine import Machine
from hanare_lab.wait import until
from hanare_stick import carrier
from tests.stick.conftest import World
from tests.stick.kiosk.look import GO, asks, share
from tests.stick.kiosk.test_kiosk import covered, seen
from tests.stick.office import WIREGUARD_PORT
from tests.stick.screen import ControlClient

pytestmark = [pytest.mark.lab, pytest.mark.story]

FIREWALL: Final = Path(hanare_image.__file__).parent / "build/files/worker/etc/hanare/firewall.nft"
NETWORKD: Final = "998"
"""Any number stands for that user here: no networkd runs in the lab."""

BAR: Final = (0, 4, 1280, 36)
WARNS: Final = GO
"""The bar above a stranger's page has the colour of a warning."""

TRIES: Final = """
import socket
for place in (("203.0.113.1", 80), ("127.0.0.1", 2222), ("192.168.1.1", 80)):
    try:
        socket.create_connection(place, 3)
        print("reached", place)
    except OSError:
        pass
proxy = socket.create_connection(("127.0.0.1", 3128), 5)
proxy.sendall(b"CONNECT 127.0.0.1:2222 HTTP/1.1\\r\\n\\r\\n")
print(proxy.recv(64).split()[1].decode())
"""
"""From inside the window's network: nothing is reached without the relay, and the stick itself not by it either."""


def shows_hotel(path: Path) -> bool:
    """Whether the hotel's page stands beneath a bar that warns of it."""
    return share(path, (640, 300, 1240, 700), GREEN) > 0.7 and share(path, BAR, WARNS) > 0.5


def raise_firewall(home: Machine) -> None:
    """Load the image's own rules on the home PC."""
    rules = FIREWALL.read_text("utf-8").replace('"systemd-network"', NETWORKD)
    for name, uid in (("portal-relay", PORTAL_RELAY.uid), ("carrier", carrier.USER)):
        rules = rules.replace(f'"{name}"', str(uid))
    home.run(["nft", "-f", "-"], stdin=rules)


def opened(world: World, folder: Path) -> ControlClient:
    """Start behind the portal, read of it, and open its page by keyboard."""
    raise_firewall(world.home)
    client = world.start_agent()
    world.kiosk.start()
    client.wait(code=Code.CAPTIVE_PORTAL.value)
    client.wait(step="portal")
    seen(world, folder / "offered.png", _offers, "the offer")
    world.kiosk.press("Return")
    client.wait(step="portal-open")
    seen(world, folder / "hotel.png", shows_hotel, "the hotel's page")
    return client


def test_the_window_signs_in_and_is_gone_before_the_door(kiosk_world: World, tmp_path: Path) -> None:
    """The page is typed into, the hotel lets the stick out, the window and its profile go, then the door comes up."""
    world = kiosk_world
    hotel = Hotel(world.city.homes[0])
    client = opened(world, tmp_path)
    with Capture(world.home, "eth0", f"udp port {WIREGUARD_PORT}") as tunnels:
        until(lambda: any("/sign-in" in line for line in hotel.asked), seconds=30, what="the page to be asked for")
        world.kiosk.type(ROOM)
        assert tunnels.stop() == []
    world.kiosk.press("Return")
    client.wait(step="portal-closed")
    assert not world.programs("chromium")
    assert not (world.home.root / "run/netns/hanare-portal").exists()
    client.wait(step="ready")
    told = [event.get("step") for event in client.events]
    assert told.index("portal-closed") < told.index("door-up")
    seen(world, tmp_path / "sign-in.png", asks, "the sign-in page")


def test_the_window_holds_no_key_and_reaches_nothing_by_itself(kiosk_world: World, tmp_path: Path) -> None:
    """Its network is a bare loopback, the relay refuses the stick itself, and nothing of the stick is in its cage."""
    world = kiosk_world
    Hotel(world.city.homes[0])
    own = world.home.start("own", ["python3", "-m", "http.server", "2222", "--bind", "127.0.0.1"])
    opened(world, tmp_path)
    assert own.alive
    links = world.home.run(["ip", "-netns", "hanare-portal", "-brief", "link"]).stdout.splitlines()
    assert [line.split()[0] for line in links] == ["lo"]
    said = world.home.run(["ip", "netns", "exec", "hanare-portal", "python3", "-c", TRIES]).stdout.split("\n")
    assert said[0] == "502"
    for pid in world.programs("chromium"):
        held = world.home.run(
            ["sh", "-c", f"ls /proc/{pid}/root/media /proc/{pid}/root/run /proc/{pid}/root/etc"], check=False
        )
        assert set(held.stdout.split()) & {"hanare", "hanare-stick", "stick.toml", "keys"} == set()


def test_only_the_relay_may_speak_to_the_network(kiosk_world: World) -> None:
    """The firewall lets the relay's user to the hotel's page, and no other user of the stick (F30)."""
    world = kiosk_world
    Hotel(world.city.homes[0])
    raise_firewall(world.home)
    ask = f"import http.client; c = http.client.HTTPConnection('{NAME}', timeout=3); c.request('GET', '/sign-in')"
    command = ["python3", "-c", f"{ask}; print(c.getresponse().status)"]
    assert world.home.run(command, user=PORTAL_RELAY).stdout == "200\n"
    for uid in (PORTAL_RELAY.uid - 1, PORTAL_RELAY.uid + 1):
        assert world.home.run(command, user=(uid, uid), check=False).stdout == ""


def test_the_window_is_closed_by_key_and_with_the_kiosk(kiosk_world: World, tmp_path: Path) -> None:
    """Ctrl+Alt+Home leads back to the kiosk's page, and the page can be opened again; a dead kiosk leaves no window."""
    world = kiosk_world
    Hotel(world.city.homes[0])
    client = opened(world, tmp_path)
    world.kiosk.press("Home", modifiers=("ctrl", "alt"))
    client.wait(step="portal-closed")
    assert not world.programs("chromium")
    seen(world, tmp_path / "covered.png", covered, "the kiosk's page")
    client.wait(step="portal")
    seen(world, tmp_path / "offered-again.png", _offers, "the offer")
    world.kiosk.press("Return")
    client.wait(step="portal-open")
    seen(world, tmp_path / "hotel-again.png", shows_hotel, "the hotel's page")
    world.kiosk.close()
    client.wait(step="portal-closed")
    assert not world.programs("chromium")


def test_a_killed_agent_leaves_no_window(kiosk_world: World, tmp_path: Path) -> None:
    """The window and its relay end with the agent, and the screen is covered."""
    world = kiosk_world
    Hotel(world.city.homes[0])
    opened(world, tmp_path)
    assert world.agent is not None
    world.agent.kill()
    until(lambda: not world.programs("chromium"), seconds=30, what="the end of the window")
    seen(world, tmp_path / "covered.png", covered, "the kiosk's page")


def _offers(path: Path) -> bool:
    """Whether the kiosk's page stands with the button that leads to the portal, and no mere ring around another."""
    return covered(path) and share(path, (200, 300, 1080, 640), GO) > 0.015
