"""A stick's channel, through the door: challenge, hello, welcome; then its standing and the end of its session.

A Stop is sent when no lease of the stick's last session is present any more, also to a stick that connects after it
happened; a stick that has no such session ignores it.
"""

import hmac
import logging
import time
from collections.abc import Iterator
from typing import Final

from websockets.asyncio.server import ServerConnection

from hanare_core import log_lines, signed, wire
from hanare_core.messages.stick import (
    Away,
    FromStick,
    Grace,
    Hello,
    HelloBody,
    Note,
    Noted,
    Quality,
    Settings,
    Standing,
    Stop,
    Welcome,
)
from hanare_core.problems import Code, Problem
from hanare_core.signed import Kind
from hanare_hub import world
from hanare_hub.channel import Channel, challenge
from hanare_hub.hall import Hall
from hanare_hub.organisation import Organisation

QUALITY_EVERY_S: Final = 10.0
"""A stick that tells more often is not heard in between."""

NOTES: Final = 10
"""Messages that wait for one slow stick; more push out the oldest, which the server sends again."""

_UNTOLD: Final = "untold"

_log = logging.getLogger(__name__)


async def serve(hall: Hall, socket: ServerConnection) -> None:
    """Serve one stick until it goes; raises Problem when it is refused."""
    nonce, data = await challenge(socket)
    hello = wire.decode(data, Hello)
    wire.require_version(hello.protocol)
    stick, organisation = _recognise(hall, hello, nonce)
    channel = StickChannel(hall, socket, stick, organisation)
    hall.sticks.enter(stick, channel)
    log_lines.event(_log, logging.INFO, "stick connected", stick=stick)
    try:
        await channel.run()
    finally:
        hall.sticks.leave(stick, channel)
        log_lines.event(_log, logging.INFO, "stick gone", stick=stick)


class StickChannel(Channel):
    """The hub's side of one stick's channel."""

    def __init__(self, hall: Hall, socket: ServerConnection, stick: str, organisation: Organisation) -> None:
        super().__init__(socket, stick)
        self.organisation = organisation
        self._hall = hall
        self._stick = stick
        self._key = organisation.standings[stick].identity_key
        self._welcomed = False
        self._told: Code | str | None = _UNTOLD
        self._stopped: str | None = None
        self._next_quality_s = 0.0
        self._graces: dict[str, int] = {}
        self._told_grace_ms = 0
        self._told_settings: Settings | None = None
        self._notes: dict[str, Note] = {}
        self._told_notes: set[str] = set()
        self._told_away: tuple[str, ...] = ()

    def note_grace(self, lease: str, until_ms: int) -> None:
        """Note until when a lease of this stick goes on without confirmation; 0: it is confirmed."""
        if until_ms:
            self._graces[lease] = until_ms
        else:
            self._graces.pop(lease, None)
        if self._grace_ms() != self._told_grace_ms:
            self.wake()

    def tell(self, note: Note) -> None:
        """Have the message sent once in the life of this channel."""
        if note.note in self._told_notes or note.note in self._notes:
            return
        self._notes[note.note] = note
        while len(self._notes) > NOTES:
            del self._notes[next(iter(self._notes))]
        self.wake()

    def receive(self, data: str) -> None:
        """Take in how good the stick's line is, and how far a message has come; it says nothing else."""
        frame: FromStick = wire.decode(data, FromStick)
        if isinstance(frame, Noted):
            # What this channel was not given it cannot have read.
            if frame.note in self._told_notes:
                self._hall.presence.take_reading(self._stick, frame)
            return
        if not isinstance(frame, Quality):
            raise Problem(Code.OUT_OF_ORDER, detail={"frame": "hello"})
        now_s = time.monotonic()
        if now_s >= self._next_quality_s:
            self._next_quality_s = now_s + QUALITY_EVERY_S
            changed = self._hall.presence.take_quality(self.organisation, self._stick, frame)
            self._hall.show_facts(self.organisation, changed)

    def frames(self) -> Iterator[bytes]:
        """Give the welcome, a stop, the standing, the settings and what else, as far as they are news."""
        if not self._welcomed:
            self._welcomed = True
            yield wire.encode(Welcome(world.now_ms()))
        ended = self.organisation.ended.get(self._stick)
        if ended and ended.session != self._stopped and not self.organisation.has_session(ended.session):
            self._stopped = ended.session
            yield wire.encode(Stop(ended.session, ended.code))
        code = self._standing()
        if code != self._told:
            self._told = code
            yield wire.encode(Standing(code))
        settings = self.organisation.settings.get(self._stick)
        if settings and settings != self._told_settings and self.organisation.has_session(settings.session):
            self._told_settings = settings
            yield wire.encode(settings)
        away = self._hall.touch.away(self.organisation.gateways)
        if away != self._told_away:
            self._told_away = away
            yield wire.encode(Away(away))
        until_ms = self._grace_ms()
        if until_ms != self._told_grace_ms:
            self._told_grace_ms = until_ms
            yield wire.encode(Grace(until_ms))

        while self._notes:
            name = next(iter(self._notes))
            self._told_notes.add(name)
            yield wire.encode(self._notes.pop(name))

    def _grace_ms(self) -> int:
        """Return the grace of the stick's session: the longest of its gateways, for one confirmed path is enough."""
        present = {lease: until for lease, until in self._graces.items() if lease in self.organisation.leases}
        return max(present.values(), default=0)

    def _standing(self) -> Code | None:
        """Return the stick's standing; raise Problem when its door is gone or its key is another now."""
        standing = self.organisation.standings.get(self._stick)
        there = self._hall.world.organisations.get(self.organisation.id) is self.organisation
        if standing is None or standing.identity_key != self._key or not there:
            raise Problem(Code.STICK_UNKNOWN)
        return standing.code


def _recognise(hall: Hall, hello: Hello, nonce: str) -> tuple[str, Organisation]:
    """Return the stick whose identity key signed this very challenge."""
    stick = signed.unverified(hello.signed, HelloBody).stick
    organisation = hall.world.of_stick(stick)
    if organisation is None:
        raise Problem(Code.NOT_AUTHENTIC)
    body = signed.verify(Kind.CHANNEL_STICK, hello.signed, organisation.standings[stick].identity_key, HelloBody)
    if not hmac.compare_digest(body.nonce, nonce):
        raise Problem(Code.NOT_AUTHENTIC)
    return stick, organisation
