"""The agent: door, greeting, then sign-ins one after another, until it is stopped.

One piece of work runs at a time (`_work`); the hub's stop, the hard end and the user's end cancel it with a reason.
Whatever ends a session, its desktop, tunnel and key are gone before the reason is told.
"""

import asyncio
import contextlib
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final

from nacl.public import PrivateKey

from hanare_core import sign_in, signed, wire
from hanare_core.messages import api as messages
from hanare_core.messages import stick as channel_messages
from hanare_core.problems import Code, Problem
from hanare_core.signed import Kind
from hanare_stick import channel, control
from hanare_stick.api import Api
from hanare_stick.clock import Clock
from hanare_stick.control import Control, Reached
from hanare_stick.device import Device
from hanare_stick.door import Door
from hanare_stick.flow import Driver
from hanare_stick.session import Session, Spare, peer_of
from hanare_stick.settings import Settings
from hanare_stick.uapi import Peer

DOOR_RETRY_S: Final = 2.0
"""Pause between two rounds over all endpoints when no gateway answers."""

GREETING_LIFE_MS: Final = messages.NONCE_LIFE_MS - 60_000
"""A greeting older than this is not used for a new attempt: its nonce would run out before the finish."""

_OWN_REASONS: Final = frozenset(
    {Code.ENDED_BY_USER, Code.DESKTOP_ENDED, Code.DESKTOP_REFUSED, Code.DESKTOP_UNREACHABLE, Code.HARD_END}
)
"""Ends that the server hears of from the stick alone; of the others it was the one to tell."""


