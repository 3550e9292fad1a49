"""Screen ↔ agent: what a screen may ask, and all that it hears (docs/protocol.md, "Control socket").

One JSON object a line, decoded strictly. What the worker typed goes to the agent and never comes back; keys, addresses
and tickets never reach a screen.
"""

from enum import StrEnum
from typing import Annotated

import msgspec

from hanare_core import wire
from hanare_core.pin import MIN_CHARACTERS
from hanare_core.problems import Code, Problem
from hanare_core.sentences import LANGUAGES, sentence

Typed = Annotated[str, msgspec.Meta(min_length=1, max_length=256, pattern=r"^[^\x00-\x1f\x7f]+\Z")]
"""What a person types on one line."""

MaybeTyped = Annotated[str, msgspec.Meta(max_length=256, pattern=r"^[^\x00-\x1f\x7f]*\Z")]

Ssid = Annotated[str, msgspec.Meta(min_length=1, max_length=96)]
"""A network's name: 32 bytes of anybody's choice, which iwd makes UTF-8 of; shown by `kiosk.shown` alone."""

NetworkKind = Annotated[str, msgspec.Meta(pattern=r"^(open|wep|psk|8021x|hotspot)\Z")]
"""As iwd tells it (net.connman.iwd.Network, Type)."""

Pixels = Annotated[int, msgspec.Meta(ge=200, le=8192)]
"""RDP takes sides from 200 to 8192 pixels (MS-RDPBCGR 2.2.1.3.2)."""


class Request(wire.Message, tag_field="type", frozen=True):
    """Base of all that a screen asks."""


class Status(Request, tag="status", frozen=True):
    """Say where we are; answered by the open session, if there is one, and a Reached of the present phase."""


class Area(Request, tag="area", frozen=True):
    """I am the screen, and the desktop may have this area. When this client leaves, the desktop is covered."""

    width: Pixels
    height: Pixels
    scale: Annotated[int, msgspec.Meta(ge=100, le=300)] = 100
    """Per cent."""
    left: Annotated[int, msgspec.Meta(ge=0, le=32767)] = 0
    """Its place in the space that all monitors share, in pixels; X has places up to 32767."""
    top: Annotated[int, msgspec.Meta(ge=0, le=32767)] = 0
    monitors: Annotated[int, msgspec.Meta(ge=1, le=16)] = 1
    """Over how many of them it lies, as RandR names them; FreeRDP takes up to 16."""


class SignIn(Request, tag="sign-in", frozen=True):
    """Prove the PIN and open the tunnel; the office PC's account may follow as OfficeAccount."""

    user: wire.UserName
    pin: Typed
    totp: wire.Totp = ""
    office_user: MaybeTyped = ""
    office_password: MaybeTyped = ""


class OfficeAccount(Request, tag="office-account", frozen=True):
    """The account on the office PC; kept in memory for this session's reconnects."""

    user: Typed
    password: Typed


class FirstPin(Request, tag="first-pin", frozen=True):
    """Set the first PIN by a one-time code."""

    user: wire.UserName
    code: Typed
    pin: Typed
    security_key: bool = False
    """Enrol a security key, where an authenticator app would do as well."""


class ChangePin(Request, tag="change-pin", frozen=True):
    """Replace the PIN by another, before a sign-in or in a session; answered by Reached `pin-changed`."""

    pin: Typed
    new_pin: Typed
    user: MaybeTyped = ""
    """Before a sign-in; in a session only its own user's PIN is changed, and this is not looked at."""
    totp: wire.Totp = ""


class Function(Request, tag="function", frozen=True):
    """Bring a function to the front, opening it if need be; answered by Reached `function` with the same id.

    Empty: the office PC.
    """

    application: Annotated[str, msgspec.Meta(pattern=r"^([a-z0-9][a-z0-9-]{0,63})?\Z")] = ""


class Lock(Request, tag="lock", frozen=True):
    """The screen is covered now; the tunnel stays."""


class Unlock(Request, tag="unlock", frozen=True):
    """Uncover by a counted proof of the PIN."""

    pin: Typed


class End(Request, tag="end", frozen=True):
    """End the session, by the user or because nobody moved."""

    idle: bool = False


class PowerOff(Request, tag="power-off", frozen=True):
    """End the session and switch the PC off."""


class Remember(Request, tag="remember", frozen=True):
    """Keep these choices on the stick; a name only where the profile says so."""

    language: Annotated[str, msgspec.Meta(pattern=r"^(ja|en)\Z")]
    keyboard: Annotated[str, msgspec.Meta(pattern=r"^(jis|us)\Z")]
    tour_seen: bool


class NoteRead(Request, tag="note-read", frozen=True):
    """The person has understood this message."""

    note: wire.Id
    agreed: bool = False
    """To a message that asks for diagnostics: they may be sent."""


class WifiScan(Request, tag="wifi-scan", frozen=True):
    """Look what networks there are; answered by Networks."""


class WifiJoin(Request, tag="wifi-join", frozen=True):
    """Join a network; answered by Reached `wifi-joined` or a refusal. No password: the remembered one."""

    name: Ssid
    kind: NetworkKind
    hidden: bool = False
    user: MaybeTyped = ""
    password: MaybeTyped = ""
    remember: bool = False


