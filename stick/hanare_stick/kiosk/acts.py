"""What a person can do at the kiosk's screen; what follows from it says `acted`.

What was typed travels in the act, never in the state.
"""

from collections.abc import Callable

import msgspec

from hanare_stick import control_messages as control
from hanare_stick.kiosk.state import Keyboard, Page
from hanare_stick.kiosk.words import Language


class Act(msgspec.Struct, frozen=True):
    """Base of all acts."""


Do = Callable[[Act], None]
"""Where what is drawn sends the acts."""


class ChooseLanguage(Act, frozen=True):
    """Speak this language from now on."""

    language: Language


class ChooseKeyboard(Act, frozen=True):
    """The keys are those of this layout."""

    keyboard: Keyboard


class SignIn(Act, frozen=True):
    """Enter on the sign-in screen."""

    user: str
    pin: str
    factor: str = ""


class FirstPin(Act, frozen=True):
    """Enter on the first PIN's screen."""

    user: str
    code: str
    pin: str
    again: str
    security_key: bool = False


class ChangePin(Act, frozen=True):
    """Enter on the page for another PIN."""

    pin: str
    new_pin: str
    again: str
    factor: str = ""


class Connect(Act, frozen=True):
    """Enter on the office password's screen."""

    user: str
    password: str


class Unlock(Act, frozen=True):
    """Enter on the lock screen."""

    pin: str


class Go(Act, frozen=True):
    """Open a page by a button or key: first PIN, sign-in, menu, the question before the end, the tour."""

    page: Page


class OpenNetworks(Act, frozen=True):
    """Look what networks there are, also once more."""


class ChooseNetwork(Act, frozen=True):
    """Open the page of this Wi-Fi network; None: of a hidden one."""

    network: control.Network | None


class JoinNetwork(Act, frozen=True):
    """Enter on the Wi-Fi page; `name` and `kind` are those of a hidden network."""

    user: str
    password: str
    remember: bool
    name: str = ""


class LeaveNetwork(Act, frozen=True):
    """One page back."""


class OpenPortal(Act, frozen=True):
    """Open the network's own sign-in page."""


class ClosePortal(Act, frozen=True):
    """Away from the network's own page."""


class TourNext(Act, frozen=True):
    """One step on in the tour."""


class Resume(Act, frozen=True):
    """Back from menu or question to what was there."""


class Open(Act, frozen=True):
    """Choose a tile: a web application by its id, or (empty) the office PC."""

    application: str = ""


class Lock(Act, frozen=True):
    """Cover the screen: by button, lid or idleness."""


class End(Act, frozen=True):
    """End the session."""

    idle: bool = False


class PowerOff(Act, frozen=True):
    """Switch the PC off."""


class Adjust(Act, frozen=True):
    """Turn the volume or the brightness one step."""

    level: control.LevelKind
    up: bool = True


class Dismiss(Act, frozen=True):
    """The notice, or the oldest message, was read; what it asks for is declined."""


class Agree(Act, frozen=True):
    """The stick's diagnostics, which the oldest message asks for, may be sent."""
