"""The console's live list: a page shows a token that the server signed, and hears of changes and of facts.

A page gets facts of the token's departments only, at most once a second, each at its newest. The token lasts a minute;
the page sends a new one before it ends, else the channel is closed, so that who was signed out stops seeing.
"""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Final

from websockets.asyncio.server import ServerConnection

from hanare_core import signed, wire
from hanare_core.messages.gateway import Fact
from hanare_core.messages.local import LiveChange, LiveFacts, LiveHello, LiveToken
from hanare_core.problems import Code, Problem
from hanare_core.signed import Kind
from hanare_hub import world
from hanare_hub.channel import Channel, first_frame
from hanare_hub.hall import Hall
from hanare_hub.organisation import Organisation

FACTS_EVERY_S: Final = 1.0
"""Shortest time between two frames of facts: a person reads no faster."""

FACTS_PER_FRAME: Final = 2_000
"""About 250 KiB."""

PAGES: Final = 500
"""Console pages at a time; each costs a filter over the changed facts of every beat."""

LONGEST_TOKEN_S: Final = 120.0
"""A token of ours lasts 60 s; the rest is for clocks of several hosts."""

_AFTER_END_S: Final = 0.05
"""The wake-up comes surely after the end, not a millisecond before."""


async def serve(hall: Hall, socket: ServerConnection) -> None:
    """Serve one console page until it goes; raises Problem when it is refused."""
    organisation, token = _recognise(hall, await first_frame(socket))
    if len(hall.pages) >= PAGES:
        raise Problem(Code.THROTTLED)
    channel = LiveChannel(hall, socket, organisation, token)
    hall.pages.add(channel)
    try:
        await channel.run()
    finally:
        hall.pages.discard(channel)
        channel.stop_timers()


class LiveChannel(Channel):
    """The hub's side of one console page."""

    def __init__(self, hall: Hall, socket: ServerConnection, organisation: Organisation, token: LiveToken) -> None:
        super().__init__(socket, "console page")
        self.organisation = organisation
        self._hall = hall
        self._token = token
        self._shown: tuple[int, int] | None = None
        self._pending: dict[str, Fact] = {}
        self._next_facts_s = 0.0
        self._loop = asyncio.get_running_loop()
        self._facts_timer: asyncio.TimerHandle | None = None
        self._end_timer = self._wake_at_end()
        self.note(hall.presence.facts(organisation.id).values())

    def note(self, facts: Iterable[Fact]) -> None:
        """Keep the newest facts of the leases that this page may see, until they are sent."""
        self._pending.update((fact.lease, fact) for fact in facts if self._may_see(fact.lease))
        if self._pending:
            self.wake()

    def receive(self, data: str) -> None:
        """Take a newer token for the same organisation."""
        organisation, token = _recognise(self._hall, data)
        if organisation is not self.organisation:
            raise Problem(Code.TOKEN_INVALID)
        self._token = token
        self._pending = {lease: fact for lease, fact in self._pending.items() if self._may_see(lease)}
        self._end_timer.cancel()
        self._end_timer = self._wake_at_end()

    def frames(self) -> Iterator[bytes]:
        """Give the change, and the facts when their time has come; raise Problem when the token has ended."""
        if self._token.not_after_ms <= world.now_ms() or not self._organisation_stands():
            raise Problem(Code.TOKEN_INVALID)
        state = (self.organisation.chain.number, self.organisation.known.revision)
        if state != self._shown:
            self._shown = state
            yield wire.encode(LiveChange(self.organisation.known.revision))
        yield from self._fact_frames()

    def stop_timers(self) -> None:
        """Let the timers go."""
        self._end_timer.cancel()
        if self._facts_timer is not None:
            self._facts_timer.cancel()

    def _fact_frames(self) -> Iterator[bytes]:
        if not self._pending:
            return
        if self._loop.time() < self._next_facts_s:
            self._wake_for_facts()
            return
        self._next_facts_s = self._loop.time() + FACTS_EVERY_S
        pending, self._pending = [fact for fact in self._pending.values() if self._may_see(fact.lease)], {}
        for start in range(0, len(pending), FACTS_PER_FRAME):
            yield wire.encode(LiveFacts(tuple(pending[start : start + FACTS_PER_FRAME])))

    def _may_see(self, lease: str) -> bool:
        holding = self.organisation.leases.get(lease)
        departments = self._token.departments
        return holding is not None and (not departments or holding.department in departments)

    def _organisation_stands(self) -> bool:
        return self._hall.world.organisations.get(self.organisation.id) is self.organisation

    def _wake_for_facts(self) -> None:
        if self._facts_timer is None or self._facts_timer.when() <= self._loop.time():
            self._facts_timer = self._loop.call_at(self._next_facts_s, self.wake)

    def _wake_at_end(self) -> asyncio.TimerHandle:
        left_s = max(0.0, (self._token.not_after_ms - world.now_ms()) / 1000)
        return self._loop.call_later(min(left_s, LONGEST_TOKEN_S) + _AFTER_END_S, self.wake)


def _recognise(hall: Hall, data: str) -> tuple[Organisation, LiveToken]:
    """Return the organisation and the token that its server signed, or raise Problem(TOKEN_INVALID)."""
    text = wire.decode(data, LiveHello).token
    try:
        organisation = hall.world.organisations.get(signed.unverified(text, LiveToken).organisation)
        key = organisation.server_key if organisation else ""
        token = signed.verify(Kind.LIVE_TOKEN, text, key, LiveToken)
    except Problem as problem:
        raise Problem(Code.TOKEN_INVALID) from problem
    left_ms = token.not_after_ms - world.now_ms()
    if organisation is None or not 0 < left_ms <= LONGEST_TOKEN_S * 1000:
        raise Problem(Code.TOKEN_INVALID)
    return organisation, token
