"""Runs a sign-in flow of `hanare_core.sign_in` against the real API and the real stick."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

from hanare_core import effects
from hanare_core.problems import Code, Problem
from hanare_stick.api import Api
from hanare_stick.device import Device

R = TypeVar("R")

TOUCH: Final = "touch-security-key"
"""Told to the screen while a security key is waited for."""


class Returned:
    """What a flow returned: StopIteration cannot cross a thread's future."""

    def __init__(self, value: object) -> None:
        self.value = value


class Driver:
    """Does what flows ask; their own steps run in a thread, because opening an envelope takes Argon2id."""

    def __init__(self, api: Api, device: Device, reach: Callable[[str, str], None]) -> None:
        self._api = api
        self._device = device
        self._reach = reach

    async def drive(self, flow: effects.Flow[R]) -> R:
        """Return what the flow returns; raise the Problem that it raises."""
        result: object = None
        while True:
            step = await asyncio.to_thread(_advance, flow, result)
            if isinstance(step, Returned):
                return step.value  # type: ignore[return-value]  # it is the flow's own R
            result = await self._do(step)

    async def _do(self, effect: effects.Effect) -> object:
        if isinstance(effect, effects.Mark):
            self._reach(effect.step.value, str(effect.failures) if effect.failures else "")
            return None
        if isinstance(effect, effects.Keep):
            await asyncio.to_thread(self._device.keep, generation=effect.generation, time_ms=effect.time_ms)
            return None
        try:
            if isinstance(effect, effects.Touch):
                self._reach(TOUCH, effect.ceremony.value)
                return await asyncio.to_thread(_touch, effect)
            return await self._api.ask(effect)
        except Problem as problem:
            return problem


def _touch(wanted: effects.Touch) -> object:
    """Have a security key touched; python-fido2 is imported only where one is asked for."""
    try:
        from hanare_stick import security_key  # noqa: PLC0415
    except ImportError as error:
        raise Problem(Code.FACTOR_WANTED, detail={"reason": "no-security-key"}) from error
    return security_key.touch(wanted)


def _advance(flow: effects.Flow[R], result: object) -> effects.Effect | Returned:
    """Take the flow one step on; a Problem is thrown into it."""
    try:
        return flow.throw(result) if isinstance(result, Problem) else flow.send(result)
    except StopIteration as stop:
        return Returned(stop.value)
