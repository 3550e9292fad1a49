"""server ↔ hub on one host: a unix stream socket, one JSON object a line; and the console's live channel.

Bell rings without an answer. Every other request gets exactly one answer.
"""

from typing import Annotated, Final

import msgspec

from hanare_core import wire
from hanare_core.messages.gateway import Fact, Kept, Receipt
from hanare_core.messages.stick import Reading
from hanare_core.problems import Code

LIVE_PATH: Final = "/live/v1"

ACK_WAIT_MS: Final = 2_000
"""How long a sign-in waits for its gateway's acknowledgement before it ends as gateway-unreachable."""


IN_TOUCH_MS: Final = 12_000
"""Two beats and some: a gateway that has said nothing for so long is out of touch, however its connection looks."""


class Bell(wire.Message, tag_field="type", tag="bell", frozen=True):
    """server → hub: the organisation has a newer revision. Only a wake-up; hub reads the database."""

    organisation: wire.Id
    revision: wire.Count


class AwaitLease(wire.Message, tag_field="type", tag="await-lease", frozen=True):
    """server → hub: answer when the lease's gateway acknowledged it as present, rejected it, or the time is over."""

    organisation: wire.Id
    lease: wire.Id
    revision: wire.Count
    wait_ms: Annotated[int, msgspec.Meta(ge=1, le=60_000)]


class AwaitReceipts(wire.Message, tag_field="type", tag="await-receipts", frozen=True):
    """server → hub: answer when every one of these leases has its receipt, or the time is over."""

    leases: Annotated[tuple[wire.Id, ...], msgspec.Meta(min_length=1, max_length=2_000)]
    wait_ms: Annotated[int, msgspec.Meta(ge=1, le=60_000)]


class Facts(wire.Message, tag_field="type", tag="facts", frozen=True):
    """server → hub: what is known of the sessions of this organisation now."""

    organisation: wire.Id


class Tell(wire.Message, tag_field="type", tag="tell", frozen=True):
    """server → hub: give these sticks this message, and say how far it has come. Repeated until it is read."""

    organisation: wire.Id
    note: wire.Id
    ja: wire.Text
    en: wire.Text
    sticks: Annotated[tuple[wire.Id, ...], msgspec.Meta(min_length=1, max_length=2_000)]
    diagnostics: bool = False


class InTouch(wire.Message, tag_field="type", tag="in-touch", frozen=True):
    """server → hub: which gateways of this organisation are in touch now."""

    organisation: wire.Id


class WhereIs(wire.Message, tag_field="type", tag="where-is", frozen=True):
    """server → hub: tell from which address this stick speaks now."""

    organisation: wire.Id
    stick: wire.Id


class LeaseAnswer(wire.Message, tag_field="type", tag="lease", frozen=True):
    """hub → server: code None: the gateway holds the lease."""

    lease: wire.Id
    code: Code | None


class ReceiptsAnswer(wire.Message, tag_field="type", tag="receipts", frozen=True):
    """hub → server: the receipts that arrived."""

    receipts: tuple[Receipt, ...]


class FactsAnswer(wire.Message, tag_field="type", tag="facts", frozen=True):
    """hub → server: facts by lease, gateways that are in touch, sticks whose channel is open."""

    facts: tuple[Fact, ...]
    gateways: tuple[wire.Id, ...]
    sticks: tuple[wire.Id, ...]
    kept: dict[wire.Id, Kept] = msgspec.field(default_factory=dict)
    """By gateway: what it keeps and the database does not know."""


class TellAnswer(wire.Message, tag_field="type", tag="told", frozen=True):
    """hub → server: how far the message has come, by stick; a stick that has said nothing is not there."""

    readings: dict[wire.Id, Reading]


class InTouchAnswer(wire.Message, tag_field="type", tag="in-touch", frozen=True):
    """hub → server: the gateways whose channel is open and from which something came within IN_TOUCH_MS."""

    gateways: tuple[wire.Id, ...]


class WhereAnswer(wire.Message, tag_field="type", tag="where", frozen=True):
    """hub → server: empty: no gateway has heard it."""

    address: Annotated[str, msgspec.Meta(max_length=45)]


ToHub = Bell | AwaitLease | AwaitReceipts | Facts | Tell | InTouch | WhereIs
FromHub = LeaseAnswer | ReceiptsAnswer | FactsAnswer | TellAnswer | InTouchAnswer | WhereAnswer


class LiveToken(wire.Message, frozen=True):
    """What the server signs for one console page: 60 seconds, one organisation, these departments, one language.

    No departments: all of them.
    """

    organisation: wire.Id
    departments: tuple[wire.Id, ...]
    language: Annotated[str, msgspec.Meta(pattern=r"^(ja|en)\Z")]
    not_after_ms: wire.Milliseconds


class LiveHello(wire.Message, tag_field="type", tag="hello", frozen=True):
    """console page → hub: its first frame, and again before the token ends; a page whose token has ended is closed.

    The token travels in a frame because an address with a token in it would stand in the front's access log.
    """

    token: wire.SignedText


class LiveChange(wire.Message, tag_field="type", tag="change", frozen=True):
    """hub → console page: the list changed; the page fetches it anew."""

    revision: wire.Count


class LiveFacts(wire.Message, tag_field="type", tag="facts", frozen=True):
    """hub → console page: facts of the sessions it shows, at most once a second."""

    facts: tuple[Fact, ...]
