"""What the server's one TOML file may say, checked and frozen.

The file's path stands in the environment as HANARE_SERVER_SETTINGS. Without it the defaults serve tools that
only import the settings (mypy, makemigrations): everything lies in `var/server`, and no secret exists yet.
"""

import os
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

ENVIRONMENT: Final = "HANARE_SERVER_SETTINGS"

SQLITE_WAIT_SECONDS: Final = 20
"""How long a writer waits for SQLite's one write lock: five times the worst wait measured with six writers."""

CONNECTION_SECONDS: Final = 600
"""How long a thread keeps its connection to SQLite, seconds: opening one costs 2 ms. One to PostgreSQL it keeps as long
as it lives: where nothing was asked for ten minutes a stop would wait for a new one, which knows no table yet."""


class SettingsError(Exception):
    """The settings file cannot be used; the text says which and why."""


class IdentityProvider(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A provider of identities by OpenID Connect (Entra ID, Keycloak, …) through which administrators may sign in."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,32}\Z")]
    """Its word in addresses; the provider is told to lead back to /console/sign-in/with/ID/back."""
    name: str
    """What the sign-in's button says."""
    issuer: Annotated[str, msgspec.Meta(pattern=r"^https?://.+")]
    client: str
    secret_file: str
    """The client's secret, one line; mode 0600."""


class Directory(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An organisation's own directory by LDAP; the defaults are those of Active Directory."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,24}\Z")]
    name: str
    """What people call it."""
    organisation: str
    """The id of the organisation whose users and administrators are in it."""
    url: Annotated[str, msgspec.Meta(pattern=r"^ldaps?://[^/]+\Z")]
    """`ldaps://HOST:PORT`, or `ldap://HOST:PORT` with StartTLS; never without TLS."""
    ca_file: str
    """The CA's certificate, PEM: no other CA is believed."""
    bind_dn: str
    """The entry by which the server reads; it needs to read only."""
    secret_file: str
    """That entry's password, one line; mode 0600."""
    base: str
    """Below which entry people are looked for."""
    user_filter: Annotated[str, msgspec.Meta(pattern=r"^\(.+\)\Z")] = (
        "(&(objectCategory=person)(objectClass=user)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))"
    )
    """Which entries are users who may work: by default people whose account is not disabled."""
    name_attribute: str = "sAMAccountName"
    full_name_attribute: str = "displayName"
    department_attribute: str = "department"


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The server's settings. Paths that are empty lie in `directory` under their usual name."""

    directory: str = "var/server"
    """Where the server keeps its own files; mode 0700."""
    database: Annotated[str, msgspec.Meta(pattern=r"^(postgres(ql)?://.*)?\Z")] = ""
    """A PostgreSQL URL; empty: SQLite in `directory`."""
    key_file: str = ""
    """Ed25519 seed, 32 bytes in base64url: signs answers to sticks and live tokens. Mode 0600."""
    secret_file: str = ""
    """Random text behind Django's signatures and the stand-ins of unknown users. Mode 0600."""
    keyd_socket: str = ""
    hub_socket: str = ""
    hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]", "hanare-server")
    """Names by which browsers may call the console."""
    origins: tuple[str, ...] = ()
    """Further origins (`https://name:port`) from which the console's forms may come."""
    tls: bool = True
    """False only where the console is served on loopback without TLS: cookies then lack `Secure`."""
    tls_certificate_file: str = ""
    """The certificate that nginx shows, PEM: the start page tells when it ends. Empty: not watched."""
    syslog: Annotated[str, msgspec.Meta(pattern=r"^(unix:/.+|tcp:.+:[0-9]+)?\Z")] = ""
    """Where the audit log's copy goes: `unix:/dev/log` or `tcp:HOST:PORT` (RFC 5424); empty: nowhere."""
    mail_host: str = ""
    """The office's mail server, reached without a password on its own network; empty: no mail is sent."""
    mail_port: int = 25
    mail_from: str = "hanare@localhost"
    language: Annotated[str, msgspec.Meta(pattern=r"^(ja|en)\Z")] = "ja"
    """Language of a browser that asks for neither."""

    identity_providers: tuple[IdentityProvider, ...] = ()
    directories: tuple[Directory, ...] = ()

    def path(self, name: str, given: str = "") -> Path:
        """Return the given path, or the file of that name in the server's directory."""
        return Path(given) if given else Path(self.directory) / name


def load() -> Config:
    """Return the settings named by the environment; raises SettingsError that names the file and the fault."""
    named = os.environ.get(ENVIRONMENT)
    if not named:
        return Config()
    try:
        return msgspec.toml.decode(Path(named).read_bytes(), type=Config, strict=True)
    except (OSError, msgspec.DecodeError) as error:
        raise SettingsError(f"{named}: {error}") from error


def database(config: Config) -> dict[str, Any]:
    """Return Django's description of the database."""
    return _postgresql(config.database) if config.database else _sqlite(config.path("server.sqlite3"))


def secret(config: Config) -> str:
    """Return the text of the secret file; empty, which Django refuses to use, before `setup` has made it."""
    path = config.path("secret", config.secret_file)
    return path.read_text("ascii").strip() if path.exists() else ""


def identity_providers(config: Config) -> dict[str, Any]:
    """Return allauth's description of the providers of identities; raises SettingsError for a missing secret."""
    apps = [
        {
            "provider_id": one.id,
            "name": one.name,
            "client_id": one.client,
            "secret": first_line(one.secret_file),
            "settings": {"server_url": one.issuer},
        }
        for one in config.identity_providers
    ]
    return {"openid_connect": {"APPS": apps, "OAUTH_PKCE_ENABLED": True}}


def first_line(file: str) -> str:
    """Return a secret file's text; raises SettingsError when it cannot be read."""
    try:
        return Path(file).read_text("utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror}") from error


def _sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "CONN_MAX_AGE": CONNECTION_SECONDS,
        "OPTIONS": {
            "timeout": SQLITE_WAIT_SECONDS,
            "transaction_mode": "IMMEDIATE",
            # legacy_alter_table: Django makes a changed table anew, which else fails while the hub's views name it.
            "init_command": ("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA legacy_alter_table=ON;"),
        },
    }


def _postgresql(url: str) -> dict[str, Any]:
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - 0.1 s of each start, which SQLite saves

    parts = conninfo_to_dict(url)
    named = {key: str(parts.pop(key, "") or "") for key in ("dbname", "user", "password", "host", "port")}
    return {
        "ENGINE": "hanare_server.postgresql",
        "NAME": named["dbname"],
        "USER": named["user"],
        "PASSWORD": named["password"],
        "HOST": named["host"],
        "PORT": named["port"],
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        # jit: compiling a page's query takes longer than running it.
        "OPTIONS": {**parts, "options": "-c synchronous_commit=on -c jit=off"},
    }
