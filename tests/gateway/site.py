"""One city with a scripted hub, and in its gateway wireguard-go and the agent as they run in production."""

import json
import re
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from nacl.public import PrivateKey

from hanare_core import signed, wire
from hanare_lab import addresses
from hanare_lab.city import City
from hanare_lab.installation.accounts import GATEWAY as ACCOUNT
from hanare_lab.process import Process
from hanare_lab.wait import listens, until
from tests.gateway.papers import CA, GATEWAY, IDENTITY, KEYD, ORGANISATION, POOL, Stick
from tests.gateway.scripted_hub import PORT, ScriptedHub
from tests.gateway.uapi_client import Tunnel

SETTINGS: Final = "/etc/hanare/gateway.toml"
STATE: Final = "/var/lib/hanare-gateway/state.json"
LISTEN_PORT: Final = 51820
WIREGUARD_KEY: Final = PrivateKey(b"w" * 32)
START_S: Final = 20.0
PYTHONPATH: Final = "/opt/hanare/core:/opt/hanare/gateway"

SETTINGS_TEXT: Final = f"""
organisation = "{ORGANISATION}"
gateway = "{GATEWAY}"
identity_key = "/etc/hanare/identity.key"
state = "{STATE}"
[trust]
ca_key = "{signed.public_text(CA)}"
keyd_key = "{signed.public_text(KEYD)}"
[hub]
url = "wss://{addresses.SERVER}:{PORT}"
certificate = "/etc/hanare/server.pem"
[wireguard]
driver = "uapi"
interface = "wg0"
private_key = "/etc/hanare/wireguard.key"
ports = [{LISTEN_PORT}, 443]
[network]
wan = "wan0"
lan = ["lan0"]
pool = "{POOL}"
door_targets = [{{ address = "{addresses.SERVER6}", port = {PORT} }}]
"""


class Site:
    """The city, its hub and its gateway."""

    def __init__(self, folder: Path) -> None:
        self.city = City(pcs=2, log_dir=folder)
        self.gateway = self.city.gateway
        self.home = self.city.homes[0].pc
        self.pc = self.city.pcs[0]
        self.pc_address = str(addresses.pc_address(1))
        self.agent: Process | None = None
        try:
            self.hub = ScriptedHub(self.city.server, folder)
            self._install()
            self.wireguard = self.start_wireguard()
        except BaseException:
            self.city.close()  # what was left standing would be in the way of every later one
            raise

    def close(self) -> None:
        """Take everything down."""
        self.hub.close()
        self.city.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start_wireguard(self) -> Process:
        """Start wireguard-go as the agent's user; nobody's child but ours."""
        process = self.gateway.start("wireguard", ["wireguard-go", "-f", "wg0"], user=ACCOUNT, caps=["net_admin"])
        socket = self.gateway.root / "run/wireguard/wg0.sock"
        until(listens(socket), seconds=START_S, what="wireguard-go", process=process)
        return process

    def start_agent(self) -> Process:
        """Start the agent with its own user and CAP_NET_ADMIN only."""
        self.agent = self.gateway.start(
            "agent",
            ["python3", "-m", "hanare_gateway", SETTINGS],
            user=ACCOUNT,
            caps=["net_admin"],
            env={"PYTHONPATH": PYTHONPATH},
        )
        return self.agent

    def session(self, stick: Stick) -> Tunnel:
        """Bring up the stick's session tunnel at home."""
        tunnel = self._tunnel("session", stick.session_key, f"{addresses.OFFICE}")
        self.home.ip(f"addr add {stick.address}/32 dev session", f"route add {addresses.OFFICE} dev session")
        return tunnel

    def door(self, stick: Stick) -> Tunnel:
        """Bring up the stick's door at home."""
        tunnel = self._tunnel("door", stick.door_key, f"{addresses.OFFICE6}")
        self.home.ip(f"addr add {stick.door_address}/128 dev door", f"route add {addresses.OFFICE6} dev door")
        return tunnel

    def elements(self) -> list[str]:
        """Return the allow set's elements as nft lists them, without counters and times."""
        text = self.nft("list set inet hanare allow")
        return re.findall(r"[\d.]+ \. [\d.]+ \. \d+(?= counter)", text)

    def nft(self, command: str) -> str:
        """Run one nft command in the gateway."""
        return self.gateway.run(["nft", command]).stdout

    def peers(self) -> set[str]:
        """Return the public keys of the gateway's peers."""
        text = Tunnel.ask(self.gateway, "wg0", "get=1\n\n")
        return {wire.key_text(bytes.fromhex(key)) for key in re.findall(r"^public_key=(\w+)", text, re.MULTILINE)}

    def log(self) -> list[dict[str, object]]:
        """Return the agent's log, a dictionary a line: what is no JSON fails the test."""
        assert self.agent is not None
        return [json.loads(line) for line in self.agent.log_text().splitlines()]

    def _tunnel(self, name: str, key: PrivateKey, allowed: str) -> Tunnel:
        endpoint = f"{addresses.GATEWAY_WAN}:{LISTEN_PORT}"
        peer = f"public_key={bytes(WIREGUARD_KEY.public_key).hex()}\nendpoint={endpoint}\nallowed_ip={allowed}\n"
        return Tunnel(self.home, name, key, peer=peer)

    def _install(self) -> None:
        secrets = {"identity.key": bytes(IDENTITY), "wireguard.key": bytes(WIREGUARD_KEY)}
        for name, secret in secrets.items():
            self.gateway.write(f"/etc/hanare/{name}", wire.key_text(secret), mode=0o600, owner=ACCOUNT)
        self.gateway.write("/etc/hanare/server.pem", self.hub.certificate)
        self.gateway.write(SETTINGS, SETTINGS_TEXT)
        for folder in ("/run/wireguard", Path(STATE).parent):
            self.gateway.run(
                ["install", "-d", "-m", "700", "-o", str(ACCOUNT.uid), "-g", str(ACCOUNT.gid), str(folder)]
            )
