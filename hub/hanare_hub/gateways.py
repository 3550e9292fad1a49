"""A gateway's channel: challenge, hello, snapshot, then deltas in an unbroken chain; acks, beats and receipts.

The snapshot on every connect is authoritative whatever revision the gateway says it has. A beat is answered at once
with the age of the last confirming query, also when the database is away: the age then grows, and what that means for
a lease is the gateway's to decide. State goes out before the answer to a beat, so an answer never confirms a revision
that the gateway has not been sent.
"""

import asyncio
import hmac
import logging
from collections.abc import Iterable, Iterator
from typing import Final, cast

from websockets.asyncio.server import ServerConnection

from hanare_core import log_lines, signed, wire
from hanare_core.messages.gateway import (
    PART_ENTRIES,
    Ack,
    Beat,
    BeatAnswer,
    Door,
    Fact,
    FromGateway,
    Halt,
    Hello,
    HelloBody,
    Kept,
    Lease,
    Place,
    Resync,
    Snapshot,
    Where,
)
from hanare_core.problems import Code, Problem
from hanare_core.signed import Kind
from hanare_hub import world
from hanare_hub.channel import Channel, challenge
from hanare_hub.hall import Hall
from hanare_hub.organisation import Organisation
from hanare_hub.whereabouts import Questions

FRAME_BYTES: Final = 4 * 1024 * 1024
"""Largest frame of a gateway that is known: a beat with 20,000 facts of 150 bytes is 3 MB."""

PART_BYTES: Final = wire.BULK_BYTES - 4096
"""Room for entries in a snapshot part; the rest is the part's own fields."""

_ENTRY_OVERHEAD: Final = 1024
"""Upper bound for an entry's JSON beside certificate and ticket: ids, address, 8 targets."""

Entry = Door | Lease | Halt
"""What a snapshot lists."""

_log = logging.getLogger(__name__)
_FRAME: Final = cast("type[FromGateway]", FromGateway)


async def serve(hall: Hall, socket: ServerConnection) -> None:
    """Serve one gateway until it goes; raises Problem when it is refused."""
    nonce, data = await challenge(socket)
    hello = wire.decode(data, Hello)
    wire.require_version(hello.protocol)
    gateway, organisation = _recognise(hall, hello, nonce)
    socket.protocol.max_size = FRAME_BYTES
    channel = GatewayChannel(hall, socket, gateway, organisation)
    hall.gateways.enter(gateway, channel)
    hall.touch.note(gateway)
    log_lines.event(
        _log, logging.INFO, "gateway connected", gateway=gateway, revision=hello.revision, epoch=hello.epoch
    )
    try:
        await channel.run()
    finally:
        hall.gateways.leave(gateway, channel)
        hall.presence.forget_kept(organisation, gateway)
        log_lines.event(_log, logging.INFO, "gateway gone", gateway=gateway)


