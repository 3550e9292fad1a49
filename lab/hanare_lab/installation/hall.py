"""A city hall with Hanare installed: city, server, gateway, office PCs with users, and sticks that are written.

What a person would do at a console or on a command line is done by the same commands here.
"""

import json
import secrets
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from hanare_core import totp
from hanare_core.door import door_network
from hanare_lab import addresses
from hanare_lab.city import City
from hanare_lab.installation import accounts, checkout, kitting
from hanare_lab.installation.console import Console
from hanare_lab.installation.gateway import Gateway
from hanare_lab.installation.server import Server
from hanare_lab.installation.stick import Stick
from hanare_lab.machine import DEFAULT_LOGS, Machine
from hanare_lab.office_pc import RDP_PORT, OfficePc
from hanare_lab.wait import until

ORGANISATION: Final = "example-city"
ORGANISATION_NAME: Final = "見本市役所"
HELP_DESK: Final = "03-0000-0000（内線 100）"
DEPARTMENT: Final = "kikaku"
DEPARTMENT_NAME: Final = "企画課"
ADMINISTRATOR: Final = "admin"
GATEWAY_NAMES: Final = ("本庁ゲートウェイ", "分庁ゲートウェイ")
IN_TOUCH_S: Final = 60.0
"""Wide: a gateway finds a dead channel in ten seconds and comes back within two."""


@dataclass(frozen=True)
class Worker:
    """A user with their own office PC; passwords are made anew for each hall."""

    id: str
    name: str
    pin: str
    office_pc: OfficePc
    office_password: str
    address: str


