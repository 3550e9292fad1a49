"""The agent's settings: one TOML file, checked as a whole before anything is touched."""

from pathlib import Path
from typing import Annotated

import msgspec

from hanare_core import wire
from hanare_stick.keeper import UDP_AGAIN_S

Identity = Annotated[int, msgspec.Meta(ge=1)]


class SettingsError(Exception):
    """The settings cannot be used; the text says which and why, without any secret."""


class Sound(wire.Message, frozen=True):
    """Where the desktop is heard, and who keeps the sound; the socket that it gets decides whether it may record."""

    uid: Identity
    gid: Identity
    play: str
    """PulseAudio socket without microphone."""
    talk: str
    """PulseAudio socket with it."""
    run: str
    """Folder of the sound server's own socket, its user's alone: by it the volume is set."""


class Display(wire.Message, frozen=True):
    """Where the desktop is drawn, and by whom: beneath the kiosk, or on a bare X display in the lab.

    FreeRDP draws on X (the compositor's Xwayland): its Wayland front end needs GL for every update, and in a cage
    without a graphics card it hears no key while it draws (ADR 0012).
    """

    uid: Identity
    gid: Identity
    wayland: str = ""
    """Socket that the kiosk makes for the browser, without privileged protocols. With it a kiosk must stand."""
    name: Annotated[str, msgspec.Meta(pattern=r"^(:[0-9]{1,3})?\Z")] = ""
    authority: str = ""
    """Xauthority file that the desktop's user may read."""
    sound: Sound | None = None
    """None: silence."""

    def __post_init__(self) -> None:
        """Refuse a place that is none."""
        if not self.wayland and not self.name:
            raise ValueError("give wayland or name")

    @property
    def compositor(self) -> Path:
        """The compositor's own socket, with every protocol: for the input method alone."""
        return Path(self.wayland).with_name("wayland-0")

    @property
    def x_display(self) -> str:
        """The X display; the compositor's is the first."""
        return self.name or ":0"

    @property
    def x_authority(self) -> str:
        """The cookie of the X display; the kiosk puts that of the compositor's beside its Wayland socket."""
        return self.authority or str(Path(self.wayland).with_name("xauthority"))


class Kiosk(wire.Message, frozen=True):
    """The user that the kiosk runs as; only this one and root may use the control socket."""

    uid: Annotated[int, msgspec.Meta(ge=0)] = 0
    gid: Annotated[int, msgspec.Meta(ge=0)] = 0


class InputMethod(wire.Message, frozen=True):
    """Who turns what is typed into a page into Japanese, and with which program; an image without it has none."""

    uid: Identity
    gid: Identity
    program: str = "/usr/bin/fcitx5"

    @property
    def installed(self) -> bool:
        """Whether the image has the program."""
        return Path(self.program).exists()


class Portal(wire.Message, frozen=True):
    """Who shows a network's own sign-in page (user), and who alone speaks to that network for it (relay)."""

    uid: Identity
    gid: Identity
    relay_uid: Identity
    relay_gid: Identity


class Browser(wire.Message, frozen=True):
    """Who opens web applications, and with which program; an image without the program offers none."""

    uid: Identity
    gid: Identity
    program: str = "/usr/lib/chromium/chromium"
    authorities: str = ""
    """PEM file of certificates that the office trusts beside the public ones; empty: none."""
    input_method: InputMethod | None = None
    """None: pages take what the keys say, and no Japanese."""
    portal: Portal | None = None
    """None: no window for a network's own sign-in page."""

    @property
    def installed(self) -> bool:
        """Whether the image has the program."""
        return Path(self.program).exists()


class Settings(wire.Message, frozen=True):
    """Everything the agent is told."""

    device: str
    """Folder of the stick's identity partition."""
    run: str
    """Folder in memory for sockets and the state of a running session; only the kiosk may pass through it."""
    display: Display
    kiosk: Kiosk = Kiosk()
    browser: Browser | None = None
    """None: no web applications on this stick."""
    image: wire.Count = 0
    """Version of the image that the agent runs in; 0 outside an image."""
    image_date_ms: wire.Milliseconds = 0
    """When the image was built: the time is never before it."""
    sets_clock: bool = False
    """In an image, where the PC's clock is ours to set; never beside other programs."""
    udp_again_s: Annotated[float, msgspec.Meta(ge=1)] = UDP_AGAIN_S
    """How often a stick on the carrier asks whether UDP works."""


def read_settings(path: Path) -> Settings:
    """Return the settings of a file; raise SettingsError that names what is wrong."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Settings)
    except (OSError, msgspec.DecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error
