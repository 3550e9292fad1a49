"""A city with a scripted office, a real office PC and a real stick; run by `python -m hanare_lab.enter -- pytest …`."""

import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pytest

from hanare_core import signed, wire
from hanare_core.certificate import StickCertificate
from hanare_core.messages.api import OfficePc as Desktop
from hanare_core.site import Endpoint, GatewaySite, Site
from hanare_image.device import write_partition
from hanare_lab import addresses
from hanare_lab.city import City
from hanare_lab.installation.accounts import BROWSER, DESKTOP, INPUT_METHOD, KIOSK, PORTAL, PORTAL_RELAY, SOUND
from hanare_lab.kiosk import DESKTOP_SOCKET, Kiosk
from hanare_lab.office_pc import RDP_PORT, OfficePc
from hanare_lab.process import Process
from hanare_lab.screen import Screen
from hanare_lab.sound import PULSE
from hanare_lab.sound import RUN as SOUND_RUN
from hanare_lab.wait import until
from hanare_stick import remembered
from hanare_stick.remembered import Remembered
from tests.stick.office import API_PORT, HUB_PORT, PIN, WIREGUARD_PORT, Office
from tests.stick.screen import ControlClient

USER: Final = "kikaku01"
START_S: Final = 120.0
DEVICE: Final = "/media/hanare"
RUN: Final = "/run/hanare-stick"
SETTINGS: Final = "/etc/hanare/stick.toml"
AUTHORITIES: Final = "/etc/hanare/authorities.pem"
PYTHONPATH: Final = "/opt/hanare/core:/opt/hanare/stick"


class World:
    """City, office, office PC and stick."""

    def __init__(
        self, folder: Path, *, size: tuple[int, int] | None = None, gateways: int = 1, monitors: int = 1
    ) -> None:
        """Give the stick a kiosk's monitors of this size; None: a bare X screen, and a test's hand at the socket."""
        self.city = City(gateways=gateways, log_dir=folder)
        try:
            self._fill(folder, size, monitors)
        except BaseException:
            self.city.close()  # what was left standing would be in the way of every later one
            raise

    def start_agent(self) -> ControlClient:
        """Start the agent and return a connection to it once it is ready."""
        self.agent = self.home.start(
            "stick", ["python3", "-m", "hanare_stick", SETTINGS], env={"PYTHONPATH": PYTHONPATH}
        )
        client = until(lambda: _client(self.control), seconds=START_S, what="control socket", process=self.agent)
        self.clients.append(client)
        client.send(kind="status")
        return client

    def sign_in(self, client: ControlClient, pin: str = PIN) -> None:
        """Type name, PIN and the office PC's password."""
        client.send(kind="sign-in", user=USER, pin=pin, office_user=USER, office_password=self.password)

    def programs(self, name: str) -> list[str]:
        """Return the ids of the home PC's processes of this program."""
        inside = self.home.run(["ps", "-C", name, "-o", "pid=,stat=,netns="], check=False).stdout
        own = [line.split() for line in inside.splitlines()]
        return [fields[0] for fields in own if not fields[1].startswith("Z")]

    def close(self) -> None:
        """Take everything down."""
        for client in self.clients:
            client.close()
        self.office.close()
        self.city.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _fill(self, folder: Path, size: tuple[int, int] | None, monitors: int) -> None:
        self.home = self.city.homes[0].pc
        self.password = secrets.token_urlsafe()
        self.pc = OfficePc(self.city.pcs[0])
        self.pc.add_user(USER, self.password)
        self.pc.start()
        target = Desktop(
            name="pc1",
            kind="xrdp",
            address=str(addresses.pc_address(1)),
            port=RDP_PORT,
            fingerprint=self.pc.fingerprint,
        )
        self.office = Office(self.city, folder, target)
        self.control = self.home.root / RUN.lstrip("/") / "control.sock"
        if size is None:
            self.screen = Screen(self.home, user=DESKTOP)
            display = f'name = ":1"\nauthority = "{self.screen.env["XAUTHORITY"]}"'
        else:
            self.kiosk = Kiosk(self.home, f"{RUN}/control.sock", size=size, monitors=monitors)
            display = f'wayland = "{DESKTOP_SOCKET}"'
        self._kit(display)
        remembered.write(self.home.root / DEVICE.lstrip("/"), Remembered(tour_seen=True))
        self.agent: Process | None = None
        self.clients: list[ControlClient] = []

    def _kit(self, display: str) -> None:
        site = Site(
            organisation="city",
            organisation_name="離れ市",
            help_desk="0123-45-6789",
            server_key=signed.public_text(self.office.key),
            server_certificate=self.office.certificate,
            api=Endpoint(address=str(addresses.SERVER6), port=API_PORT),
            hub=Endpoint(address=str(addresses.SERVER6), port=HUB_PORT),
            gateways=tuple(
                GatewaySite(
                    id=name,
                    wireguard_key=wire.key_text(bytes(key.public_key)),
                    endpoints=(Endpoint(address=str(addresses.gateway_place(number).wan[2]), port=WIREGUARD_PORT),),
                )
                for number, (name, key) in enumerate(self.office.gateways.items(), start=1)
            ),
        )
        folder = self.home.root / DEVICE.lstrip("/")
        written = write_partition(folder, site, self.office.ca, now_ms=time.time_ns() // 1_000_000)
        shown = signed.unverified(written.certificate, StickCertificate)
        self.office.admit(written.stick, shown.identity_key, shown.door_key)
        display += f"\nuid = {DESKTOP.uid}\ngid = {DESKTOP.gid}"
        display += f'\nsound = {{ uid = {SOUND.uid}, gid = {SOUND.gid}, play = "{PULSE}/play", talk = "{PULSE}/talk"'
        display += f', run = "{SOUND_RUN}" }}\n[kiosk]\nuid = {KIOSK.uid}\ngid = {KIOSK.gid}'
        display += f'\n[browser]\nuid = {BROWSER.uid}\ngid = {BROWSER.gid}\nauthorities = "{AUTHORITIES}"'
        display += f"\n[browser.input_method]\nuid = {INPUT_METHOD.uid}\ngid = {INPUT_METHOD.gid}"
        display += f"\n[browser.portal]\nuid = {PORTAL.uid}\ngid = {PORTAL.gid}"
        display += f"\nrelay_uid = {PORTAL_RELAY.uid}\nrelay_gid = {PORTAL_RELAY.gid}"
        self.home.write(SETTINGS, f'device = "{DEVICE}"\nrun = "{RUN}"\n[display]\n{display}\n', mode=0o600)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Give a fresh world whose agent is not started yet."""
    with World(tmp_path) as made:
        yield made


@pytest.fixture
def kiosk_world(tmp_path: Path) -> Iterator[World]:
    """Give a fresh world whose stick has a kiosk's screen."""
    with World(tmp_path, size=(1280, 720)) as made:
        yield made


def _client(path: Path) -> ControlClient | None:
    try:
        return ControlClient(path)
    except OSError:
        return None