class Hall:
    """The whole office side and its homes; `open` brings it up."""

    def __init__(  # noqa: PLR0913 - what a story may set, all by keyword
        self,
        *,
        pcs: int = 1,
        homes: tuple[str, ...] = (addresses.HOME,),
        gateways: int = 1,
        folder: Path = Path("/run/hanare"),
        log_dir: Path = DEFAULT_LOGS,
        ttl_ms: int = 120_000,
        grace_ms: int = 0,
        database: str = "",
        origin: str = "",
    ) -> None:
        self.city = City(pcs=pcs, homes=homes, gateways=gateways, log_dir=log_dir, settled=False)
        checkout.expose()
        with ThreadPoolExecutor() as side_by_side:
            server = side_by_side.submit(Server, self.city.server, folder, database=database, origin=origin)
            station = side_by_side.submit(kitting.Station, self.city.server, folder / "kitting")
            settled = side_by_side.submit(self.city.settle)
            self.office_pcs = list(side_by_side.map(OfficePc, self.city.pcs))
        settled.result()
        self.server, self.station = server.result(), station.result()
        self.gateways = [Gateway(machine, number=number) for number, machine in enumerate(self.city.gateways, start=1)]
        self.gateway = self.gateways[0]
        self.workers: list[Worker] = []
        self.sticks: list[Stick] = []
        self.password = secrets.token_urlsafe(12)
        self.totp_secret = totp.new_secret()
        self._console: Console | None = None
        self._ttl_ms = ttl_ms
        self._grace_ms = grace_ms

    def open(self) -> Self:
        """Install and start the office side."""
        self.server.set_up(
            organisation=ORGANISATION,
            name=ORGANISATION_NAME,
            ca_key=self.station.ca_key,
            administrator=ADMINISTRATOR,
            password=self.password,
            totp_secret=self.totp_secret,
            department=DEPARTMENT,
            department_name=DEPARTMENT_NAME,
            help_desk=HELP_DESK,
            ttl_ms=str(self._ttl_ms),
            grace_ms=str(self._grace_ms),
        )
        self.server.start()
        for gateway in self.gateways:
            self._add_gateway(gateway)
        self.prepare_sticks(self.gateways)
        for number, office_pc in enumerate(self.office_pcs, start=1):
            self.workers.append(self._add_worker(number, office_pc))
        return self

    def prepare_sticks(self, gateways: Sequence[Gateway]) -> None:
        """Let the sticks that are written from now on know these gateways."""
        self.station.prepare(
            organisation=ORGANISATION,
            organisation_name=ORGANISATION_NAME,
            help_desk=HELP_DESK,
            server=self.server,
            gateways=gateways,
        )

    @property
    def console(self) -> Console:
        """The administrator's browser without a screen, signed in at its first use."""
        if self._console is None:
            self._console = Console(self.server.console_socket, ADMINISTRATOR, self.password, self.totp_secret)
        return self._console

    def add_stick(
        self,
        *,
        home: int = 0,
        machine: Machine | None = None,
        number: int = 1,
        udp_again_s: float = 600,
        image: int = 0,
    ) -> Stick:
        """Write a new stick, register it, and plug it into a home's PC, or into another machine.

        image: the version that its agent takes itself to run in; 0: none.
        """
        token = self.manage("registration_token", "--count=1", f"--department={DEPARTMENT}").strip()
        device = self.station.write(token, label=f"Stick {len(self.sticks) + 1}")
        stick = Stick(machine or self.city.homes[home], device, number=number, udp_again_s=udp_again_s, image=image)
        self.sticks.append(stick)
        return stick

    def set_first_pin(self, stick: Stick, worker: Worker) -> None:
        """Issue a one-time code and have the worker choose the PIN on the stick."""
        code = self.manage("one_time_code", f"--user={worker.id}").split()[0]
        stick.ask("first-pin", user=worker.name, code=code, pin=worker.pin)
        event = stick.wait_for("first-pin-set")
        if event.code:
            raise RuntimeError(f"first PIN refused: {event.code}")

    def sign_in(self, stick: Stick, worker: Worker, *, pin: str = "") -> int:
        """Type name, PIN and office password; return the time of the last Enter."""
        return stick.ask(
            "sign-in",
            user=worker.name,
            pin=pin or worker.pin,
            office_user=worker.name,
            office_password=worker.office_password,
        )

    def wait_in_touch(self) -> None:
        """Wait until the server hears every gateway, as it may not in the seconds after a restart or a cut."""
        many = len(self.gateways)
        until(lambda: self.console.gateways_in_touch() == many, seconds=IN_TOUCH_S, what="the gateways in touch")

    def manage(self, command: str, *options: str) -> str:
        """Run one of the server's commands on the organisation."""
        return self.server.manage(command, f"--organisation={ORGANISATION}", *options)

    def change_profile(self, **fields: object) -> None:
        """Change what is given of the organisation's profile, without the second person who approves what loosens."""
        self._act(
            "import json",
            "from hanare_server.profiles import change",
            "row = opened.organisation.profile",
            f"fields = {{**row.settings, **json.loads({json.dumps(fields)!r})}}",
            "change.save(opened, row.id, change.Edit(row.version, row.name, fields))",
        )

    def begin_rekey(self) -> None:
        """Begin a re-key without the two people who ask and approve: they are tests/server/test_rekey.py's."""
        self._act("from hanare_server.rekey import rounds", "rounds.start(opened, days=rounds.DAYS)")

    def open_carrier(self) -> None:
        """Open the carrier without the two people who ask and approve: they are tests/server/test_carrier.py's."""
        self._act("from hanare_server.access import carrier", "carrier.switch(opened, on=True)")

    def rekey(self, step: str, *options: str) -> str:
        """Carry out one step of a re-key on the server."""
        return self.manage("rekey", step, *options).strip()

    def sign_renewals(self) -> str:
        """Carry the sticks' requests to the kitting station, and what it signs back; return what the server says."""
        file = self.server.folder / "server/renewals"
        self.rekey("export", f"--file={file}")
        place = self.server.machine.root / str(file).lstrip("/")
        self.server.machine.write(str(file), self.station.certify(place.read_bytes()), owner=accounts.SERVER)
        return self.rekey("import", f"--file={file}")

    def announce(self, number: int, gateways: Sequence[Gateway]) -> str:
        """Have the CA sign these gateways as the office's, and the server tell its sticks; return what it says."""
        file = self.server.folder / "server/gateways"
        self.server.machine.write(str(file), self.station.gateway_list(number, gateways), owner=accounts.SERVER)
        return self.rekey("gateways", f"--file={file}")

    def close(self) -> None:
        """Take everything down; the next hall of the same lab starts with an empty folder."""
        for stick in self.sticks:
            stick.close()
        if self._console is not None:
            self._console.close()
        self.server.close()
        self.station.close()
        self.city.close()
        shutil.rmtree(self.server.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _act(self, *lines: str) -> None:
        """Carry lines out in one act of the server's own shell, which is `opened` to them."""
        script = (
            "from hanare_server.access.act import act",
            "from hanare_server.audit.log import COMMAND",
            f"with act({ORGANISATION!r}, COMMAND) as opened:",
            *(f"    {line}" for line in lines),
        )
        self.server.manage("shell", "--command=" + "\n".join(script))

    def _add_gateway(self, gateway: Gateway) -> None:
        self.manage(
            "add_gateway",
            f"--id={gateway.id}",
            f"--name={GATEWAY_NAMES[gateway.number - 1]}",
            f"--identity-key={gateway.identity_key}",
            f"--pool={gateway.pool}",
            f"--position={gateway.number}",
        )
        gateway.install(
            organisation=ORGANISATION,
            ca_key=self.station.ca_key,
            keyd_key=self.server.keyd_key,
            server_certificate=self.server.tls_certificate,
        )
        if gateway is not self.gateway:
            self.city.route_back(gateway.number, gateway.pool, door_network(gateway.id))
        gateway.start()

    def _add_worker(self, number: int, office_pc: OfficePc) -> Worker:
        name = f"{DEPARTMENT}{number:02}"
        password = secrets.token_urlsafe(12)
        office_pc.add_user(name, password, department=DEPARTMENT_NAME)
        office_pc.start()
        options = (f"--department={DEPARTMENT}", f"--name={name}", f"--full-name=利用者 {number}")
        user = self.manage("add_user", *options).strip()
        address = str(addresses.pc_address(number))
        self.manage(
            "add_office_pc",
            f"--user={user}",
            f"--name={office_pc.machine.name}",
            "--kind=xrdp",
            f"--address={address}",
            f"--port={RDP_PORT}",
            f"--fingerprint={office_pc.fingerprint}",
        )
        pin = f"{secrets.randbelow(10**9):09}"
        return Worker(user, name, f"hn{pin}", office_pc, password, address)
