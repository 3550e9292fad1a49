"""The stick's word with the server before a sign-in: a fresh nonce, the time, and the counted proof of a PIN."""

from typing import Final

from hanare_core import sign_in
from hanare_core.messages import api as messages
from hanare_stick import machine
from hanare_stick.clock import Clock
from hanare_stick.device import Device
from hanare_stick.flow import Driver

GREETING_LIFE_MS: Final = messages.NONCE_LIFE_MS - 60_000
"""A greeting older than this is not used for a new attempt: its nonce would run out before the finish."""


class Greeter:
    """Greets, and keeps the last greeting until it is used."""

    def __init__(self, driver: Driver, quiet: Driver, device: Device, clock: Clock, image: int) -> None:
        self._driver = driver
        self._quiet = quiet
        """Tells no steps: a proof beneath a lock is no way to anywhere."""
        self._device = device
        self._clock = clock
        self._image = image
        self._virtual = machine.virtual() if image else ""
        """Outside an image the agent is one of many programs, on a machine that is not its own."""
        self._greeting: messages.HelloAnswer | None = None

    async def greet(self) -> messages.HelloAnswer:
        """Greet the server and take its time; raise Problem."""
        greeting = self._greeting = await self._driver.drive(sign_in.hello(self.speaker()))
        self._clock.heard(greeting.time_ms)
        return greeting

    async def fresh(self) -> messages.HelloAnswer:
        """Return a greeting whose nonce was not used and will not run out at once."""
        taken, self._greeting = self._greeting, None
        if taken is not None and self._clock.now_ms() - taken.time_ms < GREETING_LIFE_MS:
            return taken
        fresh = await self.greet()
        self._greeting = None
        return fresh

    async def prove(self, user: str, pin: str) -> None:
        """Prove the PIN, counted, without a new session; raise Problem(SIGN_IN_FAILED) or a lock's code."""
        await self._quiet.drive(sign_in.prove(self.speaker(), user, pin, await self.fresh()))

    async def change_pin(self, present: sign_in.Credentials, new_pin: str) -> None:
        """Replace the PIN, counted as a sign-in is; raise Problem with the reason."""
        await self._quiet.drive(sign_in.change_pin(self.speaker(), present, new_pin, await self.fresh()))

    def speaker(self) -> sign_in.Stick:
        """Return what the stick brings into every attempt."""
        return sign_in.Stick(
            id=self._device.certificate.stick,
            identity=self._device.identity,
            server_key=self._device.site.server_key,
            image=self._image,
            generation=self._device.state().generation,
            virtual=self._virtual,
        )
