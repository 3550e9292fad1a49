"""A city hall per test: an organisation of its own, with keyd, the hub and a scripted gateway."""

import io
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from ipaddress import IPv6Network
from typing import Any, Final

from django.core.management import call_command
from nacl.signing import SigningKey

from hanare_core import signed, totp
from hanare_core.door import door_network
from hanare_core.problems import Code
from hanare_keyd import admin
from hanare_server import hub_client
from hanare_server.access.models import Session
from hanare_server.audit.models import AuditRow
from hanare_server.console.models import Administrator
from hanare_server.directory.models import Organisation, Profile, Stick, User
from tests.hub.town import Hub
from tests.keyd.office import Keyd
from tests.server.gateway import ScriptedGateway
from tests.server.worker_at_home import AtHome

PASSWORD: Final = "correct horse battery"
GONE_S: Final = 60.0
"""Wide bound for the way server → hub → gateway."""
TOTP_SECRET: Final = totp.new_secret()
"""Of every town's first administrator."""
FINGERPRINT: Final = ":".join(["ab"] * 32)


def command(name: str, /, *positional: str, **options: Any) -> str:
    """Run one of the server's commands and return the last line of what it prints."""
    # In one word with its option, as in a shell: a key in base64url may begin with a dash.
    words = [f"--{option.replace('_', '-')}={value}" for option, value in options.items()]
    output = io.StringIO()
    call_command(name, *positional, *words, stdout=output)
    return output.getvalue().strip().rpartition("\n")[2]


@dataclass
class Town:
    """One organisation, its CA, and the processes that all organisations share."""

    id: str
    keyd: Keyd
    hub: Hub
    ca_key: SigningKey = field(default_factory=SigningKey.generate)
    gateway_keys: dict[str, SigningKey] = field(default_factory=dict)
    gateways: dict[str, ScriptedGateway] = field(default_factory=dict)

    def elsewhere(self) -> "Town":
        """Return another organisation of the same installation, which has nothing yet."""
        other = Town(f"{self.id}-b", self.keyd, self.hub)
        Organisation.objects.create(id=other.id, name="隣の市", server_key="", ca_key="")
        return other

    @property
    def organisation(self) -> Organisation:
        """The organisation's row as it is now."""
        return Organisation.objects.select_related("profile").get(pk=self.id)

    @property
    def profile(self) -> Profile:
        """The organisation's profile."""
        return Profile.objects.get(organisation=self.id, name="標準")

    def set_fields(self, **fields: Any) -> None:
        """Set these fields in the organisation's profile."""
        profile = self.profile
        profile.settings = {**profile.settings, **fields}
        profile.save()

    @property
    def department(self) -> str:
        """The first department's id."""
        return f"{self.id}-general"

    @property
    def administrator(self) -> Administrator:
        """The first console account."""
        return Administrator.objects.get(name=f"admin-{self.id}")

    def add_gateway(self, position: int = 0, *, connected: bool = True, pool: str | None = None) -> str:
        """Add a gateway and return its id."""
        name, key = f"{self.id}-gw{position}", SigningKey.generate()
        self.gateway_keys[name] = key
        command(
            "add_gateway",
            organisation=self.id,
            id=name,
            name=f"ゲートウェイ{position}",
            identity_key=signed.public_text(key),
            pool=pool or _next_pool(),
            position=position,
        )
        if connected:
            self.connect(name)
        return name

    def connect(self, name: str) -> ScriptedGateway:
        """Have the gateway dial the hub."""
        # The hub must have read the gateway's row: a peer that it does not know is sent away.
        assert hub_client.await_lease(self.id, "no-lease", self.organisation.revision) is Code.LEASE_ENDED
        gateway = ScriptedGateway(self.hub.dial("/gateway/v1"), name, self.gateway_keys[name])
        self.gateways[name] = gateway
        return gateway

    def add_user(self, name: str, *, office_pc: bool = True, full_name: str = "") -> User:
        """Add a user with an office PC."""
        user = command("add_user", organisation=self.id, department=self.department, name=name, full_name=full_name)
        if office_pc:
            command(
                "add_office_pc",
                organisation=self.id,
                user=user,
                name=f"PC-{name}",
                kind="xrdp",
                address="10.1.2.3",
                fingerprint=FINGERPRINT,
            )
        return User.objects.get(pk=user)

    def add_stick(self, label: str = "総務1") -> AtHome:
        """Register a stick of the first department."""
        token = command("registration_token", organisation=self.id, department=self.department, count=1)
        stick = AtHome(stick=f"st-{secrets.token_hex(6)}", organisation=self.id, ca_key=self.ca_key)
        stick.register(token, label)
        return stick

    def code_for(self, user: User) -> str:
        """Return a one-time code."""
        return command("one_time_code", organisation=self.id, user=user.id)

    def ready(self, name: str = "tanaka") -> AtHome:
        """Return a stick on which this new user has set a PIN; the user holds it."""
        user = self.add_user(name)
        stick = self.add_stick()
        stick.set_pin(name, self.code_for(user))
        return stick

    def user(self, name: str) -> User:
        """Return the user's row as it is now."""
        return User.objects.get(organisation=self.id, name=name)

    def wait_gone(self, lease: str) -> None:
        """Wait until no gateway holds the lease."""
        deadline = time.monotonic() + GONE_S
        while any(lease in gateway.present for gateway in self.gateways.values()):
            assert time.monotonic() < deadline, "the gateway still holds the lease"
            time.sleep(0.01)

    def row(self, stick: AtHome) -> Stick:
        """Return the stick's row as it is now."""
        return Stick.objects.get(pk=stick.stick)

    def acts(self) -> list[str]:
        """Return the acts of the audit log in order."""
        rows = AuditRow.objects.filter(organisation=self.id).order_by("number")
        return list(rows.values_list("act", flat=True))

    def session(self, identifier: str) -> Session:
        """Return the session's row as it is now."""
        return Session.objects.get(pk=identifier)

    def close(self) -> None:
        """Hang up the gateways."""
        for gateway in self.gateways.values():
            gateway.close()


