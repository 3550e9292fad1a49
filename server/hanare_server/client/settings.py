"""Where the server is and which file holds the token: from the environment, or ~/.config/hanare/api.toml.

    url = "https://hanare.city.example"
    token_file = "/home/batch/.config/hanare/token"
    ca_file = "/etc/ssl/certs/city.pem"      # only where the server's certificate is the organisation's own

HANARE_API_URL, HANARE_API_TOKEN_FILE and HANARE_API_CA_FILE win over the file. The token itself stands in neither, nor
in an argument list. Plain HTTP is for this machine alone: a token would travel in clear.
"""

import os
import ssl
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from hanare_server.client.texts import ClientError

_HERE: Final = {"localhost", "127.0.0.1", "::1"}
_OTHERS: Final = 0o077
"""Permission bits of everybody but the owner."""


@dataclass(frozen=True)
class Settings:
    """What a call needs."""

    url: str
    token: str
    tls: ssl.SSLContext


def load(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read them; raises ClientError, which says what to do."""
    written = _file(environment)
    url = environment.get("HANARE_API_URL") or str(written.get("url", ""))
    token_file = environment.get("HANARE_API_TOKEN_FILE") or str(written.get("token_file", ""))
    if not url or not token_file:
        raise ClientError("settings-missing", file=str(_path(environment)))
    parts = urlsplit(url)
    if not parts.hostname or (parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _HERE)):
        raise ClientError("url-unsafe", url=url)
    ca_file = environment.get("HANARE_API_CA_FILE") or str(written.get("ca_file", "")) or None
    try:
        tls = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ClientError("file-unreadable", file=str(ca_file)) from error
    return Settings(url.rstrip("/"), _token(Path(token_file).expanduser()), tls)


def _path(environment: Mapping[str, str]) -> Path:
    base = environment.get("XDG_CONFIG_HOME") or str(Path(environment.get("HOME", "/")) / ".config")
    return Path(base) / "hanare" / "api.toml"


def _file(environment: Mapping[str, str]) -> dict[str, object]:
    path = _path(environment)
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ClientError("file-unreadable", file=str(path)) from error


def _token(path: Path) -> str:
    try:
        if path.stat().st_mode & _OTHERS:
            raise ClientError("token-open-to-others", file=str(path))
        token = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ClientError("file-unreadable", file=str(path)) from error
    if not token.isprintable() or not token or " " in token:
        raise ClientError("file-unreadable", file=str(path))
    return token
