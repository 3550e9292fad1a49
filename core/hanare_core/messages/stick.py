"""hub ↔ stick: WebSocket /stick/v1, through the door (docs/protocol.md, "Stick channel")."""

from enum import StrEnum
from typing import Annotated, Final

import msgspec

from hanare_core import wire
from hanare_core.messages.api import Nonce
from hanare_core.messages.gateway import Challenge
from hanare_core.problems import Code
from hanare_core.site import MOST_GATEWAYS
from hanare_core.stick_settings import StickSettings

PATH: Final = "/stick/v1"

LONGEST_RTT_MS: Final = 60_000


class HelloBody(wire.Message, frozen=True):
    """What the stick's identity key signs (kind channel-stick)."""

    nonce: Nonce
    stick: wire.Id


class Hello(wire.Message, tag_field="type", tag="hello", frozen=True):
    """stick → hub: who I am."""

    protocol: wire.Count
    signed: wire.SignedText


class Welcome(wire.Message, tag_field="type", tag="welcome", frozen=True):
    """hub → stick: the channel is open."""

    time_ms: wire.Milliseconds


class Stop(wire.Message, tag_field="type", tag="stop", frozen=True):
    """hub → stick: this session is over, and why."""

    session: wire.Id
    code: Code


class Standing(wire.Message, tag_field="type", tag="standing", frozen=True):
    """hub → stick: what the stick's own state is now; code None: it may sign in."""

    code: Code | None


class Grace(wire.Message, tag_field="type", tag="grace", frozen=True):
    """hub → stick: the session goes on without confirmation until then; 0: it is confirmed again."""

    until_ms: wire.Milliseconds


class Settings(wire.Message, tag_field="type", tag="settings", frozen=True):
    """hub → stick: what the session obeys from now on; sent when the channel opens and at each change."""

    session: wire.Id
    settings: StickSettings


class Away(wire.Message, tag_field="type", tag="away", frozen=True):
    """hub → stick: these gateways have lost the hub, so their leases end: a session goes to its other one."""

    gateways: Annotated[tuple[wire.Id, ...], msgspec.Meta(max_length=MOST_GATEWAYS)]


class Quality(wire.Message, tag_field="type", tag="quality", frozen=True):
    """stick → hub: how good its line is, as its kernel measured on this very channel; at most every 10 s."""

    rtt_ms: Annotated[int, msgspec.Meta(ge=0, le=LONGEST_RTT_MS)]
    loss_permille: Annotated[int, msgspec.Meta(ge=0, le=1000)]


class Note(wire.Message, tag_field="type", tag="note", frozen=True):
    """hub → stick: a message of the office for whoever sits there; an empty text stands for the other language's."""

    note: wire.Id
    ja: wire.Text
    en: wire.Text
    diagnostics: bool = False
    """It asks for the stick's diagnostics: they are sent if the person agrees, and only then."""


class Reading(StrEnum):
    """How far a message has come, from the least to the most."""

    DELIVERED = "delivered"
    """The stick has it; no screen stands that could show it."""
    SHOWN = "shown"
    """A screen stands, which says at least that a message waits."""
    READ = "read"
    """The person has pressed that it was understood."""


class Noted(wire.Message, tag_field="type", tag="noted", frozen=True):
    """stick → hub: how far a message has come; told again when it comes further, or when the hub asks again."""

    note: wire.Id
    reading: Reading


FromHub = Challenge | Welcome | Stop | Standing | Grace | Settings | Note | Away
FromStick = Hello | Quality | Noted