def found(keyd: Keyd, hub: Hub, monkeypatch: Any, pool: str | None = None) -> Town:
    """Return a new organisation with a connected gateway and an administrator; pool: its addresses."""
    town = Town(_free_name(), keyd, hub)
    ca_key = signed.public_text(town.ca_key)
    # In a thread: keyd's command runs an event loop, and a browser test has one already.
    with ThreadPoolExecutor(1) as thread:
        words = [str(keyd.settings_path), "add-organisation", "--id", town.id, f"--ca-key={ca_key}"]
        assert thread.submit(admin.main, words).result() == 0
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n{TOTP_SECRET}\n"))
    command(
        "setup",
        organisation=town.id,
        name="離れ市",
        help_desk="0123-45-6789",
        ca_key=ca_key,
        department=town.department,
        administrator=f"admin-{town.id}",
        staff_number=f"staff-{town.id}",
    )
    town.add_gateway(pool=pool)
    return town


GATEWAYS: Final = 10
"""So many gateways a test may add."""

_door_networks: set[IPv6Network] = set()


def _free_name() -> str:
    """Return an organisation's id whose gateways share a door network with no earlier one of this run."""
    while True:
        name = f"city-{secrets.token_hex(4)}"
        networks = {door_network(f"{name}-gw{position}") for position in range(GATEWAYS)}
        if networks.isdisjoint(_door_networks):
            _door_networks.update(networks)
            return name


_pools = iter(range(4096))


def _next_pool() -> str:
    """Return a /26 of 100.64.0.0/10 that no test has had yet."""
    number = next(_pools)
    return f"100.{64 + number // 1024}.{number // 4 % 256}.{number % 4 * 64}/26"
