"""hub ↔ gateway: WebSocket /gateway/v1, one JSON object a text frame, tagged by `type`.

See docs/protocol.md, "Gateway channel". The gateway dials out. hub sends Challenge; the gateway answers Hello; hub
sends the authoritative snapshot in parts, then deltas with an unbroken chain of revisions. The gateway acknowledges
what the kernel holds, and beats.
"""

from enum import StrEnum
from typing import Annotated, Final

import msgspec

from hanare_core import wire
from hanare_core.line import Line
from hanare_core.messages.api import Nonce
from hanare_core.problems import Code
from hanare_core.web_application import Host

PATH: Final = "/gateway/v1"

BEAT_MS: Final = 5_000
"""Longest time between two beats; a gateway beats earlier where a short TTL needs it (TTL / 6)."""

PART_ENTRIES: Final = 400
"""Doors and leases in one snapshot part or delta: keeps a part under wire.BULK_BYTES."""


TARGET_HOSTS: Final = 192
"""Every host of every web application that a profile may permit."""


class State(StrEnum):
    """What the desired state says of a door or lease."""

    PRESENT = "present"
    GONE = "gone"


class Challenge(wire.Message, tag_field="type", tag="challenge", frozen=True):
    """hub → peer, first frame: sign this."""

    nonce: Nonce


class HelloBody(wire.Message, frozen=True):
    """What the gateway's identity key signs (kind channel-gateway)."""

    nonce: Nonce
    gateway: wire.Id


class Hello(wire.Message, tag_field="type", tag="hello", frozen=True):
    """gateway → hub: who I am, what I last applied, and the revocation epoch I have on disk."""

    protocol: wire.Count
    signed: wire.SignedText
    revision: wire.Count
    epoch: wire.Count


class Door(wire.Message, frozen=True):
    """A stick's door peer. The gateway derives key and address from the certificate it verifies itself."""

    stick: wire.Id
    state: State
    certificate: wire.SignedText
    next_certificate: wire.SignedText | None = None
    """Of the keys that the stick changes to: both doors stand until it has come through the new one."""


class Target(wire.Message, frozen=True, omit_defaults=True):
    """One address and TCP port that a session may reach."""

    address: wire.Address
    port: wire.Port
    hosts: Annotated[tuple[Host, ...], msgspec.Meta(max_length=TARGET_HOSTS)] = ()
    """Of the gateway's egress proxy only: the names that it opens for this session. They may change in a lease."""


class Lease(wire.Message, frozen=True):
    """One session's permission on one gateway."""

    lease: wire.Id
    session: wire.Id
    state: State
    certificate: wire.SignedText
    ticket: wire.SignedText
    address: wire.Address
    """Inner IPv4 address of the session on this gateway."""
    targets: Annotated[tuple[Target, ...], msgspec.Meta(min_length=1, max_length=8)]
    ttl_ms: Annotated[int, msgspec.Meta(ge=1_000, le=600_000)]
    grace_ms: Annotated[int, msgspec.Meta(ge=0, le=1_800_000)]
    """0: strict. Else how long renewals go on without confirmation by the database."""
    ends_ms: wire.Milliseconds
    """The hard end, server time; no timeout passes it."""
    reason: Code | None = None
    """Why it is gone."""
    department: wire.Id | None = None
    """Of the session: a halted department gets no lease."""


class HaltKind(StrEnum):
    """What can be halted."""

    DEPARTMENT = "department"
    ORGANISATION = "organisation"
    SESSION = "session"
    STICK = "stick"
    USER = "user"


class Halt(wire.Message, frozen=True):
    """Something that was suspended, or resumed, in this epoch. Of two that name the same thing the later epoch counts.

    Gateways keep what is halted on disk, so that a server that was set back cannot revive it.
    """

    kind: HaltKind
    id: wire.Id
    epoch: wire.Count
    state: State
    """Present: it is halted. Gone: it was resumed."""


class Snapshot(wire.Message, tag_field="type", tag="snapshot", frozen=True):
    """hub → gateway: one part of the whole desired state. What no part lists is removed, before anything is added."""

    revision: wire.Count
    epoch: wire.Count
    age_ms: wire.Milliseconds
    """Age of the database confirmation that this state rests on, at sending."""
    time_ms: wire.Milliseconds
    """Server time at sending."""
    doors: tuple[Door, ...]
    leases: tuple[Lease, ...]
    halts: tuple[Halt, ...] = ()
    carrier: bool = True
    """Whether the organisation lets homes come by the carrier on TCP 443."""
    more: bool = False
    """True: another part follows. Nothing is applied before the last part."""


