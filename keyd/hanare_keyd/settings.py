"""Settings of keyd: one TOML file, read into a frozen object; an unknown key or a wrong value stops the start."""

from pathlib import Path
from typing import Annotated

import msgspec

Uid = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 2)]
"""A user or group id of the system."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where keyd keeps things and whom it answers; paths are absolute."""

    socket: str
    """Unix stream socket that keyd listens on."""
    database: str
    """SQLite file; its folder belongs to keyd's user alone."""
    master_key_file: str
    """32 bytes that seal every secret in the database; kept apart from its backups."""
    ticket_key_file: str
    """32-byte Ed25519 seed that signs tickets."""
    peer_uids: Annotated[tuple[Uid, ...], msgspec.Meta(min_length=1, max_length=8)]
    """User ids that may connect: the server's."""
    socket_gid: Uid | None = None
    """Group that may open the socket file (0660); None: keyd's own user only (0600)."""


class SettingsError(Exception):
    """The settings or a file that they name cannot be used; the text says which and why."""


def load(path: Path) -> Settings:
    """Return the settings of the file. Raises SettingsError."""
    try:
        settings = msgspec.toml.decode(path.read_bytes(), type=Settings)
    except (OSError, msgspec.DecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error
    for key in ("socket", "database", "master_key_file", "ticket_key_file"):
        if not Path(getattr(settings, key)).is_absolute():
            raise SettingsError(f"{path}: {key} must be an absolute path")
    return settings
