"""The part of the settings that a stick obeys: before a sign-in by its department, in a session by its user."""

from hanare_core import wire
from hanare_core.pin import MIN_CHARACTERS
from hanare_core.profile import (
    MAX_IDLE_MINUTES,
    IdleMinutes,
    Keyboard,
    Language,
    PinCharacters,
    PullOut,
    SecondFactor,
    Settings,
)
from hanare_core.web_application import WebApplication


class DoorSettings(wire.Message, frozen=True, kw_only=True):
    """What a stick needs before anybody has signed in; those of its own department."""

    language: Language = Language.JAPANESE
    keyboard: Keyboard = Keyboard.JIS
    name_remembered: bool = True
    second_factor: SecondFactor = SecondFactor.NONE
    pin_characters: PinCharacters = MIN_CHARACTERS
    pin_composition: bool = False


class StickSettings(wire.Message, frozen=True, kw_only=True):
    """What a stick obeys during one session; those of the user."""

    web_applications: tuple[WebApplication, ...] = ()
    notice_minutes: wire.Count = 10
    idle_lock_minutes: IdleMinutes = 10
    idle_end_minutes: IdleMinutes = MAX_IDLE_MINUTES
    name_remembered: bool = True
    pull_out: PullOut = PullOut.LOCK
    microphone: bool = False
    sound: bool = True
    watermark: bool = True


def before_sign_in(settings: Settings) -> DoorSettings:
    """Return what the stick hears with the answer to hello."""
    return DoorSettings(**{name: getattr(settings, name) for name in DoorSettings.__struct_fields__})


def text(settings: Settings) -> str:
    """Return a session's part as JSON, as it stands in a lease's row."""
    return wire.encode(in_session(settings)).decode()


def in_session(settings: Settings) -> StickSettings:
    """Return what the stick hears with its session, and again when it changes."""
    return StickSettings(**{name: getattr(settings, name) for name in StickSettings.__struct_fields__})
