"""The agent's settings: one TOML file, checked as a whole before anything is touched."""

from pathlib import Path
from typing import Annotated

import msgspec

from hanare_core import wire


class SettingsError(Exception):
    """The settings cannot be used; the text says which and why, without any secret."""


class Display(wire.Message, frozen=True):
    """Where the desktop is drawn, and by whom."""

    name: Annotated[str, msgspec.Meta(pattern=r"^:[0-9]{1,3}\Z")]
    authority: str
    """Xauthority file that the desktop's user may read."""
    uid: Annotated[int, msgspec.Meta(ge=1)]
    gid: Annotated[int, msgspec.Meta(ge=1)]


class Settings(wire.Message, frozen=True):
    """Everything the agent is told."""

    device: str
    """Folder of the stick's identity partition."""
    run: str
    """Folder in memory for sockets and the state of a running session; made with mode 0700."""
    display: Display
    image: wire.Count = 0
    """Version of the image that the agent runs in; 0 outside an image."""
    image_date_ms: wire.Milliseconds = 0
    """When the image was built: the time is never before it."""


def read_settings(path: Path) -> Settings:
    """Return the settings of a file; raise SettingsError that names what is wrong."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Settings)
    except (OSError, msgspec.DecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error
