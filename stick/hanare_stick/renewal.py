"""The stick's part of a re-key: it makes its new keys itself, has them certified, and changes over when nobody works.

Each step is on the medium before it is told, so that a power cut at any moment leaves keys that are valid: new keys
before they are asked for, their certificate before the new door is tried, and the change-over after the server has
heard of it through that door. Until then the old keys are valid beside the new ones; afterwards a stick that had no
time to write it down finds the old door shut and tries the new one.
"""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from hanare_core import certificate, keyring, signed
from hanare_core.effects import Ask
from hanare_core.keyring import Keyring, KeySet
from hanare_core.messages import api as messages
from hanare_core.problems import Code, Problem
from hanare_core.signed import Kind
from hanare_stick.api import Api
from hanare_stick.device import Device
from hanare_stick.door import Door

UNHEARD_S: Final = 60.0
"""Until the next question when one was not answered, or refused."""

SPREAD: Final = (0.7, 1.3)
"""Questions come a little earlier or later by chance, so that a fleet does not ask at once."""


class Renewal:
    """Keeps one stick's keys and gateways what the office wants them to be."""

    def __init__(self, device: Device, api: Api, now_ms: Callable[[], int]) -> None:
        self._device = device
        self._api = api
        self._now_ms = now_ms
        self._changing = asyncio.Lock()

    async def open(self) -> Door:
        """Open the door, with the next keys where the present ones are over; raise Problem(DOOR_UNREACHABLE)."""
        try:
            return await Door.open(self._device)
        except Problem:
            if not self._device.has_next:
                raise
        self._device.tries_next = True
        door = None
        try:
            door = await Door.open(self._device)
            await self.came_through()
        except Problem:
            self._device.tries_next = False
            if door is not None:
                door.close()
            raise
        return door

    async def quiet(self) -> None:
        """Wait while the door changes its keys."""
        async with self._changing:
            pass

    async def keep(self, door: Door, idle: Callable[[], bool], changed: Callable[[], Awaitable[None]]) -> None:
        """Ask again and again; when `idle` says that nobody works, change over and let `changed` know."""
        while True:
            wait_s = UNHEARD_S
            with contextlib.suppress(Problem, OSError):  # asked again; what is valid now stays so
                wait_s = await self.ask(door) / 1000
            # Also when nobody answered: the old keys are over where the server's answer to the change was lost.
            if self._device.has_next and idle():
                with contextlib.suppress(Problem, OSError):
                    async with self._changing:
                        if await self.change_over(door):
                            await changed()
            await asyncio.sleep(wait_s * random.uniform(*SPREAD))  # noqa: S311 - spreads load, protects nothing

    async def ask(self, door: Door) -> int:
        """Tell the server what the stick has, take what it should have; return when to ask again, milliseconds.

        Raises Problem, OSError.
        """
        self._settle(door)
        answer = await self._asked()
        if answer.wanted:
            self._keep(next=KeySet.generate())
            answer = await self._asked()
        if answer.certificate is not None:
            self._take_certificate(answer.certificate)
        if answer.gateway_list is not None:
            self._take_list(answer.gateway_list)
        return answer.again_ms

    async def change_over(self, door: Door) -> bool:
        """Come through the new door and say so; say whether the new keys are in use now. Raises Problem, OSError."""
        self._device.tries_next = True
        try:
            await self._api.reconnect()
            if await door.rekeyed():
                await self.came_through()
                return True
        finally:
            if self._device.tries_next:
                self._device.tries_next = False
                await door.rekeyed()
                await self._api.reconnect()
        return False

    async def came_through(self) -> None:
        """Tell the server through the new door; from its answer on the new keys are the only ones. Raises Problem."""
        stick = self._device.certificate.stick
        proof = signed.sign(Kind.RENEWED, messages.RenewedBody(stick=stick), self._device.identity)
        request = messages.Renewed(stick=stick, signed=proof)
        await self._api.ask(Ask(f"{messages.PREFIX}/renewed", request, messages.Done))
        ring = self._device.ring
        self._device.keep_ring(msgspec.structs.replace(ring, current=ring.next or ring.current, next=None))
        self._device.tries_next = False

    async def _asked(self) -> messages.RenewAnswer:
        device, ring = self._device, self._device.ring
        body = messages.RenewBody(
            stick=device.certificate.stick,
            generation=device.state().generation,
            list_number=ring.settled,
            next=messages.NewKeys(*ring.next.public) if ring.next is not None else None,
        )
        request = messages.Renew(stick=body.stick, signed=signed.sign(Kind.RENEW, body, device.identity))
        answer = await self._api.ask(Ask(f"{messages.PREFIX}/renew", request, messages.RenewAnswer))
        if not isinstance(answer, messages.RenewAnswer):
            raise Problem(Code.OUT_OF_ORDER)
        return answer

    def _take_certificate(self, text: str) -> None:
        """Keep the certificate of the next keys. Raises Problem(NOT_AUTHENTIC) when it is not for them."""
        made, mine = self._device.ring.next, self._device.certificate
        if made is None or made.certificate == text:
            return
        shown = certificate.verify(
            text, self._device.ring.ca_key, organisation=mine.organisation, now_ms=self._now_ms()
        )
        if (shown.stick, shown.identity_key, shown.door_key) != (mine.stick, *made.public):
            raise Problem(Code.NOT_AUTHENTIC)
        self._keep(next=KeySet(made.identity, made.door, text))

    def _take_list(self, text: str) -> None:
        """Keep a gateway list that is newer than those we have. Raises Problem(NOT_AUTHENTIC) when it is no list."""
        device = self._device
        told = keyring.gateway_list(text, device.ring.ca_key, device.certificate.organisation)
        if all(told.number > one.number for one in device.lists()):
            device.keep_ring(device.ring.with_list(text))

    def _settle(self, door: Door) -> None:
        """Forget the gateways before the newest list once one of that list has answered."""
        newest = next(iter(self._device.lists()), None)
        if newest is None or newest.number == self._device.ring.settled:
            return
        if door.line.gateway.wireguard_key in {gateway.wireguard_key for gateway in newest.gateways}:
            self._device.keep_ring(self._device.ring.with_settled(newest.number))

    def _keep(self, **changes: KeySet) -> None:
        ring: Keyring = msgspec.structs.replace(self._device.ring, **changes)
        self._device.keep_ring(ring)
