"""The words of the settings for people: title, group, unit and how a value is said. Every field stands here once."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy

from hanare_core.profile import (
    Keyboard,
    Language,
    LoanRule,
    PullOut,
    SecondFactor,
    Standard,
    Zone,
)
from hanare_core.web_application import WebApplication
from hanare_server.clock import MINUTE_MS
from hanare_server.console.language import reader_language

SECOND_MS: Final = 1_000
HOUR_MINUTES: Final = 60


Text = str | Promise


class Kind(StrEnum):
    """How a field is typed in and said."""

    SWITCH = "switch"
    CHOICE = "choice"
    NUMBER = "number"
    CLOCK = "clock"
    SEVERAL = "several"
    APPLICATIONS = "applications"


class Label(NamedTuple):
    """One field for people."""

    group: Promise
    title: Promise
    kind: Kind
    unit: Promise | str = ""
    factor: int = 1
    """Stored value = shown value × factor."""
    choices: Mapping[Any, Text] = {}


_FUNCTIONS: Final = gettext_lazy("Functions")
_SIGN_IN: Final = gettext_lazy("Sign-in")
_HOURS: Final = gettext_lazy("Hours")
_LEASE: Final = gettext_lazy("Lease and session")
_SCREEN: Final = gettext_lazy("At the stick")
_BY_ITSELF: Final = gettext_lazy("What happens by itself")

_MINUTES: Final = gettext_lazy("minutes")

_STANDARDS: Final[Mapping[Any, Text]] = {
    Standard.NONE: gettext_lazy("none"),
    Standard.LGWAN: gettext_lazy("MIC requirements for the LGWAN"),
    Standard.NIST: "NIST SP 800-63B",
}
_FACTORS: Final = {
    SecondFactor.NONE: gettext_lazy("none"),
    SecondFactor.TOTP: gettext_lazy("one-time digits"),
    SecondFactor.FIDO2: gettext_lazy("security key"),
    SecondFactor.ANY: gettext_lazy("digits or security key"),
}
_LOANS: Final = {
    LoanRule.NONE: gettext_lazy("anybody"),
    LoanRule.DEPARTMENT: gettext_lazy("the stick's department"),
    LoanRule.HOLDER: gettext_lazy("its holder only"),
}
_ZONES: Final[Mapping[Any, Text]] = {
    Zone.INTERNAL: gettext_lazy("internal"),
    Zone.LGWAN: "LGWAN",
    Zone.INTERNET: gettext_lazy("internet"),
}
_WEEKDAYS: Final = {
    1: pgettext_lazy("weekday", "Mon"),
    2: pgettext_lazy("weekday", "Tue"),
    3: pgettext_lazy("weekday", "Wed"),
    4: pgettext_lazy("weekday", "Thu"),
    5: pgettext_lazy("weekday", "Fri"),
    6: pgettext_lazy("weekday", "Sat"),
    7: pgettext_lazy("weekday", "Sun"),
}
_PULL_OUT: Final = {PullOut.LOCK: gettext_lazy("lock at once"), PullOut.GO_ON: gettext_lazy("go on")}
_LANGUAGES: Final[Mapping[Any, Text]] = {Language.JAPANESE: "日本語", Language.ENGLISH: "English"}
_KEYBOARDS: Final[Mapping[Any, Text]] = {Keyboard.JIS: "JIS", Keyboard.US: "US"}

LABELS: Final[Mapping[str, Label]] = {
    "standard": Label(gettext_lazy("Standard"), gettext_lazy("Standard to keep"), Kind.CHOICE, choices=_STANDARDS),
    "web_applications": Label(_FUNCTIONS, gettext_lazy("Web applications"), Kind.APPLICATIONS),
    "second_factor": Label(_SIGN_IN, gettext_lazy("Second factor"), Kind.CHOICE, choices=_FACTORS),
    "pin_characters": Label(_SIGN_IN, gettext_lazy("Shortest PIN"), Kind.NUMBER, gettext_lazy("characters")),
    "pin_composition": Label(_SIGN_IN, gettext_lazy("PIN of letters and digits"), Kind.SWITCH),
    "loan_rule": Label(_SIGN_IN, gettext_lazy("Who may use a stick"), Kind.CHOICE, choices=_LOANS),
    "zones": Label(_SIGN_IN, gettext_lazy("Zones of office PCs"), Kind.SEVERAL, choices=_ZONES),
    "vm_allowed": Label(_SIGN_IN, gettext_lazy("Inside a virtual machine"), Kind.SWITCH),
    "weekdays": Label(_HOURS, gettext_lazy("Weekdays"), Kind.SEVERAL, choices=_WEEKDAYS),
    "from_minute": Label(_HOURS, gettext_lazy("From"), Kind.CLOCK),
    "until_minute": Label(_HOURS, gettext_lazy("Until"), Kind.CLOCK),
    "notice_minutes": Label(_HOURS, gettext_lazy("Notice before the end"), Kind.NUMBER, _MINUTES),
    "image_floor": Label(_LEASE, gettext_lazy("Oldest image allowed"), Kind.NUMBER),
    "lease_ttl_ms": Label(_LEASE, gettext_lazy("Lease"), Kind.NUMBER, gettext_lazy("seconds"), SECOND_MS),
    "grace_ms": Label(_LEASE, gettext_lazy("Grace without the server"), Kind.NUMBER, _MINUTES, MINUTE_MS),
    "session_ms": Label(_LEASE, gettext_lazy("Longest session"), Kind.NUMBER, _MINUTES, MINUTE_MS),
    "idle_lock_minutes": Label(_LEASE, gettext_lazy("Lock the idle screen after"), Kind.NUMBER, _MINUTES),
    "idle_end_minutes": Label(_LEASE, gettext_lazy("End the idle session after"), Kind.NUMBER, _MINUTES),
    "name_remembered": Label(_SCREEN, gettext_lazy("Remember the user's name"), Kind.SWITCH),
    "pull_out": Label(_SCREEN, gettext_lazy("When the stick is pulled out"), Kind.CHOICE, choices=_PULL_OUT),
    "microphone": Label(_SCREEN, gettext_lazy("Microphone"), Kind.SWITCH),
    "sound": Label(_SCREEN, gettext_lazy("Sound"), Kind.SWITCH),
    "watermark": Label(_SCREEN, gettext_lazy("Watermark"), Kind.SWITCH),
    "language": Label(_SCREEN, gettext_lazy("Language before sign-in"), Kind.CHOICE, choices=_LANGUAGES),
    "keyboard": Label(_SCREEN, gettext_lazy("Keyboard"), Kind.CHOICE, choices=_KEYBOARDS),
    "overdue_suspends": Label(_BY_ITSELF, gettext_lazy("Suspend a stick that is overdue"), Kind.SWITCH),
    "misuse_suspends": Label(_BY_ITSELF, gettext_lazy("Suspend a stick after alerts in a day (0: never)"), Kind.NUMBER),
}


def said(field: str, value: Any) -> str:
    """Return a value in the reader's words; msgspec.UNSET is what is inherited, None what is not there."""
    if value is msgspec.UNSET:
        return gettext("as above")
    if value is None:
        return "–"
    return _SAY[LABELS[field].kind](LABELS[field], value)


