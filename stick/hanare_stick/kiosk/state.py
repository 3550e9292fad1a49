"""What is on the screen, as a value: drawn by `draw`, changed by `heard` (the agent) and `acts` (the person)."""

from enum import StrEnum
from math import inf
from typing import Final, Literal

import msgspec
from msgspec.structs import replace

from hanare_stick.control_messages import Levels, Line, Network, Networks, Note, Office, Opened
from hanare_stick.kiosk.words import Language

Keyboard = Literal["jis", "us"]

TOUR_STEPS: Final = 3


class Page(StrEnum):
    """Which screen stands."""

    STARTING = "starting"
    UNUSABLE = "unusable"
    """A stick that cannot be used says why; the PC can be switched off."""
    TOUR = "tour"
    SIGN_IN = "sign-in"
    FIRST_PIN = "first-pin"
    NETWORK = "network"
    WIFI = "wifi"
    PORTAL = "portal"
    ENROL = "enrol"
    OFFICE = "office"
    DESKTOP = "desktop"
    MENU = "menu"
    CONFIRM_END = "confirm-end"
    CHANGE_PIN = "change-pin"
    LOCK = "lock"


ON_NETWORK: Final = frozenset({Page.NETWORK, Page.WIFI})
"""Pages about the home's own network."""

BEFORE_OFFICE: Final = frozenset({Page.TOUR, Page.SIGN_IN, Page.FIRST_PIN})
"""Pages that stand while the stick is still on its way to the office."""

IN_SESSION: Final = frozenset({Page.OFFICE, Page.DESKTOP, Page.MENU, Page.CONFIRM_END, Page.CHANGE_PIN, Page.LOCK})
"""Pages that stand only while a session is open."""

UNCOVERED: Final = frozenset({Page.DESKTOP})
"""The only page on which what the office sends can be seen."""

BARE: Final = UNCOVERED | {Page.PORTAL}
"""Pages beneath whose bar something is shown that the kiosk does not draw."""


class Notice(msgspec.Struct, frozen=True):
    """Something to be read above the page: what happened, what to do, in both languages; `code` is for programs."""

    ja: tuple[str, str]
    en: tuple[str, str]
    code: str = ""
    good: bool = False

    def said(self, language: Language) -> tuple[str, str]:
        """Return title and next step in the language."""
        return self.ja if language == "ja" else self.en


class State(msgspec.Struct, frozen=True):
    """Everything that is drawn."""

    page: Page = Page.STARTING
    language: Language = "ja"
    keyboard: Keyboard = "jis"
    office: Office | None = None
    """What the agent told about the office; None: it has not spoken yet."""
    notice: Notice | None = None
    notes: tuple[Note, ...] = ()
    """Unread messages of the administrator, oldest first."""
    busy: str = ""
    """Key of the word that says what is being done; empty: the person's turn."""
    waiting: str = ""
    """Key of the word that says how far the stick is on its way to the office; empty: there.

    Tour and sign-in stand meanwhile, and what is typed there is sent once it has arrived (`held`).
    """
    held: bool = False
    """Whether something typed waits for that."""
    chose: bool = False
    """Whether language or keyboard was chosen here: the agent, which comes later, hears of it."""
    unlocking: bool = False
    """Whether an unlock was asked for and not refused."""
    locked: bool = False
    """Whether a PIN must open the screen, whatever page stands meanwhile: the agent may not know it."""
    user: str = ""
    factor: bool = False
    """Whether a second factor was asked for."""
    secret: str = ""
    """The factor's secret to enrol, shown once."""
    tour_step: int = 1
    session: Opened | None = None
    ends_at: float = 0.0
    """Monotonic seconds."""
    warned: bool = False
    """Whether the person was told that the end of the session is near."""
    failures_told: bool = False
    """Whether the person was told of the wrong PINs before this session."""
    grace: Notice | None = None
    """What is told while the session goes on without the server's confirmation."""
    networks: Networks | None = None
    """What is in reach; None: not looked yet."""
    chosen: Network | None = None
    """The network on the Wi-Fi page; None: a hidden one."""
    portal: bool = False
    """Whether this network wants a sign-in of its own, whose page can be opened."""
    came_from: Page = Page.STARTING
    """Where the network's pages lead back to."""
    levels: Levels = msgspec.field(default_factory=Levels)
    line: Line = msgspec.field(default_factory=lambda: Line(silent_s=0))
    opening: str = ""
    """Id of the web application that was chosen and whose window has not come yet."""
    opens_by: float = inf
    """Until when that window is waited for, in monotonic seconds."""

    @property
    def beneath(self) -> Page:
        """The page to which the network's pages lead back; any other page itself."""
        return self.came_from if self.page in ON_NETWORK else self.page

    @property
    def takes_key(self) -> bool:
        """Whether a security key may be touched in the place of a code."""
        return self.office is not None and self.office.security_key

    @property
    def chooses_factor(self) -> bool:
        """Whether the office takes an authenticator app and a security key alike."""
        return self.office is not None and self.office.security_key and self.office.factor

    @property
    def readable(self) -> tuple[Note, ...]:
        """The messages that whoever sits there may read: all, who is signed in and has not locked the screen.

        Before a sign-in only the question for diagnostics: a fixed one, which helps where nobody gets in.
        """
        if self.locked:
            return ()
        if self.page is Page.SIGN_IN:
            return tuple(note for note in self.notes if note.diagnostics)
        return self.notes if self.page in IN_SESSION else ()

    @property
    def help_desk(self) -> str:
        """The office's own number, empty while it is not known."""
        return self.office.help_desk if self.office is not None else ""


def to_page(state: State, page: Page) -> State:
    """Return the state on another page, whose secrets are gone with the old one."""
    notice = state.notice if state.page is page else None
    locked = state.locked or page is Page.LOCK
    state = replace(state, page=page, busy="", held=False, unlocking=False, locked=locked)
    return replace(state, secret="", opening="", notice=notice)
