"""A gateway of the office: wireguard-go and agent as the agent's user with CAP_NET_ADMIN, the carrier with nothing."""

import ssl
from pathlib import Path
from typing import Final

from nacl.public import PrivateKey
from nacl.signing import SigningKey

from hanare_core import signed, web_proxy, wire
from hanare_core.pinned_key import key_of
from hanare_core.site import Carrier, Endpoint, GatewaySite
from hanare_lab import addresses, saas
from hanare_lab.installation import accounts, certificate, checkout, front
from hanare_lab.machine import Machine
from hanare_lab.process import Process
from hanare_lab.wait import listens, until

PORT: Final = 51820
FALLBACK_PORT: Final = 443
"""The same WireGuard, for homes whose line lets little else out."""

NAME: Final = "vpn.city.example"
"""As the home's DNS may know the first, and as its carrier is greeted."""

SETTINGS: Final = "/etc/hanare/gateway.toml"
CARRIER_SETTINGS: Final = "/etc/hanare/carrier.toml"
STATE_FOLDER: Final = "/var/lib/hanare-gateway"
READY_S: Final = 30.0

_SETTINGS: Final = """\
organisation = "{organisation}"
gateway = "{id}"
identity_key = "/etc/hanare/identity.key"
state = "{state}/state.json"
[trust]
ca_key = "{ca_key}"
keyd_key = "{keyd_key}"
[hub]
url = "wss://{server}:{hub_port}"
certificate = "/etc/hanare/server.pem"
[wireguard]
driver = "uapi"
interface = "wg0"
private_key = "/etc/hanare/wireguard.key"
ports = [{port}, {fallback_port}]
[network]
wan = "wan0"
lan = ["lan0"]
pool = "{pool}"
door_targets = [
  {{ address = "{server6}", port = {api_port} }},
  {{ address = "{server6}", port = {hub_port} }},
]
"""
_CARRIER: Final = """\
[carrier]
user = {uid}
"""
_WEB: Final = """\
[web]
user = {uid}
resolvers = ["{resolver}"]
"""
TABLE_FOLDER: Final = "/run/hanare-web"
SQUID_SETTINGS: Final = "/etc/hanare/squid.conf"
_CARRIER_SETTINGS: Final = """\
certificate = "/etc/hanare/carrier.pem"
key = "/etc/hanare/carrier.key"
"""


