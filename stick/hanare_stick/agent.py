"""The agent: door, greeting, then sign-ins one after another, until it is stopped.

One piece of work runs at a time (`Work`); the hub's stop, the hard end and the user's end cancel it with a reason.
Whatever ends a session, its desktop, tunnel and key are gone before the reason is told. What a screen asks for is in
`requests`, what the hub says in `hearing`.
"""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from nacl.public import PrivateKey

from hanare_core import sign_in, wire
from hanare_core.problems import Code, Problem
from hanare_stick import control_messages as control
from hanare_stick import farewell, keeper, lid, medium, power, uplink
from hanare_stick.api import Api
from hanare_stick.captive import Captive
from hanare_stick.clock import Clock
from hanare_stick.control import Control, Listener
from hanare_stick.device import Device
from hanare_stick.diagnostics import Diagnostics
from hanare_stick.door import Door
from hanare_stick.flow import Driver
from hanare_stick.follow import Follow
from hanare_stick.greeter import Greeter
from hanare_stick.hearing import Hearing
from hanare_stick.levels import Dials
from hanare_stick.line import Line
from hanare_stick.notes import Notes
from hanare_stick.pins import Pins
from hanare_stick.renewal import Renewal
from hanare_stick.requests import Pc, Requests
from hanare_stick.seat import Seat
from hanare_stick.settings import Settings
from hanare_stick.teller import Teller
from hanare_stick.wifi import Wifi
from hanare_stick.work import Work

DOOR_RETRY_S: Final = 2.0
"""Pause between two rounds over all endpoints when no gateway answers."""


class Agent:
    """One stick that is plugged in."""

    def __init__(self, settings: Settings, device: Device) -> None:
        self._settings = settings
        self._folder = Path(settings.run)
        power.make_folder(self._folder, settings.kiosk.gid)
        self._device = device
        self._clock = Clock(image_ms=settings.image_date_ms, last_good_ms=device.state().last_good_ms)
        if settings.sets_clock:
            self._clock.set_system()
        kiosk = (settings.kiosk.uid, settings.kiosk.gid)
        self._control = Control(self._folder, kiosk, Listener(self._asked, self._first_words, self._screen_left))
        tiles = settings.browser is not None and settings.browser.installed
        self._teller = Teller(self._control, device, Path(settings.device), self._clock, tiles=tiles)
        self._api = Api(device.site)
        self._driver = Driver(self._api, device, self._teller.reach)
        quiet = Driver(self._api, device, lambda _step, _detail: None)
        self._greeter = Greeter(self._driver, quiet, device, self._clock, settings.image)
        self._diagnostics = Diagnostics(device, self._api, settings.image)
        self._notes = Notes(self._teller.tell, self._agreed)
        self._renewal = Renewal(device, self._api, self._clock.now_ms)
        self._wifi = Wifi(self._teller, Path(settings.device))
        self._work = Work(self._finished)
        dials = Dials(settings.display.sound, self._teller.tell)
        self._seat = Seat(settings, self._folder, self._teller, self._clock, dials)
        self._follow = Follow(lambda: self._seat.session, self._teller.note, self._reconnect)
        pins = Pins(self._greeter, self._driver, self._teller)
        self._captive = Captive(settings, device.site, self._teller)
        pc = Pc(self._wifi, self._captive, dials)
        self._requests = Requests(self._seat, self._work, pins, pc, self._notes, self._teller)
        self._hearing = Hearing(device, self._seat, self._work, self._follow, self._notes, self._teller)
        self._door: Door | None = None

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
            tasks.create_task(lid.watch(self._seat.lid_closed))
            self._teller.reach("agent-started")
            self._wifi.rejoin()
            door = self._door = await self._open_door()
            self._requests.door_up(lambda request: self._sign_in(request, door))
            await self._follow.opened(door, self._device.site.gateways)
            self._teller.reach("door-up", door.line.name)
            tasks.create_task(keeper.keep(door, self._follow.moved, udp_again_s=self._settings.udp_again_s))
            self._hearing.begin(tasks)
            await self._make_ready()
            tasks.create_task(self._renewal.keep(door, self._idle, self._rekeyed))
            await asyncio.Event().wait()
        finally:
            self._seat.leave()
            self._wifi.stop()
            self._follow.stop()
            await self._work.stop(Code.ENDED_BY_USER)

    async def _reconnect(self) -> None:
        """Speak to server and hub by the door's new address."""
        await self._api.reconnect()
        self._hearing.anew()

    async def _rekeyed(self) -> None:
        """Go on with the new keys."""
        self._hearing.anew()
        self._teller.note("rekeyed", "")

    def _idle(self) -> bool:
        """Say whether nobody works and nobody is about to."""
        return not (self._work.busy or self._requests.proving or self._seat.session is not None)

    async def _open_door(self) -> Door:
        while True:
            try:
                return await self._try_door()
            except Problem as problem:
                await self._captive.look(problem, covers=self._seat.session is not None)
            await self._captive.pause(DOOR_RETRY_S)

    async def _try_door(self) -> Door:
        if not await uplink.awaited():
            raise Problem(Code.DOOR_UNREACHABLE, detail={"reason": "no-network"})
        return await self._renewal.open()

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
        self._captive.close()
        self._seat.screen_left()

    async def _lock_when_pulled(self) -> None:
        """Cover the screen when the stick is pulled out, unless the session's settings let the work go on."""
        await medium.pulled()
        self._seat.pulled()

    async def _asked(self, request: control.AnyRequest) -> None:
        await self._renewal.quiet()
        try:
            await self._requests.obey(request)
        except Problem as problem:
            self._teller.refuse(problem)

    def _agreed(self, note: str) -> None:
        """Send the diagnostics that a message asks for: the person agrees."""
        self._tasks.create_task(self._diagnostics.send(note, self._line_facts()))

    def _line_facts(self) -> dict[str, str]:
        """Return how the stick is connected, in the words of its settings."""
        if self._door is None:
            return {}
        return {"line": self._door.line.name, "gateway": self._door.line.gateway.id, "working": str(not self._idle())}

    async def _finished(self, problem: Problem | None) -> None:
        """Clean up after a piece of work, say why it ended, and make ready for the next."""
        ended = self._seat.clear()
        self._teller.grace(0)
        if problem is not None:
            self._teller.refuse(problem)
            if ended is not None and problem.code in farewell.OWN_REASONS:
                await farewell.say(self._api, self._device, ended, problem.code)
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

    def _close(self) -> None:
        self._seat.close()
        if self._door is not None:
            self._door.close()
