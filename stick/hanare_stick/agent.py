"""The agent: door, greeting, then sign-ins one after another, until it is stopped.

One piece of work runs at a time (`Work`); the hub's stop, the hard end and the user's end cancel it with a reason.
Whatever ends a session, its desktop, tunnel and key are gone before the reason is told.
"""

import asyncio
import contextlib
from collections.abc import Coroutine, Iterable
from pathlib import Path
from typing import Any, Final

from nacl.public import PrivateKey

from hanare_core import effects, sign_in, signed, wire
from hanare_core.messages import api as messages
from hanare_core.messages import stick as channel_messages
from hanare_core.messages.stick import Noted
from hanare_core.problems import Code, Problem
from hanare_core.signed import Kind
from hanare_stick import channel, keeper, medium, power
from hanare_stick import control_messages as control
from hanare_stick.api import Api
from hanare_stick.clock import Clock
from hanare_stick.control import Control, Listener
from hanare_stick.device import Device
from hanare_stick.diagnostics import Diagnostics
from hanare_stick.door import Door
from hanare_stick.flow import Driver
from hanare_stick.follow import Follow
from hanare_stick.greeter import Greeter
from hanare_stick.line import Line
from hanare_stick.notes import Notes
from hanare_stick.pins import Pins
from hanare_stick.portal import portal
from hanare_stick.renewal import Renewal
from hanare_stick.seat import Seat
from hanare_stick.settings import Settings
from hanare_stick.teller import Teller
from hanare_stick.watch import Watch
from hanare_stick.wifi import Wifi
from hanare_stick.work import Work

DOOR_RETRY_S: Final = 2.0
"""Pause between two rounds over all endpoints when no gateway answers."""

SAID: Final = 64
"""Readings of messages that wait for the channel; a person reads a few a day."""

_OWN_REASONS: Final = frozenset(
    {
        Code.DESKTOP_ENDED,
        Code.DESKTOP_INSECURE,
        Code.DESKTOP_NOT_AUTHENTIC,
        Code.DESKTOP_UNREACHABLE,
        Code.ENDED_BY_USER,
        Code.HARD_END,
        Code.IDLE,
    }
)
"""Ends that the server hears of from the stick alone; of the others it was the one to tell."""