class Gateway:
    """Gateway ``number``, counted from 1, on a machine of the city; its pool is the so-manieth /18 of 100.64/10."""

    def __init__(self, machine: Machine, *, number: int = 1, carrier: bool = True) -> None:
        self.machine = machine
        self.number = number
        self.id = f"gateway-{number}"
        self.pool = str(list(addresses.SESSION_POOL.subnets(new_prefix=18))[number - 1])
        self.name = NAME if number == 1 else f"vpn{number}.city.example"
        self.wireguard_key = PrivateKey.generate()
        self.identity = SigningKey.generate()
        self.processes: dict[str, Process] = {}
        self._carrier = certificate.make(self.name) if carrier else None

    @property
    def identity_key(self) -> str:
        """The public key under which the server knows this gateway."""
        return signed.public_text(self.identity)

    @property
    def public_key(self) -> str:
        """The WireGuard key that sticks know."""
        return wire.key_text(bytes(self.wireguard_key.public_key))

    @property
    def carrier(self) -> Carrier | None:
        """What sticks know of the carrier."""
        if self._carrier is None:
            return None
        return Carrier(key=key_of(ssl.PEM_cert_to_DER_cert(self._carrier[0].decode())), name=self.name)

    @property
    def site(self) -> GatewaySite:
        """What sticks know of it."""
        place = addresses.gateway_place(self.number)
        outer = [(address, port) for port in (PORT, FALLBACK_PORT) for address in (place.wan[2], place.wan6[2])]
        return GatewaySite(
            id=self.id,
            wireguard_key=self.public_key,
            endpoints=tuple(Endpoint(address=str(address), port=port) for address, port in outer),
            name=self.name,
            carrier=self.carrier,
        )

    def install(self, *, organisation: str, ca_key: str, keyd_key: str, server_certificate: bytes) -> None:
        """Write settings and keys."""
        secrets = {"identity.key": bytes(self.identity), "wireguard.key": bytes(self.wireguard_key)}
        for name, secret in secrets.items():
            self.machine.write(f"/etc/hanare/{name}", wire.key_text(secret), mode=0o600, owner=accounts.GATEWAY)
        self.machine.write("/etc/hanare/server.pem", server_certificate)
        settings = _SETTINGS.format(
            organisation=organisation,
            id=self.id,
            state=STATE_FOLDER,
            ca_key=ca_key,
            keyd_key=keyd_key,
            server=addresses.SERVER,
            server6=addresses.SERVER6,
            api_port=front.API_PORT,
            hub_port=front.HUB_PORT,
            port=PORT,
            fallback_port=FALLBACK_PORT,
            pool=self.pool,
        )
        settings += _WEB.format(uid=accounts.PROXY.uid, resolver=saas.RESOLVER)
        self.machine.write(SETTINGS, settings + (_CARRIER.format(uid=accounts.CARRIER.uid) if self._carrier else ""))
        shared = ["-o", str(accounts.GATEWAY.uid), "-g", str(accounts.PROXY.gid), "-m", "2750"]
        self.machine.run(["install", "-d", *shared, TABLE_FOLDER])
        own = ["-o", str(accounts.PROXY.uid), "-g", str(accounts.PROXY.gid), "-m", "0750"]
        self.machine.run(["install", "-d", *own, "/var/log/hanare-proxy"])
        if self._carrier is not None:
            public, private = self._carrier
            self.machine.write("/etc/hanare/carrier.pem", public)
            self.machine.write("/etc/hanare/carrier.key", private, mode=0o600, owner=accounts.CARRIER)
            self.machine.write(CARRIER_SETTINGS, _CARRIER_SETTINGS)
        uid, gid = accounts.GATEWAY
        owner = ["-o", str(uid), "-g", str(gid), "-m", "0700"]
        self.machine.run(["install", "-d", *owner, "/run/wireguard", STATE_FOLDER])

    def start(self) -> None:
        """Start wireguard-go, then the agent and the carrier."""
        self.start_wireguard()
        self.start_agent()
        if self._carrier is not None:
            self.start_carrier()

    def start_wireguard(self) -> Process:
        """Start wireguard-go; the agent configures it."""
        socket = self._file("/run/wireguard/wg0.sock")
        socket.unlink(missing_ok=True)
        process = self.machine.start(
            "wireguard", ["wireguard-go", "-f", "wg0"], user=accounts.GATEWAY, caps=["net_admin"]
        )
        until(listens(socket), seconds=READY_S, what="wireguard-go", process=process)
        self.processes["wireguard"] = process
        return process

    def start_agent(self) -> Process:
        """Start the agent."""
        process = self.machine.start(
            "agent",
            ["python3", "-m", "hanare_gateway", SETTINGS],
            user=accounts.GATEWAY,
            caps=["net_admin"],
            env={"PYTHONPATH": checkout.python_path("core", "gateway")},
        )
        self.processes["agent"] = process
        return process

    def start_carrier(self) -> Process:
        """Start the carrier and wait until it listens."""
        process = self.machine.start(
            "carrier",
            ["python3", "-m", "hanare_gateway.carrier", CARRIER_SETTINGS],
            user=accounts.CARRIER,
            env={"PYTHONPATH": checkout.python_path("core", "gateway")},
        )
        until(lambda: "carrier ready" in process.log_tail(), seconds=READY_S, what="the carrier", process=process)
        self.processes["carrier"] = process
        return process

    def start_proxy(self) -> Process:
        """Start squid and wait until it listens; only stories about web applications need it."""
        env = {"PYTHONPATH": checkout.python_path("core", "gateway")}
        made = self.machine.run(["python3", "-m", "hanare_gateway.web.configuration", SETTINGS], env=env)
        self.machine.write(SQUID_SETTINGS, made.stdout)
        process = self.machine.start("proxy", ["squid", "-N", "-f", SQUID_SETTINGS], user=accounts.PROXY, env=env)
        listening = ["ss", "-ltnH", f"sport = :{web_proxy.PORT}"]
        until(lambda: bool(self.machine.run(listening).stdout), seconds=READY_S, what="squid", process=process)
        self.processes["proxy"] = process
        return process

    def kill(self) -> None:
        """Kill -9 everything of it and take its lines away: what a power cut looks like to everybody else."""
        self.machine.ip("link set wan0 down", "link set lan0 down")
        for process in self.processes.values():
            process.kill()

    def revive(self) -> None:
        """Bring it back after `kill`, with nothing but its files, as after a power cut."""
        place = addresses.gateway_place(self.number)
        self.machine.run(["nft", "flush", "ruleset"])
        self.machine.ip("link set wan0 up", "link set lan0 up")
        self.machine.ip(
            f"addr replace {place.wan6[2]}/64 dev wan0",
            f"addr replace {place.lan6}/64 dev lan0",
            f"route replace default via {place.wan[1]}",
            f"route replace default via {place.wan6[1]}",
        )
        self.start()

    def kill_here(self, name: str) -> str:
        """End a session, stick, user or `all` by the gateway's own command; return what it says."""
        command = ["python3", "-m", "hanare_gateway", SETTINGS, "kill", name]
        env = {"PYTHONPATH": checkout.python_path("core", "gateway")}
        return self.machine.run(command, user=accounts.GATEWAY, caps=["net_admin"], env=env).stdout

    def has_ruleset(self) -> bool:
        """Whether the agent has put its ruleset in force since the machine's start."""
        return self.machine.run(["nft", "list", "table", "inet", "hanare"], check=False).returncode == 0

    def elements(self) -> str:
        """Return the lease elements as the kernel holds them."""
        return self.machine.run(["nft", "list", "set", "inet", "hanare", "allow"]).stdout

    def _file(self, path: str) -> Path:
        return self.machine.root / path.lstrip("/")