class Portal(Request, tag="portal", frozen=True):
    """Open the window for the network's own sign-in page that `portal` told of; answered by Reached `portal-open`."""


class PortalClose(Request, tag="portal-close", frozen=True):
    """Close that window; answered by Reached `portal-closed`, as is its end by itself."""


class LevelKind(StrEnum):
    """What can be turned up and down."""

    VOLUME = "volume"
    MUTE = "mute"
    """On and off; `up` says nothing."""
    BRIGHTNESS = "brightness"


class Adjust(Request, tag="adjust", frozen=True):
    """Turn a level one step; answered by Levels."""

    level: LevelKind
    up: bool = True


AnyRequest = (
    Status
    | Area
    | SignIn
    | OfficeAccount
    | FirstPin
    | ChangePin
    | Function
    | Lock
    | Unlock
    | End
    | PowerOff
    | Remember
    | NoteRead
    | WifiScan
    | WifiJoin
    | Portal
    | PortalClose
    | Adjust
)


class Event(wire.Message, tag_field="type", frozen=True):
    """Base of all that the agent tells."""


class Office(Event, tag="office", frozen=True):
    """What a screen may show before anybody has signed in; sent first to each client, and when it changes."""

    organisation: str
    help_desk: str
    user: str = ""
    """The remembered name."""
    language: str = "ja"
    keyboard: str = "jis"
    tour_seen: bool = False
    factor: bool = False
    """A code is asked for beside the PIN."""
    security_key: bool = False
    """A security key may be touched: in the place of the code, or where no code is asked for."""
    pin_characters: wire.Count = MIN_CHARACTERS
    """The shortest PIN by the department's profile; a user's own that asks for more says so when it refuses one."""
    pin_composition: bool = False
    """A PIN needs letters and digits."""


class Tile(wire.Message, frozen=True):
    """One function of the session as a screen offers it."""

    id: wire.Id
    ja: str
    en: str


class Opened(Event, tag="opened", frozen=True):
    """A session is open; told again when its rules change."""

    user: str
    office_pc: str
    ends_in_ms: wire.Milliseconds
    locked: bool = False
    watermark: bool = True
    idle_lock_s: wire.Count = 600
    idle_end_s: wire.Count = 1800
    notice_s: wire.Count = 600
    tiles: tuple[Tile, ...] = ()
    failures: wire.Count = 0
    """Wrong PINs of this user on this stick between the last sign-in and this one: the owner is told."""


class Reached(Event, tag="reached", frozen=True):
    """A step is done; `at_ns` is the machine's monotonic clock."""

    step: str
    at_ns: int
    detail: str = ""
    marks: dict[str, int] = msgspec.field(default_factory=dict)
    """In the answer to Status: every step reached since the last sign-in began, and when."""


class Note(Event, tag="note", frozen=True):
    """A message from the administrator, told until it is read; an empty text stands for the other language's."""

    note: wire.Id
    ja: wire.Text
    en: wire.Text
    diagnostics: bool = False
    """It asks for the stick's diagnostics, which are sent only if the person agrees."""

    def said(self, language: str) -> str:
        """Return its text in the language, or else in the one that it was written in."""
        return (self.ja or self.en) if language == "ja" else (self.en or self.ja)


class Line(Event, tag="line", frozen=True):
    """How the tunnel does: seconds since a packet came, and the round trip where it is known (0: not)."""

    silent_s: wire.Count
    rtt_ms: wire.Count = 0


class Network(wire.Message, frozen=True):
    """A Wi-Fi network in reach."""

    name: Ssid
    kind: NetworkKind
    bars: Annotated[int, msgspec.Meta(ge=1, le=4)]
    known: bool = False
    """Remembered on the stick."""
    connected: bool = False


class Networks(Event, tag="networks", frozen=True):
    """What networks there are, the best first."""

    radio: bool
    """Whether this PC has Wi-Fi that we can use."""
    cable: bool
    """Whether a cable is in, or a phone is tethered."""
    networks: tuple[Network, ...] = ()


Percent = Annotated[int, msgspec.Meta(ge=0, le=100)]


class Levels(Event, tag="levels", frozen=True):
    """How loud and how bright it is now; null where the PC has nothing to turn."""

    volume: Percent | None = None
    muted: bool = False
    brightness: Percent | None = None


class Said(wire.Message, frozen=True):
    """A sentence of `hanare_core.sentences`: what happened and what to do now."""

    title: str
    next: str


class Refused(Event, tag="refused", frozen=True):
    """Something was refused or has ended, and why."""

    code: Code
    at_ns: int
    detail: dict[str, str] = msgspec.field(default_factory=dict)
    ja: Said | None = None
    en: Said | None = None


AnyEvent = Office | Opened | Reached | Note | Line | Networks | Levels | Refused


def refused(problem: Problem, *, at_ns: int, help_desk: str) -> Refused:
    """Return the event that tells a problem to programs and to people."""
    ja, en = (
        Said(*sentence(problem.code, language, help_desk=help_desk, detail=problem.detail)) for language in LANGUAGES
    )
    return Refused(code=problem.code, at_ns=at_ns, detail=dict(problem.detail), ja=ja, en=en)
