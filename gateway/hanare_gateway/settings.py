"""The agent's settings: one TOML file, checked as a whole before anything is touched.

Secrets are files that it names: 32 bytes in base64url, readable by the owner and at most its group.
"""

import ipaddress
import tomllib
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from nacl.signing import SigningKey

from hanare_core import wire
from hanare_core.admission import Trust
from hanare_core.problems import Problem

SECRET_MODE_FORBIDDEN: Final = 0o037
"""A secret's file may be 0600 or 0640, nothing wider."""

Interface = Annotated[str, msgspec.Meta(pattern=r"^[a-zA-Z][a-zA-Z0-9._-]{0,14}\Z")]


class SettingsError(Exception):
    """The settings cannot be used; the text says which and why, without any secret."""


class Endpoint(wire.Message, frozen=True):
    """An address and TCP port behind the gateway."""

    address: wire.Address
    port: wire.Port


class TrustSettings(wire.Message, frozen=True):
    """Whose word the gateway takes."""

    ca_key: wire.Key
    keyd_key: wire.Key


class HubSettings(wire.Message, frozen=True):
    """The hub's channel; `certificate` is the file of the only certificate accepted."""

    url: Annotated[str, msgspec.Meta(pattern=r"^wss://[^/?#@]+\Z")]
    """Without a path: wss://ADDRESS:PORT."""
    certificate: str
    server_name: str = "hanare-server"


class WireguardSettings(wire.Message, frozen=True):
    """The WireGuard interface. It listens on the first port; the others are redirected to it."""

    private_key: str
    driver: Literal["uapi", "kernel"] = "kernel"
    interface: Interface = "wg0"
    ports: Annotated[tuple[wire.Port, ...], msgspec.Meta(min_length=1, max_length=4)] = (51820,)
    uapi_socket: str = ""
    """Default: /run/wireguard/INTERFACE.sock, where wireguard-go makes it."""


class NetworkSettings(wire.Message, frozen=True):
    """What lies on which side."""

    wan: Interface
    lan: Annotated[tuple[Interface, ...], msgspec.Meta(min_length=1, max_length=8)]
    """Interfaces behind which office PCs and the server are."""
    pool: str = "100.64.0.0/18"
    """Inner addresses of sessions."""
    return_path: Literal["routed", "snat"] = "routed"
    door_targets: Annotated[tuple[Endpoint, ...], msgspec.Meta(max_length=8)] = ()
    """Where doors lead: the server's API and hub, IPv6."""


class CarrierSettings(wire.Message, frozen=True):
    """The carrier on TCP 443 of the internet side; without this section that port stays silent too."""

    user: Annotated[int, msgspec.Meta(ge=1)]
    """User id of its process, which may reach WireGuard and nothing else."""
    port: wire.Port = 10443
    """Where it listens."""


class WebSettings(wire.Message, frozen=True):
    """The egress proxy for web applications; without this section no session reaches any."""

    user: Annotated[int, msgspec.Meta(ge=1)]
    """User id of squid, which may reach TCP 443 on the internet side and the resolvers."""
    resolvers: Annotated[tuple[wire.Address, ...], msgspec.Meta(min_length=1, max_length=4)]
    """DNS servers that squid asks."""
    table: str = "/run/hanare-web/table.json"
    """File in which the agent tells squid's helper which session may open what; its folder belongs to the agent."""
    log: str = "/var/log/hanare-proxy"
    """Folder of squid's two logs, its own."""


class Settings(wire.Message, frozen=True):
    """Everything the agent is told."""

    organisation: wire.Id
    gateway: wire.Id
    identity_key: str
    state: str
    """File that keeps the epoch; its folder belongs to the agent."""
    trust: TrustSettings
    hub: HubSettings
    wireguard: WireguardSettings
    network: NetworkSettings
    carrier: CarrierSettings | None = None
    web: WebSettings | None = None

    def pool(self) -> ipaddress.IPv4Network:
        """Return the pool of session addresses."""
        return ipaddress.IPv4Network(self.network.pool)

    def trusted(self) -> Trust:
        """Return whose word admits doors and leases."""
        return Trust(self.organisation, self.gateway, self.trust.ca_key, self.trust.keyd_key, self.pool())


def read_settings(path: Path) -> Settings:
    """Return the settings of a file; raise SettingsError that names what is wrong."""
    try:
        settings = msgspec.convert(tomllib.loads(path.read_text("utf-8")), Settings)
        settings.pool()
        for target in settings.network.door_targets:
            ipaddress.IPv6Address(target.address)
        for resolver in settings.web.resolvers if settings.web else ():
            ipaddress.ip_address(resolver)
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        raise SettingsError(f"{path}: {error}") from error
    return settings


def read_secret(path: str) -> bytes:
    """Return the 32 bytes of a secret's file; raise SettingsError if it is none or open to others."""
    file = Path(path)
    try:
        if file.stat().st_mode & SECRET_MODE_FORBIDDEN:
            raise SettingsError(f"{path}: its mode must be 0600 or 0640")
        secret = wire.key_bytes(file.read_text("ascii").strip())
    except (OSError, ValueError, Problem) as error:
        raise SettingsError(f"{path}: not a readable secret") from error
    if len(secret) != wire.KEY_BYTES:
        raise SettingsError(f"{path}: not {wire.KEY_BYTES} bytes")
    return secret


def read_identity(settings: Settings) -> SigningKey:
    """Return the gateway's Ed25519 identity key."""
    return SigningKey(read_secret(settings.identity_key))