class Agent:
    """One stick that is plugged in."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = Path(settings.run)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._device = Device(Path(settings.device))
        self._clock = Clock(image_ms=settings.image_date_ms, last_good_ms=self._device.state().last_good_ms)
        self._control = Control(self._folder, self._asked)
        self._api = Api(self._device.site)
        self._driver = Driver(self._api, self._device, self._reach)
        self._door: Door | None = None
        self._session: Session | None = None
        self._spare: Spare | None = None
        self._greeting: messages.HelloAnswer | None = None
        self._phase = "starting"
        self._marks: dict[str, int] = {}
        self._work: asyncio.Task[None] | None = None
        self._reason: Code | None = None
        self._opening: str | None = None
        """The session that the server opened for us and that has not ended here."""
        self._leaving = False

    async def run(self) -> None:
        """Run until cancelled; a session that an earlier agent left is taken over first."""
        self._session = Session.adopt(self._folder)
        try:
            async with self._api, asyncio.TaskGroup() as tasks:
                await self._serve(tasks)
        finally:
            self._close()

    async def _serve(self, tasks: asyncio.TaskGroup) -> None:
        try:
            tasks.create_task(self._control.serve())
            self._reach("agent-started")
            self._door = await self._open_door()
            self._reach("door-up")
            tasks.create_task(channel.listen(self._device, self._heard))
            await self._make_ready()
            await asyncio.Event().wait()
        finally:
            self._leaving = True
            await self._stop_work(Code.ENDED_BY_USER)

    async def _open_door(self) -> Door:
        while True:
            try:
                return await Door.open(self._device)
            except Problem as problem:
                self._refuse(problem)
            await asyncio.sleep(DOOR_RETRY_S)

    async def _make_ready(self) -> None:
        """Greet the server so that clock and nonce are there when the user types, and prepare the next tunnel."""
        try:
            await self._greet()
        except Problem as problem:
            self._refuse(problem)
        if self._session is not None:
            self._start(self._watch(self._session))
            return
        await self._prepare()
        self._reach("ready")

    async def _asked(self, request: control.Request) -> None:
        if isinstance(request, control.Status):
            self._control.tell(Reached(step=self._phase, at_ns=time.monotonic_ns(), marks=dict(self._marks)))
        elif isinstance(request, control.End):
            await self._stop_work(Code.ENDED_BY_USER)
        elif self._door is None or (self._work is not None and not self._work.done()):
            self._refuse(Problem(Code.OUT_OF_ORDER))
        elif isinstance(request, control.FirstPin):
            self._start(self._first_pin(request))
        else:
            self._start(self._sign_in(request, self._door))

    def _heard(self, message: channel.Heard) -> None:
        """Obey the hub: a stop of our session ends it now; the code of a standing is told to the screen."""
        if isinstance(message, channel_messages.Standing):
            if message.code is not None:
                self._refuse(Problem(message.code))
        elif message.session == self._opening and self._work is not None:
            self._reason = message.code
            if self._session is not None:
                self._session.close()
            self._work.cancel()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._reason = None
        self._work = asyncio.create_task(self._guarded(work))

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """Run one piece of work to whatever end, clean up, say why it ended, and make ready for the next."""
        problem: Problem | None = None
        try:
            await work
        except Problem as raised:
            problem = raised
        except OSError:
            problem = Problem(Code.INTERNAL, detail={"part": "stick"})
        except asyncio.CancelledError:
            problem = Problem(self._reason or Code.ENDED_BY_USER)
        await self._leave(problem)
        await self._prepare()
        self._reach("ready")

    async def _leave(self, problem: Problem | None) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None
        ended, self._opening = self._opening, None
        if problem is not None:
            self._refuse(problem)
            if ended is not None and problem.code in _OWN_REASONS:
                await self._tell_end(ended, problem.code)

    async def _first_pin(self, request: control.FirstPin) -> None:
        self._marks.clear()
        greeting = await self._fresh()
        flow = sign_in.first_pin(self._speaker(), request.user, request.code, request.pin, greeting)
        self._reach("first-pin-set", await self._driver.drive(flow))

    async def _sign_in(self, request: control.SignIn, door: Door) -> None:
        self._marks.clear()
        self._reach("enter")
        key = PrivateKey.generate()
        credentials = sign_in.Credentials(user=request.user, pin=request.pin, totp=request.totp)
        public = wire.key_text(bytes(key.public_key))
        flow = sign_in.sign_in(self._speaker(), credentials, public, await self._fresh())
        answer = await self._driver.drive(flow)
        self._opening = answer.session
        spare, self._spare = self._spare or await Spare.make(), None
        session = self._session = Session(spare, answer.session, answer.ends_ms, self._folder)
        await session.open_tunnel(key, answer, self._gateways(door))
        self._reach("first-packet", answer.session)
        session.show(answer.office_pc, request.office_user, request.office_password, self._settings.display)
        self._reach("desktop-started", answer.session)
        await self._watch(session)

    async def _watch(self, session: Session) -> None:
        """Wait for the session's end: the desktop's own or the hard one."""
        self._opening = session.id
        self._reach("session", session.id)
        try:
            async with asyncio.timeout(max(0, session.ends_ms - self._clock.now_ms()) / 1000):
                raise await session.ended()
        except TimeoutError:
            raise Problem(Code.HARD_END) from None

    def _gateways(self, door: Door) -> list[tuple[str, Peer]]:
        """Return every gateway as a session's peer; first the one whose door answered, at the place where it did."""
        others = (gateway for gateway in self._device.site.gateways if gateway.id != door.gateway.id)
        return [
            (door.gateway.id, peer_of(door.gateway.wireguard_key, door.endpoint)),
            *((gateway.id, peer_of(gateway.wireguard_key, gateway.endpoints[0])) for gateway in others),
        ]

    async def _tell_end(self, session: str, reason: Code) -> None:
        body = messages.EndBody(session=session, reason=reason)
        proof = signed.sign(Kind.END, body, self._device.identity)
        request = messages.End(stick=self._device.certificate.stick, signed=proof)
        # If nobody hears it the lease ends by itself: the server notices that no packet comes.
        with contextlib.suppress(Problem):
            await self._api.ask(sign_in.Ask(f"{messages.PREFIX}/end", request, messages.Done))

    async def _stop_work(self, reason: Code) -> None:
        if self._work is None or self._work.done():
            return
        self._reason = reason
        self._work.cancel()
        await asyncio.wait([self._work])

    async def _fresh(self) -> messages.HelloAnswer:
        """Return a greeting whose nonce was not used and will not run out at once."""
        taken, self._greeting = self._greeting, None
        if taken is not None and self._clock.now_ms() - taken.time_ms < GREETING_LIFE_MS:
            return taken
        fresh = await self._greet()
        self._greeting = None
        return fresh

    async def _greet(self) -> messages.HelloAnswer:
        greeting = self._greeting = await self._driver.drive(sign_in.hello(self._speaker()))
        self._clock.heard(greeting.time_ms)
        return greeting

    async def _prepare(self) -> None:
        """Make the next session's tunnel ahead; if that fails now, the sign-in tries again and says so."""
        if self._spare is None and not self._leaving:
            with contextlib.suppress(OSError):
                self._spare = await Spare.make()

    def _speaker(self) -> sign_in.Stick:
        return sign_in.Stick(
            id=self._device.certificate.stick,
            identity=self._device.identity,
            server_key=self._device.site.server_key,
            image=self._settings.image,
            generation=self._device.state().generation,
        )

    def _reach(self, step: str, detail: str = "") -> None:
        now = time.monotonic_ns()
        self._phase = step
        self._marks[step] = now
        self._control.tell(Reached(step=step, at_ns=now, detail=detail))

    def _refuse(self, problem: Problem) -> None:
        help_desk = self._device.site.help_desk
        self._control.tell(control.refused(problem, at_ns=time.monotonic_ns(), help_desk=help_desk))

    def _close(self) -> None:
        if self._session is not None:
            self._session.close()
        if self._spare is not None:
            self._spare.close()
        if self._door is not None:
            self._door.close()
