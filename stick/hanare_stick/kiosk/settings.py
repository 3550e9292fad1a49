"""The kiosk's settings: where the agent, its own folder and the desktop's socket are."""

from pathlib import Path
from typing import NamedTuple


class Settings(NamedTuple):
    """Everything the kiosk is told."""

    control: str = "/run/hanare/control.sock"
    folder: str = "/run/hanare-kiosk"
    """The kiosk's own, in memory, for compositor settings and sockets; 0711: the desktop's user reaches its socket."""
    desktop: str = "/run/hanare-kiosk/desktop.sock"
    """Wayland socket for the desktop and the browser, without privileged protocols."""


def read(path: Path) -> Settings:
    """Return the settings of a file; raise OSError, ValueError (no TOML) or TypeError (no such setting)."""
    import tomllib  # noqa: PLC0415 - a stick has no such file, and starts the sooner

    return Settings(**tomllib.loads(path.read_text("utf-8")))
