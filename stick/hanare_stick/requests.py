"""What a screen asks for: each request goes to whom it concerns, or is refused as out of order."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from hanare_core.problems import Code, Problem
from hanare_stick import control_messages as control
from hanare_stick import power
from hanare_stick.captive import Captive
from hanare_stick.levels import Dials
from hanare_stick.notes import Notes
from hanare_stick.pins import Pins
from hanare_stick.seat import Seat
from hanare_stick.teller import Teller
from hanare_stick.watch import Watch
from hanare_stick.wifi import Wifi
from hanare_stick.work import Work, outcome

SignIn = Callable[[control.SignIn], Coroutine[Any, Any, None]]
"""One sign-in, from the typed words to the session's end."""


class Pc(NamedTuple):
    """The home PC and its network, as a screen asks for them, before and in a session."""

    wifi: Wifi
    captive: Captive
    dials: Dials


class Requests:
    """Obeys one request after the other; a proof of the PIN goes on beside the open session."""

    def __init__(  # noqa: PLR0913, PLR0917 - whom a request may concern
        self, seat: Seat, work: Work, pins: Pins, pc: Pc, notes: Notes, teller: Teller
    ) -> None:
        self._seat = seat
        self._work = work
        self._pins = pins
        self._pc = pc
        self._notes = notes
        self._teller = teller
        self._sign_in: SignIn | None = None
        self._proof: asyncio.Task[None] | None = None

    @property
    def proving(self) -> bool:
        """Whether a PIN is being proven beside the open session."""
        return self._proof is not None and not self._proof.done()

    def door_up(self, sign_in: SignIn) -> None:
        """Let sign-ins begin from now on."""
        self._sign_in = sign_in

    async def obey(self, request: control.AnyRequest) -> None:
        """Carry out one request; raise Problem(OUT_OF_ORDER) for what does not fit where we are."""
        match request:
            case control.Status():
                self._teller.status(self._seat.session)
                self._pc.dials.turn()
            case control.Area():
                self._notes.shown()
                self._seat.place(request)
            case control.End():
                await self._work.stop(Code.IDLE if request.idle else Code.ENDED_BY_USER)
            case control.PowerOff():
                await self._work.stop(Code.ENDED_BY_USER)
                await power.off()
            case control.Remember():
                self._teller.remember(request)
            case control.NoteRead():
                self._notes.read(request.note, agreed=request.agreed)
            case control.WifiScan() | control.WifiJoin() | control.Portal() | control.PortalClose() | control.Adjust():
                self._of_the_pc(request)
            case _:
                self._work_or_session(request)

    def _of_the_pc(
        self, request: control.WifiScan | control.WifiJoin | control.Portal | control.PortalClose | control.Adjust
    ) -> None:
        match request:
            case control.WifiScan() | control.WifiJoin():
                self._pc.wifi.ask(request)
            case control.Portal():
                self._pc.captive.ask()
            case control.PortalClose():
                self._pc.captive.close()
            case control.Adjust():
                self._pc.dials.turn(request)

    def _work_or_session(
        self,
        request: control.SignIn
        | control.FirstPin
        | control.ChangePin
        | control.OfficeAccount
        | control.Function
        | control.Lock
        | control.Unlock,
    ) -> None:
        watch = self._seat.watch
        match request:
            case control.ChangePin() if watch is not None:
                self._beside(self._pins.change_own(request, watch.session.facts.user))
            case control.SignIn() | control.FirstPin() | control.ChangePin():
                self._begin(request)
            case _ if watch is None:
                raise Problem(Code.OUT_OF_ORDER)
            case _:
                self._in_session(request, watch)

    def _begin(self, request: control.SignIn | control.FirstPin | control.ChangePin) -> None:
        if self._sign_in is None or self._work.busy:
            raise Problem(Code.OUT_OF_ORDER)
        match request:
            case control.SignIn():
                self._work.start(self._sign_in(request))
            case control.FirstPin():
                self._work.start(self._pins.first(request))
            case control.ChangePin():
                self._work.start(self._pins.change(request))

    def _in_session(
        self, request: control.OfficeAccount | control.Function | control.Lock | control.Unlock, watch: Watch
    ) -> None:
        match request:
            case control.OfficeAccount():
                watch.account(request)
            case control.Function():
                watch.open(request.application)
            case control.Lock():
                watch.lock()
            case control.Unlock():
                self._beside(self._unlock(request.pin, watch, watch.locks))

    def _beside(self, proof: Coroutine[Any, Any, None]) -> None:
        """Do this beside the open session, one at a time: each proves the PIN."""
        if self.proving:
            proof.close()
            raise Problem(Code.OUT_OF_ORDER)
        self._proof = asyncio.create_task(self._told(proof))

    async def _told(self, proof: Coroutine[Any, Any, None]) -> None:
        problem = await outcome(proof)
        if problem is not None:
            self._teller.refuse(problem)

    async def _unlock(self, pin: str, watch: Watch, locks: int) -> None:
        """Uncover the screen after a counted proof of the PIN, unless it was locked again meanwhile."""
        if not await self._pins.prove(watch.session.facts.user, pin) or watch is not self._seat.watch:
            return
        if watch.locks == locks:
            watch.unlock()
        else:
            self._teller.refuse(Problem(Code.OUT_OF_ORDER))