class Delta(wire.Message, tag_field="type", tag="delta", frozen=True):
    """hub → gateway: what changed between two revisions. If `after` is not what the gateway has, it asks to resync."""

    after: wire.Count
    revision: wire.Count
    epoch: wire.Count
    doors: tuple[Door, ...]
    leases: tuple[Lease, ...]
    halts: tuple[Halt, ...] = ()
    carrier: bool = True
    """As in the snapshot, whether it changed or not."""


class BeatAnswer(wire.Message, tag_field="type", tag="beat-answer", frozen=True):
    """hub → gateway: every lease of `revision` stood in the database `age_ms` before this answer."""

    stamp_ms: wire.Milliseconds
    revision: wire.Count
    age_ms: wire.Milliseconds
    """Counted from the start of the confirming query to the sending of this answer."""
    time_ms: wire.Milliseconds


class Where(wire.Message, tag_field="type", tag="where", frozen=True):
    """hub → gateway: tell from where the packets of this stick's door come now."""

    ask: wire.Count
    stick: wire.Id


class Receipt(wire.Message, frozen=True):
    """What the kernel counted for a lease that is now gone from it: no packet was let through after `removed_ms`.

    Both times are read on the gateway's one monotonic clock and told in server time, which the gateway knows within
    `clock_error_ms`: they may be wrong by this against the server's clock, not against each other.
    """

    lease: wire.Id
    removed_ms: wire.Milliseconds
    """When the kernel had committed the removal of its elements."""
    packets: wire.Count
    last_packet_ms: wire.Milliseconds
    """When the last packet was let through, within `tick_ms`; 0 if none ever was."""
    clock_error_ms: wire.Milliseconds
    """Half of what the quickest question for the server's time took, the drift since, and what whole ms cut off."""
    tick_ms: wire.Milliseconds
    """The kernel counts the last use in ticks of so long."""


class Rejected(wire.Message, frozen=True):
    """A lease that the gateway did not accept, and why (a certificate or ticket that does not hold)."""

    lease: wire.Id
    code: Code


class Ack(wire.Message, tag_field="type", tag="ack", frozen=True):
    """gateway → hub: the kernel holds this revision."""

    revision: wire.Count
    epoch: wire.Count
    receipts: Annotated[tuple[Receipt, ...], msgspec.Meta(max_length=PART_ENTRIES)]
    rejected: Annotated[tuple[Rejected, ...], msgspec.Meta(max_length=PART_ENTRIES)]


class Fact(wire.Message, frozen=True):
    """What the data plane says of a session since it began: the only heartbeat there is."""

    lease: wire.Id
    received: wire.Count
    sent: wire.Count
    last_packet_ms: wire.Milliseconds
    """Server time of the last handshake or allowed packet; 0: none yet."""
    grace_until_ms: wire.Milliseconds = 0
    """Server time until which the lease goes on without confirmation, in whole seconds; 0: it is confirmed."""
    line: Line = Line.UNKNOWN
    """How the session's packets come."""
    tried: wire.Count = 0
    """How many other addresses it tried and did not reach."""
    rtt_ms: wire.Count = 0
    """Round trip between stick and office, as the stick told the hub, which fills it in; 0: not known."""
    loss_permille: wire.Count = 0
    """Segments of a thousand that the stick had to send again; the hub fills it in."""
    gateway_ms: wire.Count = 0
    """Round trip between hub and gateway; the hub fills it in."""


class Beat(wire.Message, tag_field="type", tag="beat", frozen=True):
    """gateway → hub: the question from whose asking lease time counts, with the facts changed since the last beat."""

    stamp_ms: wire.Milliseconds
    """The gateway's monotonic clock."""
    facts: Annotated[tuple[Fact, ...], msgspec.Meta(max_length=20_000)]


class Kept(wire.Message, tag_field="type", tag="kept", frozen=True):
    """gateway → hub, after each snapshot and whenever it changes: what this gateway keeps and no hub has told it.

    That is what was killed at the gateway itself, and what a server lost that was set back to an older backup.
    """

    epoch: wire.Count
    """The highest epoch that the gateway was ever told."""
    halts: Annotated[tuple[Halt, ...], msgspec.Meta(max_length=20_000)]


class Place(wire.Message, tag_field="type", tag="place", frozen=True):
    """gateway → hub: from here, as WireGuard saw it last; empty: it was never heard."""

    ask: wire.Count
    address: Annotated[str, msgspec.Meta(max_length=45)] = ""
    handshake_ms: wire.Milliseconds = 0
    """Of several gateways the one with the newest handshake knows best."""


class Resync(wire.Message, tag_field="type", tag="resync", frozen=True):
    """gateway → hub: there was a gap; send a snapshot."""


FromHub = Challenge | Snapshot | Delta | BeatAnswer | Where
FromGateway = Hello | Ack | Beat | Kept | Resync | Place
