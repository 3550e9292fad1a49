"""The seat of the person who works: the next session's tunnel, the open session, its watch, and the screen's area."""

import contextlib
from pathlib import Path

import msgspec

from hanare_core.messages import stick as channel_messages
from hanare_core.messages.api import SessionAnswer
from hanare_core.profile import PullOut
from hanare_stick import control_messages as control
from hanare_stick.clock import Clock
from hanare_stick.levels import Dials
from hanare_stick.session import Facts, Session, Spare
from hanare_stick.settings import Settings
from hanare_stick.teller import Teller
from hanare_stick.watch import Place, Watch


class Seat:
    """One stick has one; `opening` is the session that the server opened for us and that has not ended here."""

    def __init__(self, settings: Settings, folder: Path, teller: Teller, clock: Clock, dials: Dials) -> None:
        self._settings = settings
        self._folder = folder
        self._teller = teller
        self._clock = clock
        self._dials = dials
        self._spare: Spare | None = None
        self._area: control.Area | None = None
        self._left = False
        self._told: channel_messages.Settings | None = None
        self.session: Session | None = None
        self.watch: Watch | None = None
        self.opening: str | None = None

    def adopt(self) -> None:
        """Take over the session that an earlier agent left."""
        self.session = Session.adopt(self._folder)

    async def prepare(self) -> None:
        """Make the next session's tunnel ahead; if that fails now, the sign-in tries again and says so."""
        if self._spare is None and not self._left:
            with contextlib.suppress(OSError):
                self._spare = await Spare.make()

    async def take(self, answer: SessionAnswer, user: str) -> Session:
        """Take the session that the server has opened; its tunnel is not up yet. Raises OSError."""
        self.opening = answer.session
        spare, self._spare = self._spare or await Spare.make(), None
        facts = _facts(answer, user)
        if self._told is not None and self._told.session == answer.session:
            # Said while the server's answer was on its way, or waited for the gateway: the hub knows nothing older.
            facts = msgspec.structs.replace(facts, settings=self._told.settings)
        self.session = Session(spare, facts, self._folder)
        return self.session

    async def watched(self, session: Session, account: control.OfficeAccount | None = None) -> None:
        """Wait for the session's end and raise it."""
        self.opening = session.id
        place = Place(self._settings.display, self._settings.browser, self._dials)
        watch = self.watch = Watch(session, self._teller, place, self._clock)
        self._teller.opened(session)
        if account is not None:
            watch.account(account)
        if self._area is not None:
            watch.area(self._area)
        await watch.run()

    def place(self, area: control.Area) -> None:
        """Note where on the screen the desktop is to be."""
        self._area = area
        if self.watch is not None:
            self.watch.area(area)

    def screen_left(self) -> None:
        """Note that no screen is there any more."""
        self._area = None
        if self.watch is not None and not self._left:
            self.watch.screen_left()

    def pulled(self) -> None:
        """Cover the screen, unless the session's settings let the work go on without the stick."""
        watch = self.watch
        if watch is not None and watch.session.facts.settings.pull_out is PullOut.LOCK:
            watch.lock()

    def lid_closed(self) -> None:
        """Cover the screen: whoever opens the lid again may be somebody else."""
        if self.watch is not None:
            self.watch.lock()

    def obey(self, message: channel_messages.Settings) -> None:
        """Take over what the open session obeys from now on, and tell the screen."""
        self._told = message
        session = self.session
        if session is None or session.id != message.session or session.facts.settings == message.settings:
            return
        session.obey(message.settings)
        if self.watch is not None:
            self._teller.opened(session)

    def stop(self) -> None:
        """Take desktop, tunnel and key away at once."""
        if self.session is not None:
            self.session.close()

    def clear(self) -> str | None:
        """Leave nothing of the session; return its id if the server had opened it."""
        self.stop()
        self.watch = self.session = None
        ended, self.opening = self.opening, None
        return ended

    def leave(self) -> None:
        """Prepare nothing any more: the agent is about to end."""
        self._left = True

    def close(self) -> None:
        """Take everything away."""
        self.stop()
        if self._spare is not None:
            self._spare.close()


def _facts(answer: SessionAnswer, user: str) -> Facts:
    return Facts(
        id=answer.session,
        user=user,
        user_name=answer.user_name,
        office_pc=answer.office_pc,
        paths=answer.paths,
        ends_ms=answer.ends_ms,
        settings=answer.settings,
        grace_ms=answer.grace_ms and answer.ttl_ms + answer.grace_ms,
    )