class Agent:
    """One stick that is plugged in."""

    def __init__(self, settings: Settings, device: Device) -> None:
        self._settings = settings
        self._folder = Path(settings.run)
        power.make_folder(self._folder, settings.kiosk.gid)
        self._device = device
        self._clock = Clock(image_ms=settings.image_date_ms, last_good_ms=self._device.state().last_good_ms)
        if settings.sets_clock:
            self._clock.set_system()
        kiosk = (settings.kiosk.uid, settings.kiosk.gid)
        self._control = Control(self._folder, kiosk, Listener(self._asked, self._first_words, self._screen_left))
        browser = settings.browser
        self._teller = Teller(
            self._control,
            self._device,
            Path(settings.device),
            self._clock,
            tiles=browser is not None and browser.installed,
        )
        self._api = Api(self._device.site)
        self._driver = Driver(self._api, self._device, self._teller.reach)
        quiet = Driver(self._api, self._device, lambda _step, _detail: None)
        self._greeter = Greeter(self._driver, quiet, self._device, self._clock, settings.image)
        self._pins = Pins(self._greeter, self._driver, self._teller)
        self._said: asyncio.Queue[Noted] = asyncio.Queue(SAID)
        self._notes = Notes(self._teller.tell, self._say)
        self._diagnostics = Diagnostics(self._device, self._api, settings.image)
        self._renewal = Renewal(self._device, self._api, self._clock.now_ms)
        self._follow = Follow(lambda: self._seat.session, self._teller.note, self._reconnect)
        self._work = Work(self._finished)
        self._wifi = Wifi(self._teller, Path(settings.device))
        self._proof: asyncio.Task[None] | None = None
        self._seat = Seat(settings, self._folder, self._teller, self._clock)
        self._door: Door | None = None
        self._listening: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Run until cancelled; a session that an earlier agent left is taken over first."""
        self._seat.adopt()
        try:
            async with self._api, asyncio.TaskGroup() as tasks:
                await self._serve(tasks)
        finally:
            self._close()

    async def _serve(self, tasks: asyncio.TaskGroup) -> None:
        self._tasks = tasks
        try:
            tasks.create_task(self._control.serve())
            tasks.create_task(self._lock_when_pulled())
            self._teller.reach("agent-started")
            self._wifi.rejoin()
            self._door = await self._open_door()
            await self._follow.opened(self._door, self._device.site.gateways)
            self._teller.reach("door-up", self._door.line.name)
            tasks.create_task(keeper.keep(self._door, self._follow.moved, udp_again_s=self._settings.udp_again_s))
            self._listen()
            await self._make_ready()
            tasks.create_task(self._renewal.keep(self._door, self._idle, self._rekeyed))
            await asyncio.Event().wait()
        finally:
            self._seat.leave()
            self._wifi.stop()
            self._follow.stop()
            await self._work.stop(Code.ENDED_BY_USER)

    def _listen(self) -> None:
        """Keep a channel to the hub, in the place of an earlier one."""
        if self._listening is not None:
            self._listening.cancel()
        self._listening = self._tasks.create_task(
            channel.listen(self._device, self._heard, self._not_heard, self._said)
        )

    async def _reconnect(self) -> None:
        """Speak to server and hub by the door's new address."""
        await self._api.reconnect()
        if self._listening is not None:
            self._listen()

    async def _rekeyed(self) -> None:
        """Go on with the new keys."""
        self._listen()
        self._teller.note("rekeyed", "")

    def _idle(self) -> bool:
        """Say whether nobody works and nobody is about to."""
        proving = self._proof is not None and not self._proof.done()
        return not (self._work.busy or proving or self._seat.session is not None)

    async def _open_door(self) -> Door:
        while True:
            try:
                return await self._renewal.open()
            except Problem as problem:
                page = await portal(self._device.site)
                self._teller.refuse(Problem(Code.CAPTIVE_PORTAL, detail={"url": page}) if page else problem)
            await asyncio.sleep(DOOR_RETRY_S)

    async def _make_ready(self) -> None:
        """Greet the server so that clock and nonce are there when the user types, and prepare the next tunnel."""
        try:
            greeting = await self._greeter.greet()
            self._teller.settings(greeting.settings)
        except Problem as problem:
            self._teller.refuse(problem)
        if self._seat.session is not None:
            self._work.start(self._seat.watched(self._seat.session))
            return
        await self._seat.prepare()
        self._teller.reach("ready")

    def _first_words(self) -> Iterable[control.AnyEvent]:
        yield self._teller.office()
        yield from self._notes.unread()

    def _screen_left(self) -> None:
        self._seat.screen_left()

    async def _lock_when_pulled(self) -> None:
        """Cover the screen when the stick is pulled out, unless the session's settings let the work go on."""
        await medium.pulled()
        self._seat.pulled()

    async def _asked(self, request: control.AnyRequest) -> None:
        await self._renewal.quiet()
        try:
            await self._obey(request)
        except Problem as problem:
            self._teller.refuse(problem)

    async def _obey(self, request: control.AnyRequest) -> None:
        """Carry out one request; raise Problem(OUT_OF_ORDER) for what does not fit where we are."""
        match request:
            case control.Status():
                self._teller.status(self._seat.session)
            case control.Area():
                self._notes.shown()
                self._seat.place(request)
            case control.End():
                await self._work.stop(Code.IDLE if request.idle else Code.ENDED_BY_USER)
            case control.PowerOff():
                await self._work.stop(Code.ENDED_BY_USER)
                await power.off()
            case control.Remember() | control.NoteRead():
                self._take_note(request)
            case control.WifiScan() | control.WifiJoin():
                self._wifi.ask(request)
            case control.ChangePin() if self._seat.watch is not None:
                self._beside(self._pins.change_own(request, self._seat.watch.session.facts.user))
            case control.SignIn() | control.FirstPin() | control.ChangePin():
                self._begin(request)
            case _:
                self._in_session(request)

    def _take_note(self, request: control.Remember | control.NoteRead) -> None:
        """Keep what the person has chosen or understood."""
        if isinstance(request, control.Remember):
            self._teller.remember(request)
        elif self._notes.read(request.note) and request.agreed:
            self._tasks.create_task(self._diagnostics.send(request.note, self._line_facts()))

    def _line_facts(self) -> dict[str, str]:
        """Return how the stick is connected, in the words of its settings."""
        if self._door is None:
            return {}
        return {"line": self._door.line.name, "gateway": self._door.line.gateway.id, "working": str(not self._idle())}

    def _begin(self, request: control.SignIn | control.FirstPin | control.ChangePin) -> None:
        if self._door is None or self._work.busy:
            raise Problem(Code.OUT_OF_ORDER)
        if isinstance(request, control.FirstPin):
            self._work.start(self._pins.first(request))
        elif isinstance(request, control.ChangePin):
            self._work.start(self._pins.change(request))
        else:
            self._work.start(self._sign_in(request, self._door))

    def _in_session(self, request: control.OfficeAccount | control.Function | control.Lock | control.Unlock) -> None:
        watch = self._seat.watch
        if watch is None:
            raise Problem(Code.OUT_OF_ORDER)
        match request:
            case control.OfficeAccount():
                watch.account(request)
            case control.Function():
                watch.open(request.application)
            case control.Lock():
                watch.lock()
            case control.Unlock():
                self._beside(self._prove(request.pin, watch))

    def _beside(self, proof: Coroutine[Any, Any, None]) -> None:
        """Do this beside the open session, one at a time: each proves the PIN."""
        if self._proof is not None and not self._proof.done():
            proof.close()
            raise Problem(Code.OUT_OF_ORDER)
        self._proof = asyncio.create_task(proof)

    async def _prove(self, pin: str, watch: Watch) -> None:
        """Uncover the screen after a counted proof of the PIN."""
        if await self._pins.prove(watch.session.facts.user, pin) and watch is self._seat.watch:
            watch.unlock()

    def _heard(self, message: channel.Heard) -> None:
        """Obey the hub: a stop of our session ends it now; the code of a standing is told to the screen."""
        if isinstance(message, channel_messages.Standing):
            if message.code is not None:
                self._teller.refuse(Problem(message.code))
        elif isinstance(message, channel_messages.Grace):
            self._teller.grace(message.until_ms)
        elif isinstance(message, channel_messages.Settings):
            self._seat.obey(message)
        elif isinstance(message, channel_messages.Note):
            self._notes.hear(message, screen=self._control.has_screen)
        elif isinstance(message, channel_messages.Away):
            self._follow.heard(message)
        elif message.session == self._seat.opening:
            self._seat.stop()
            self._work.cancel(message.code)

    def _say(self, noted: Noted) -> None:
        """Tell the hub; what finds no room is said when the hub sends the message again."""
        with contextlib.suppress(asyncio.QueueFull):
            self._said.put_nowait(noted)

    def _not_heard(self) -> None:
        """Say until when a best-effort session may go on: the hub, which would say it, is not to be heard."""
        if self._seat.session is not None and self._seat.opening is not None:
            self._teller.unheard(self._seat.session)

    async def _finished(self, problem: Problem | None) -> None:
        """Clean up after a piece of work, say why it ended, and make ready for the next."""
        ended = self._seat.clear()
        self._teller.grace(0)
        if problem is not None:
            self._teller.refuse(problem)
            if ended is not None and problem.code in _OWN_REASONS:
                await self._tell_end(ended, problem.code)
        await self._seat.prepare()
        self._teller.reach("ready")

    async def _sign_in(self, request: control.SignIn, door: Door) -> None:
        self._teller.forget_marks()
        self._teller.reach("enter")
        key = PrivateKey.generate()
        credentials = sign_in.Credentials(user=request.user, pin=request.pin, totp=request.totp)
        public = wire.key_text(bytes(key.public_key))
        flow = sign_in.sign_in(self._greeter.speaker(), credentials, public, await self._greeter.fresh())
        answer = await self._driver.drive(flow)
        session = await self._seat.take(answer, request.user)
        await self._follow.placed(door, answer)
        await session.open_tunnel(key, answer, self._lines(door))
        self._teller.reach("first-packet", answer.session)
        self._wifi.held_by(request.user)
        self._teller.keep_name(request.user if answer.settings.name_remembered else "")
        account = None
        if request.office_user and request.office_password:
            account = control.OfficeAccount(user=request.office_user, password=request.office_password)
        await self._seat.watched(session, account)

    def _lines(self, door: Door) -> list[Line]:
        """Return a line to every gateway; first the one whose door answered, as it did."""
        others = (gateway for gateway in self._device.site.gateways if gateway.id != door.line.gateway.id)
        return [door.line, *(Line(gateway, gateway.endpoints[0], door.line.carried) for gateway in others)]

    async def _tell_end(self, session: str, reason: Code) -> None:
        body = messages.EndBody(session=session, reason=reason)
        proof = signed.sign(Kind.END, body, self._device.identity)
        request = messages.End(stick=self._device.certificate.stick, signed=proof)
        # If nobody hears it the lease ends by itself: the server notices that no packet comes.
        with contextlib.suppress(Problem):
            await self._api.ask(effects.Ask(f"{messages.PREFIX}/end", request, messages.Done))

    def _close(self) -> None:
        self._seat.close()
        if self._door is not None:
            self._door.close()