class GatewayChannel(Channel):
    """The hub's side of one gateway's channel."""

    def __init__(self, hall: Hall, socket: ServerConnection, gateway: str, organisation: Organisation) -> None:
        super().__init__(socket, gateway)
        self.organisation = organisation
        self._hall = hall
        self._gateway = gateway
        self._key = organisation.gateways[gateway]
        self._chain: int | None = None
        self._sent = 0
        self._snapshot = 0
        self._acknowledged = -1
        self._stamp_ms: int | None = None
        self._questions = Questions()
        self._wheres: list[Where] = []

    def holds(self, revision: int) -> bool:
        """Say whether the gateway acknowledged the revision, or a later one, since its last snapshot."""
        return self._chain == self.organisation.chain.number and self._acknowledged >= revision

    def where(self, stick: str) -> asyncio.Future[Place]:
        """Ask where the stick's packets come from."""
        number, answer = self._questions.ask()
        self._wheres.append(Where(number, stick))
        self.wake()
        return answer

    def receive(self, data: str) -> None:
        """Take in an ack, a beat, a place or a wish to resync."""
        frame = wire.decode(data, _FRAME, limit=FRAME_BYTES)
        self._hall.touch.note(self._gateway)
        if isinstance(frame, Beat):
            self._take_beat(frame)
        elif isinstance(frame, Ack):
            self._take_ack(frame)
        elif isinstance(frame, Kept):
            self._hall.presence.take_kept(self.organisation, self._gateway, frame)
        elif isinstance(frame, Place):
            self._questions.answered(frame)
        elif isinstance(frame, Resync):
            self._chain = None
            self.wake()
        else:
            raise Problem(Code.OUT_OF_ORDER, detail={"frame": "hello"})

    def frames(self) -> Iterator[bytes]:
        """Give snapshot or deltas, and the answer to the last beat."""
        yield from self._state_frames()
        if self._stamp_ms is not None:
            yield self._answer(self._stamp_ms)
        while self._wheres:
            yield wire.encode(self._wheres.pop(0))
        self._require_known()

    def _state_frames(self) -> Iterator[bytes]:
        steps = self.organisation.steps_after(self._sent) if self._chain == self.organisation.chain.number else None
        if steps is None:
            yield from self._snapshot_frames()
            return
        for step in steps:
            self._sent = step.revision
            yield step.frame(self._gateway)

    def _snapshot_frames(self) -> Iterator[bytes]:
        organisation = self.organisation
        known, confirmed_s = organisation.known, organisation.confirmed_s
        self._chain, self._sent, self._snapshot = organisation.chain.number, known.revision, known.revision
        self._acknowledged = -1
        leases = [holding.message for holding in organisation.leases_of.get(self._gateway, {}).values()]
        parts = _parts([*organisation.doors.values(), *leases, *organisation.halts.values()])
        for number, part in enumerate(parts, start=1):
            yield wire.encode(
                Snapshot(
                    revision=known.revision,
                    epoch=known.epoch,
                    age_ms=world.age_ms(confirmed_s),
                    time_ms=world.now_ms(),
                    doors=tuple(entry for entry in part if isinstance(entry, Door)),
                    leases=tuple(entry for entry in part if isinstance(entry, Lease)),
                    halts=tuple(entry for entry in part if isinstance(entry, Halt)),
                    carrier=organisation.carrier,
                    more=number < len(parts),
                )
            )

    def _answer(self, stamp_ms: int) -> bytes:
        self._stamp_ms = None
        age_ms = world.age_ms(self.organisation.confirmed_s)
        return wire.encode(BeatAnswer(stamp_ms, self._sent, age_ms, world.now_ms()))

    def _require_known(self) -> None:
        """End the channel of a gateway that was removed or re-keyed, after it was told what is gone."""
        standing = self._hall.world.organisations.get(self.organisation.id) is self.organisation
        if not standing or self.organisation.gateways.get(self._gateway) != self._key:
            raise Problem(Code.NOT_PERMITTED)

    def _take_beat(self, beat: Beat) -> None:
        self._stamp_ms = beat.stamp_ms
        self.wake()
        kept = self._hall.presence.take_facts(self.organisation, self._gateway, beat.facts, self._socket.latency)
        if kept:
            self._hall.show_facts(self.organisation, kept)
            self._tell_graces(kept)

    def _tell_graces(self, facts: Iterable[Fact]) -> None:
        for fact in facts:
            stick = self._hall.sticks.get(self.organisation.leases[fact.lease].stick)
            if stick is not None:
                stick.note_grace(fact.lease, fact.grace_until_ms)

    def _take_ack(self, ack: Ack) -> None:
        for receipt in ack.receipts:
            self._hall.presence.take_receipt(self.organisation, self._gateway, receipt)
        for rejected in ack.rejected:
            self._hall.presence.take_refusal(self.organisation, self._gateway, rejected.lease, rejected.code)
            log_lines.event(_log, logging.WARNING, "lease rejected", lease=rejected.lease, code=rejected.code.value)
        if ack.revision > self._sent:
            raise Problem(Code.OUT_OF_ORDER, detail={"frame": "ack"})
        if ack.revision >= self._snapshot:
            self._acknowledged = max(self._acknowledged, ack.revision)
        self._hall.move()


def _recognise(hall: Hall, hello: Hello, nonce: str) -> tuple[str, Organisation]:
    """Return the gateway whose identity key signed this very challenge."""
    gateway = signed.unverified(hello.signed, HelloBody).gateway
    organisation = hall.world.of_gateway(gateway)
    if organisation is None:
        raise Problem(Code.NOT_AUTHENTIC)
    body = signed.verify(Kind.CHANNEL_GATEWAY, hello.signed, organisation.gateways[gateway], HelloBody)
    if not hmac.compare_digest(body.nonce, nonce):
        raise Problem(Code.NOT_AUTHENTIC)
    return gateway, organisation


def _parts(entries: list[Entry]) -> list[list[Entry]]:
    """Return the entries in parts of at most PART_ENTRIES and PART_BYTES; one empty part when there are none."""
    parts: list[list[Entry]] = [[]]
    size = 0
    for entry in entries:
        entry_size = _entry_bytes(entry)
        if len(parts[-1]) == PART_ENTRIES or size + entry_size > PART_BYTES:
            parts.append([])
            size = 0
        parts[-1].append(entry)
        size += entry_size
    return parts


def _entry_bytes(entry: Entry) -> int:
    if isinstance(entry, Halt):
        return _ENTRY_OVERHEAD
    if isinstance(entry, Door):
        return len(entry.certificate) + len(entry.next_certificate or "") + _ENTRY_OVERHEAD
    hosts = sum(len(host) + len('"",') for target in entry.targets for host in target.hosts)
    return len(entry.certificate) + len(entry.ticket) + hosts + _ENTRY_OVERHEAD
