"""The office's gateway: wireguard-go and the agent, both as the agent's user with CAP_NET_ADMIN and nothing else."""

from pathlib import Path
from typing import Final

from nacl.public import PrivateKey
from nacl.signing import SigningKey

from hanare_core import signed, wire
from hanare_lab import addresses
from hanare_lab.installation import accounts, checkout, front
from hanare_lab.machine import Machine
from hanare_lab.process import Process
from hanare_lab.wait import until

PORT: Final = 51820
FALLBACK_PORT: Final = 443
"""The same WireGuard, for homes whose line lets little else out."""

SETTINGS: Final = "/etc/hanare/gateway.toml"
STATE_FOLDER: Final = "/var/lib/hanare-gateway"
READY_S: Final = 10.0

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


class Gateway:
    """One gateway on a machine of the city."""

    def __init__(self, machine: Machine, *, identifier: str = "gateway-1", pool: str = "100.64.0.0/18") -> None:
        self.machine = machine
        self.id = identifier
        self.pool = pool
        self.wireguard_key = PrivateKey.generate()
        self.identity = SigningKey.generate()
        self.processes: dict[str, Process] = {}

    @property
    def identity_key(self) -> str:
        """The public key under which the server knows this gateway."""
        return signed.public_text(self.identity)

    @property
    def public_key(self) -> str:
        """The WireGuard key that sticks know."""
        return wire.key_text(bytes(self.wireguard_key.public_key))

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
        self.machine.write(SETTINGS, settings)
        uid, gid = accounts.GATEWAY
        owner = ["-o", str(uid), "-g", str(gid), "-m", "0700"]
        self.machine.run(["install", "-d", *owner, "/run/wireguard", STATE_FOLDER])

    def start(self) -> None:
        """Start wireguard-go, then the agent."""
        self.start_wireguard()
        self.start_agent()

    def start_wireguard(self) -> Process:
        """Start wireguard-go; the agent configures it."""
        socket = self._file("/run/wireguard/wg0.sock")
        socket.unlink(missing_ok=True)
        process = self.machine.start(
            "wireguard", ["wireguard-go", "-f", "wg0"], user=accounts.GATEWAY, caps=["net_admin"]
        )
        until(socket.exists, seconds=READY_S, what="wireguard-go", process=process)
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

    def elements(self) -> str:
        """Return the lease elements as the kernel holds them."""
        return self.machine.run(["nft", "list", "set", "inet", "hanare", "allow"]).stdout

    def _file(self, path: str) -> Path:
        return self.machine.root / path.lstrip("/")
