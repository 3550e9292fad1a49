"""What a person can do at the kiosk's screen; what follows from it says `acted`.

What was typed travels in the act, never in the state.
"""

from collections.abc import Callable
from dataclasses import dataclass

from hanare_stick import control_messages as control
from hanare_stick.kiosk.state import Keyboard, Page
from hanare_stick.kiosk.words import Language


class Act:
    """Base of all acts."""


Do = Callable[[Act], None]
"""Where what is drawn sends the acts."""


@dataclass(frozen=True)
class ChooseLanguage(Act):
    """Speak this language from now on."""

    language: Language


@dataclass(frozen=True)
class ChooseKeyboard(Act):
    """The keys are those of this layout."""

    keyboard: Keyboard


@dataclass(frozen=True)
class SignIn(Act):
    """Enter on the sign-in screen."""

    user: str
    pin: str
    factor: str = ""


@dataclass(frozen=True)
class FirstPin(Act):
    """Enter on the first PIN's screen."""

    user: str
    code: str
    pin: str
    again: str
    security_key: bool = False


@dataclass(frozen=True)
class ChangePin(Act):
    """Enter on the page for another PIN."""

    pin: str
    new_pin: str
    again: str
    factor: str = ""


@dataclass(frozen=True)
class Connect(Act):
    """Enter on the office password's screen."""

    user: str
    password: str


@dataclass(frozen=True)
class Unlock(Act):
    """Enter on the lock screen."""

    pin: str


@dataclass(frozen=True)
class Go(Act):
    """Open a page by a button or key: first PIN, sign-in, menu, the question before the end, the tour."""

    page: Page


class OpenNetworks(Act):
    """Look what networks there are, also once more."""


@dataclass(frozen=True)
class ChooseNetwork(Act):
    """Open the page of this Wi-Fi network; None: of a hidden one."""

    network: control.Network | None


@dataclass(frozen=True)
class JoinNetwork(Act):
    """Enter on the Wi-Fi page; `name` and `kind` are those of a hidden network."""

    user: str
    password: str
    remember: bool
    name: str = ""


class LeaveNetwork(Act):
    """One page back."""


class OpenPortal(Act):
    """Open the network's own sign-in page."""


class ClosePortal(Act):
    """Away from the network's own page."""


class TourNext(Act):
    """One step on in the tour."""


class Resume(Act):
    """Back from menu or question to what was there."""


@dataclass(frozen=True)
class Open(Act):
    """Choose a tile: a web application by its id, or (empty) the office PC."""

    application: str = ""


class Lock(Act):
    """Cover the screen: by button, lid or idleness."""


@dataclass(frozen=True)
class End(Act):
    """End the session."""

    idle: bool = False


class PowerOff(Act):
    """Switch the PC off."""


@dataclass(frozen=True)
class Adjust(Act):
    """Turn the volume or the brightness one step."""

    level: control.LevelKind
    up: bool = True


class Dismiss(Act):
    """The notice, or the oldest message, was read; what it asks for is declined."""


class Agree(Act):
    """The stick's diagnostics, which the oldest message asks for, may be sent."""
