"""What a person does with the PIN besides signing in: choose the first, change it, prove it at the lock screen."""

from hanare_core import sign_in
from hanare_core.problems import Problem
from hanare_stick import control_messages as control
from hanare_stick.flow import Driver
from hanare_stick.greeter import Greeter
from hanare_stick.teller import Teller


class Pins:
    """Each asks the server; the PIN itself never leaves the stick."""

    def __init__(self, greeter: Greeter, driver: Driver, teller: Teller) -> None:
        self._greeter = greeter
        self._driver = driver
        self._teller = teller

    async def first(self, request: control.FirstPin) -> None:
        """Choose the first PIN with a one-time code. Raises Problem."""
        self._teller.forget_marks()
        greeting = await self._greeter.fresh()
        invited = sign_in.Invited(request.user, request.code)
        flow = sign_in.first_pin(self._greeter.speaker(), invited, request.pin, greeting, with_key=request.security_key)
        self._teller.reach("first-pin-set", await self._driver.drive(flow))

    async def change(self, request: control.ChangePin) -> None:
        """Change the PIN of the user whom the request names. Raises Problem."""
        self._teller.forget_marks()
        await self._change(request, request.user)
        self._teller.reach("pin-changed")

    async def change_own(self, request: control.ChangePin, user: str) -> None:
        """Change the PIN of the open session's user; the session goes on whatever comes of it."""
        try:
            await self._change(request, user)
        except Problem as problem:
            self._teller.refuse(problem)
        else:
            self._teller.note("pin-changed", "")

    async def prove(self, user: str, pin: str) -> bool:
        """Say whether it is the user's PIN, by a counted proof; a refusal is told to the screen."""
        try:
            await self._greeter.prove(user, pin)
        except Problem as problem:
            self._teller.refuse(problem)
            return False
        return True

    async def _change(self, request: control.ChangePin, user: str) -> None:
        present = sign_in.Credentials(user=user, pin=request.pin, totp=request.totp)
        await self._greeter.change_pin(present, request.new_pin)
