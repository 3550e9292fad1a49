"""The settings of a profile, typed and bounded: what the decision, the leases, the stick and the lending obey.

A stored profile holds only the fields that it sets; `hanare_server.profiles.resolve` lays organisation, department
and user over the defaults below. Whatever is decoded here is within its bounds, so nobody checks a second time.
"""

from enum import StrEnum
from typing import Annotated, Final

import msgspec

from hanare_core import pin, wire
from hanare_core.ticket import TICKET_LIFE_MS
from hanare_core.web_application import WebApplication

DAY_MINUTES: Final = 24 * 60

WEB_APPLICATIONS: Final = 12
"""Tiles that fit on one screen of 1280×720 beside the office PC's."""

LEASE_TTL_MS: Final = 120_000
"""How long a gateway goes on without us by default: the worst time of a stop when something is dead."""

MIN_LEASE_TTL_MS: Final = 1_000
"""Shorter than the way hub → gateway → kernel is no lease."""

MAX_LEASE_TTL_MS: Final = 600_000
"""Ten minutes: no office would wait longer for a stop."""

MAX_GRACE_MS: Final = 1_800_000
"""30 minutes of best effort: beyond that an unreachable database is an outage to repair."""

MIN_SESSION_MS: Final = 15 * 60 * 1000
"""A session that ends sooner only trains people to work around it."""

MAX_NOTICE_MINUTES: Final = 60
MIN_IDLE_MINUTES: Final = 1
MAX_IDLE_MINUTES: Final = 30
"""Re-authentication after 30 idle minutes at the latest (NIST SP 800-63B, AAL2)."""

MAX_MISUSE: Final = 100
"""Alerts of one stick before it stops by itself; NIST SP 800-63B bounds failed attempts by 100 as well."""


class Standard(StrEnum):
    """Which document's floor holds for a profile, whatever its fields say."""

    NONE = "none"
    LGWAN = "lgwan"
    """総務省「LGWAN接続系のテレワークセキュリティ要件」 (2020-08): a second factor is compulsory."""
    NIST = "nist"
    """SP 800-63B-4: composition rules shall not be imposed."""


class SecondFactor(StrEnum):
    """What is asked beside stick and PIN."""

    NONE = "none"
    TOTP = "totp"
    FIDO2 = "fido2"
    ANY = "any"


class LoanRule(StrEnum):
    """Who may use a stick: anybody, its department, or its holder only."""

    NONE = "none"
    DEPARTMENT = "department"
    HOLDER = "holder"


class Zone(StrEnum):
    """Networks that a profile may open (三層の対策). マイナンバー系 is none of them: no setting opens it."""

    INTERNAL = "internal"
    LGWAN = "lgwan"
    INTERNET = "internet"


class PullOut(StrEnum):
    """What happens when the stick is pulled out during a session."""

    LOCK = "lock"
    GO_ON = "go-on"


class Language(StrEnum):
    """Of the stick's screens before anybody has signed in."""

    JAPANESE = "ja"
    ENGLISH = "en"


class Keyboard(StrEnum):
    """The layout that the stick begins with."""

    JIS = "jis"
    US = "us"


Weekday = Annotated[int, msgspec.Meta(ge=1, le=7)]
"""ISO weekday; 1 is Monday."""

IdleMinutes = Annotated[int, msgspec.Meta(ge=MIN_IDLE_MINUTES, le=MAX_IDLE_MINUTES)]
PinCharacters = Annotated[int, msgspec.Meta(ge=pin.MIN_CHARACTERS, le=pin.MAX_CHARACTERS)]


class Settings(wire.Message, frozen=True, kw_only=True):
    """Everything that a profile can say, with what holds where nobody says anything."""

    standard: Standard = Standard.NONE

    web_applications: Annotated[tuple[WebApplication, ...], msgspec.Meta(max_length=WEB_APPLICATIONS)] = ()

    second_factor: SecondFactor = SecondFactor.NONE
    pin_characters: PinCharacters = pin.MIN_CHARACTERS
    pin_composition: bool = False
    """Letters and digits both asked for; only the LGWAN standard wants it."""
    loan_rule: LoanRule = LoanRule.DEPARTMENT
    zones: Annotated[tuple[Zone, ...], msgspec.Meta(max_length=len(Zone))] = ()
    """Zones of office PCs that may be reached; empty: every one of them."""
    vm_allowed: bool = False
    """Whether the stick may work inside a virtual machine, where another sees its screen and memory (F15)."""

    weekdays: Annotated[tuple[Weekday, ...], msgspec.Meta(min_length=1, max_length=7)] = (1, 2, 3, 4, 5, 6, 7)
    from_minute: Annotated[int, msgspec.Meta(ge=0, lt=DAY_MINUTES)] = 0
    until_minute: Annotated[int, msgspec.Meta(gt=0, le=DAY_MINUTES)] = DAY_MINUTES
    """Minutes after local midnight; 0 to 1440 is the whole day."""
    notice_minutes: Annotated[int, msgspec.Meta(ge=0, le=MAX_NOTICE_MINUTES)] = 10
    """Before the end of the hours and of the session the worker is told."""

    image_floor: wire.Count = 0
    lease_ttl_ms: Annotated[int, msgspec.Meta(ge=MIN_LEASE_TTL_MS, le=MAX_LEASE_TTL_MS)] = LEASE_TTL_MS
    grace_ms: Annotated[int, msgspec.Meta(ge=0, le=MAX_GRACE_MS)] = 0
    """Best effort without the database's confirmation; 0 is strict."""
    session_ms: Annotated[int, msgspec.Meta(ge=MIN_SESSION_MS, le=TICKET_LIFE_MS)] = TICKET_LIFE_MS
    idle_lock_minutes: IdleMinutes = 10
    idle_end_minutes: IdleMinutes = MAX_IDLE_MINUTES

    name_remembered: bool = True
    pull_out: PullOut = PullOut.LOCK
    microphone: bool = False
    sound: bool = True
    watermark: bool = True
    language: Language = Language.JAPANESE
    keyboard: Keyboard = Keyboard.JIS

    overdue_suspends: bool = False
    """A stick that was not brought back in time is suspended by itself."""
    misuse_suspends: Annotated[int, msgspec.Meta(ge=0, le=MAX_MISUSE)] = 0
    """So many alerts of one stick in a day suspend it; 0: never by itself."""

    def __post_init__(self) -> None:
        """Refuse fields that contradict each other."""
        if self.from_minute >= self.until_minute:
            raise ValueError("until_minute: the hours end before they begin")
        if self.idle_lock_minutes > self.idle_end_minutes:
            raise ValueError("idle_lock_minutes: the screen would lock after the session's end")
        _each_once("weekdays", self.weekdays)
        _each_once("zones", self.zones)
        _each_once("web_applications", tuple(one.id for one in self.web_applications))


FIELDS: Final = tuple(Settings.__struct_fields__)
"""Names of all fields in the order in which people are shown them."""


def _each_once(field: str, values: tuple[object, ...]) -> None:
    if len(set(values)) != len(values):
        raise ValueError(f"{field}: something stands there twice")