def clock(minute: int) -> str:
    """Return minutes after midnight as 08:30; the end of the day is 24:00."""
    return f"{minute // HOUR_MINUTES:02}:{minute % HOUR_MINUTES:02}"


def application_name(application: WebApplication | Mapping[str, Any]) -> str:
    """Return the application's name in the reader's language."""
    known = (
        application if isinstance(application, WebApplication) else msgspec.convert(dict(application), WebApplication)
    )
    return known.name_ja if reader_language() == "ja" else known.name_en


def _switch(_label: Label, value: Any) -> str:
    return gettext("yes") if value else gettext("no")


def _choice(label: Label, value: Any) -> str:
    return str(label.choices.get(value, value))


def _number(label: Label, value: Any) -> str:
    return f"{value / label.factor:g} {label.unit}".strip()


def _clock(_label: Label, value: Any) -> str:
    return clock(value)


def _several(label: Label, value: Any) -> str:
    return gettext("all") if not value else " ".join(str(label.choices[one]) for one in value)


def _applications(_label: Label, value: Any) -> str:
    if isinstance(value, WebApplication):
        return application_name(value)
    return gettext("none") if not value else ", ".join(application_name(one) for one in value)


_SAY: Final = {
    Kind.SWITCH: _switch,
    Kind.CHOICE: _choice,
    Kind.NUMBER: _number,
    Kind.CLOCK: _clock,
    Kind.SEVERAL: _several,
    Kind.APPLICATIONS: _applications,
}
