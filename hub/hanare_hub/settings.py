"""The hub's settings: one TOML file, read once, closed against unknown keys."""

import tomllib
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

SQLITE: Final = "sqlite:///"
POSTGRESQL: Final = "postgresql://"


class SettingsError(Exception):
    """The settings file cannot be used; the text says which key and why."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one hub process needs to know."""

    database: Annotated[str, msgspec.Meta(pattern=rf"^({SQLITE}/|{POSTGRESQL}).")]
    """`sqlite:////absolute/path`, or a libpq URL of a role that may only read the two views."""

    local_socket: Path
    """Unix socket for the server's requests; made with mode 0660."""

    local_uids: Annotated[tuple[int, ...], msgspec.Meta(min_length=1)]
    """User ids that may use it: the server's processes."""

    channel_socket: Path | None = None
    """Unix socket for WebSockets, behind nginx; made with mode 0660."""

    channel_port: Annotated[int, msgspec.Meta(ge=0, le=65535)] | None = None
    """TCP port on 127.0.0.1 for WebSockets without a front; 0 takes a free one and logs it."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


def load(path: Path) -> Settings:
    """Return the settings of the file, or raise SettingsError."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        chosen = msgspec.convert(table, Settings, dec_hook=_path)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise SettingsError(f"{path}: {error}") from error
    if chosen.channel_socket is None and chosen.channel_port is None:
        raise SettingsError(f"{path}: one of channel_socket and channel_port is needed")
    return chosen


def _path(kind: type, value: object) -> Path:
    """Decode the one type that msgspec does not know; relative paths would depend on who starts the process."""
    if kind is not Path or not isinstance(value, str) or not value.startswith("/"):
        raise ValueError("an absolute path is needed")
    return Path(value)
