"""The carrier's settings: one TOML file that holds no secret; its TLS key is a file of its own user."""

import ssl
import tomllib
from pathlib import Path

import msgspec

from hanare_core import wire


class SettingsError(Exception):
    """The settings cannot be used; the text says which and why."""


class Settings(wire.Message, frozen=True):
    """Everything the carrier is told."""

    certificate: str
    """PEM; sticks know its key, nobody checks its name or dates."""
    key: str
    port: wire.Port = 10443
    """Where it listens; nftables leads TCP 443 of the internet side here, so no right to low ports is needed."""
    wireguard_port: wire.Port = 51820


def read_settings(path: Path) -> Settings:
    """Return the settings of a file; raise SettingsError that names what is wrong."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Settings)
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        raise SettingsError(f"{path}: {error}") from error


def tls_context(settings: Settings) -> ssl.SSLContext:
    """Return the server's TLS: 1.3 only, and not one byte after the handshake that the other end did not cause.

    Raises SettingsError when certificate and key cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = 0
    try:
        context.load_cert_chain(settings.certificate, settings.key)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"{settings.certificate}, {settings.key}: {error}") from error
    return context
