"""Everything the channels share: the world, presence, and who is connected. One newest channel per party."""

import asyncio
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from hanare_core.messages.gateway import Fact
from hanare_hub.channel import Channel
from hanare_hub.organisation import Organisation
from hanare_hub.presence import Presence
from hanare_hub.touch import Touch
from hanare_hub.world import Applied, World

if TYPE_CHECKING:
    from hanare_hub.gateways import GatewayChannel
    from hanare_hub.live import LiveChannel
    from hanare_hub.sticks import StickChannel

C = TypeVar("C", bound=Channel)

LOOK_S: Final = 1.0
"""Between two looks at who is in touch: what it adds to IN_TOUCH_MS."""


class Register(Generic[C]):
    """The newest channel of each party."""

    def __init__(self) -> None:
        self._channels: dict[str, C] = {}

    def enter(self, party: str, channel: C) -> None:
        """Let the channel be the party's; an older one is closed."""
        older = self._channels.get(party)
        self._channels[party] = channel
        if older is not None:
            older.replace()

    def leave(self, party: str, channel: C) -> None:
        """Forget the channel if it still is the party's."""
        if self._channels.get(party) is channel:
            del self._channels[party]

    def get(self, party: str) -> C | None:
        """Return the party's channel."""
        return self._channels.get(party)

    def all(self) -> list[tuple[str, C]]:
        """Return every party with its channel."""
        return list(self._channels.items())


class Hall:
    """The shared state, and the order in which news goes out."""

    def __init__(self) -> None:
        self.world = World()
        self.presence = Presence()
        self.touch = Touch()
        self.gateways: Register[GatewayChannel] = Register()
        self.sticks: Register[StickChannel] = Register()
        self.pages: set[LiveChannel] = set()
        self._moved = asyncio.Event()
        self._away: dict[str, tuple[str, ...]] = {}

    async def watch_gateways(self) -> None:
        """Wake the sticks of an organisation whenever one of its gateways leaves or comes back, for ever."""
        while True:
            await asyncio.sleep(LOOK_S)
            for organisation in self.world.organisations.values():
                away = self.touch.away(organisation.gateways)
                if away != self._away.get(organisation.id, ()):
                    self._away[organisation.id] = away
                    self._wake_sticks(organisation)

    def announce(self, applied: Applied) -> None:
        """Tell who has to hear of a change: gateways first, so that packets stop before a screen says so."""
        organisation = applied.organisation
        self.presence.forget(organisation.id, applied.outcome.gone)
        for _, gateway in self.gateways.all():
            if gateway.organisation is organisation:
                gateway.wake()
        for stick in self._concerned(applied):
            stick.wake()
        for page in self.pages:
            if page.organisation is organisation:
                page.wake()
        if applied.deleted:
            self.presence.forget_organisation(organisation.id)
        self.move()

    def _wake_sticks(self, organisation: Organisation) -> None:
        for _, stick in self.sticks.all():
            if stick.organisation is organisation:
                stick.wake()

    def _concerned(self, applied: Applied) -> "list[StickChannel]":
        if applied.deleted:
            return [stick for _, stick in self.sticks.all() if stick.organisation is applied.organisation]
        found = (self.sticks.get(stick) for stick in applied.outcome.sticks)
        return [stick for stick in found if stick is not None]

    def show_facts(self, organisation: Organisation, facts: list[Fact]) -> None:
        """Pass changed facts on to the console pages of the organisation."""
        for page in self.pages:
            if page.organisation is organisation:
                page.note(facts)

    def move(self) -> None:
        """Let everybody look again who waits for a lease."""
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def moved(self) -> None:
        """Wait for the next move."""
        await self._moved.wait()
