"""The identity partition of a stick: its files, and the site file that says what the stick knows of its office.

All of the site file is public. It is the same for every stick of an office.
"""

from typing import Annotated, Final

import msgspec

from hanare_core import wire

KEYS_FILE: Final = "keys"
"""The two slots of `hanare_core.keyring`: keys and certificate, mode 0600."""

LABEL_FILE: Final = "label"
"""What is printed on the stick, UTF-8: for people only, nothing is decided by it."""

SITE_FILE: Final = "site.json"
STATE_FILE: Final = "state"
"""The two slots of `hanare_core.ratchet`."""


class Endpoint(wire.Message, frozen=True):
    """An address and a port, TCP or UDP by its use."""

    address: wire.Address
    port: wire.Port


_LABEL: Final = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
HostName = Annotated[str, msgspec.Meta(max_length=253, pattern=rf"^({_LABEL}\.)*{_LABEL}\Z")]
"""A DNS name in lower case (RFC 1123)."""


class Carrier(wire.Message, frozen=True):
    """The gateway's WireGuard inside TLS on TCP, for homes that let no UDP out; at the addresses of its endpoints."""

    key: wire.Key
    """SHA-256 of its TLS key (DER, SubjectPublicKeyInfo): the only one that is accepted, whatever a clock says."""
    name: HostName
    """The name that the TLS greeting shows."""
    port: wire.Port = 443


class GatewaySite(wire.Message, frozen=True):
    """A gateway as a stick finds it from outside."""

    id: wire.Id
    wireguard_key: wire.Key
    """X25519 public key of its WireGuard interface."""
    endpoints: Annotated[tuple[Endpoint, ...], msgspec.Meta(min_length=1, max_length=8)]
    """UDP; all are tried, the first that answers is used."""
    name: HostName | None = None
    """Looked up on the home network beside the addresses, which count when no DNS answers or it lies."""
    carrier: Carrier | None = None


MOST_GATEWAYS: Final = 8


class Site(wire.Message, frozen=True):
    """The office as the stick knows it."""

    organisation: wire.Id
    organisation_name: wire.Text
    help_desk: wire.Text
    server_key: wire.Key
    """Ed25519 public key that signs the server's answer to hello."""
    server_certificate: Annotated[str, msgspec.Meta(max_length=8192, pattern=r"^-----BEGIN CERTIFICATE-----\n")]
    """PEM; the only trust root of the stick's TLS."""
    api: Endpoint
    """Inside the door."""
    hub: Endpoint
    """Inside the door."""
    gateways: Annotated[tuple[GatewaySite, ...], msgspec.Meta(min_length=1, max_length=MOST_GATEWAYS)]
    tls_name: wire.Text = "hanare-server"
    """The name in the server's certificate."""
