"""Asks the gateways of an organisation where a stick's packets come from, and takes the newest word."""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from hanare_core.messages.gateway import Place

if TYPE_CHECKING:
    from hanare_hub.gateways import GatewayChannel

ANSWER_S: Final = 1.0
"""A look at the kernel takes a tenth of it; a gateway that is slower has not heard the stick."""


class Questions:
    """The questions of one gateway's channel that have no answer yet."""

    def __init__(self) -> None:
        self._number = 0
        self._open: dict[int, asyncio.Future[Place]] = {}

    def ask(self) -> tuple[int, asyncio.Future[Place]]:
        """Return a new question's number, and what will have its answer."""
        number = self._number = self._number + 1
        answer: asyncio.Future[Place] = asyncio.get_running_loop().create_future()
        self._open[number] = answer
        answer.add_done_callback(lambda _: self._open.pop(number, None))
        return number, answer

    def answered(self, place: Place) -> None:
        """Hand the answer on; one that nobody waits for any more is dropped."""
        answer = self._open.get(place.ask)
        if answer is not None and not answer.done():
            answer.set_result(place)


async def whereabouts(channels: "Iterable[GatewayChannel]", stick: str) -> str:
    """Return the address that the gateway with the stick's newest handshake sees; empty: nobody has heard it."""
    answers = [channel.where(stick) for channel in channels]
    if not answers:
        return ""
    done, waiting = await asyncio.wait(answers, timeout=ANSWER_S)
    for answer in waiting:
        answer.cancel()
    places = [answer.result() for answer in done]
    return max(places, key=lambda place: place.handshake_ms, default=Place(ask=0)).address
