"""One conversation with the hub, from hello to the channel's end: hears, asks, and tells what was done.

What the kernel holds is acknowledged once the disk has it; a stop that comes meanwhile waits for no disk.
"""

import asyncio
import logging

from hanare_core import log_lines
from hanare_core.lease import LeaseTable
from hanare_core.messages import gateway as hub
from hanare_gateway.channel import Channel
from hanare_gateway.clock import instant
from hanare_gateway.enforcer import Enforcer
from hanare_gateway.errors import ChannelError, KernelError
from hanare_gateway.places import Places
from hanare_gateway.records import Records
from hanare_gateway.waiting import wait

_log = logging.getLogger("hanare_gateway")


class Conversation:
    """What is said on one channel, which has been greeted; `run` ends with a ChannelError, KernelError or Problem."""

    def __init__(
        self, channel: Channel, table: LeaseTable, enforcer: Enforcer, records: Records, places: Places
    ) -> None:
        self._channel = channel
        self._table = table
        self._enforcer = enforcer
        self._records = records
        self._places = places
        self._told: hub.Kept | None = None
        self._placing: set[asyncio.Task[None]] = set()
        self._ask = asyncio.Event()
        self._news = asyncio.Event()
        self.in_step = False
        """Whether the hub's state was taken over."""

    async def run(self) -> None:
        """Speak until the channel ends."""
        told = [asyncio.create_task(work) for work in (self._keep_asking(), self._keep_telling())]
        try:
            while not any(task.done() for task in told):
                await self._answer(await self._channel.receive())
            await asyncio.gather(*told)
        finally:
            for task in (*told, *self._placing):
                task.cancel()
            await asyncio.gather(*told, *self._placing, return_exceptions=True)

    def ask_soon(self) -> None:
        """Ask the next question now, with what there is to tell."""
        self._ask.set()

    async def _keep_asking(self) -> None:
        while True:
            if self._table.has_news() or self._table.kept() != self._told:
                self._news.set()
            await self._channel.send(self._table.beat(instant()))
            self._ask.clear()
            await wait(self._ask, self._table.beat_interval_ms() / 1000)

    async def _keep_telling(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            acks = self._table.acks()
            await asyncio.to_thread(self._records.store, self._records.note(self._table))
            for ack in acks:
                _log_refusals(ack)
                await self._channel.send(ack)
            await self._tell_kept()

    async def _tell_kept(self) -> None:
        """Tell the server what this gateway keeps and no hub has told it, when that has changed."""
        kept = self._table.kept()
        if kept != self._told:
            self._told = kept
            await self._channel.send(kept)

    async def _answer(self, message: hub.FromHub) -> None:
        match message:
            case hub.Where():
                self._placing.add(task := asyncio.create_task(self._tell_place(message)))
                task.add_done_callback(self._placing.discard)
                return
            case hub.Snapshot():
                outcome = await self._enforcer.admit(self._table.snapshot_parts(message, instant))
            case hub.Delta():
                outcome = self._table.delta(message, instant())
                self._enforcer.carry_out(outcome.operations)
            case hub.BeatAnswer():
                outcome = self._table.beat_answer(message, instant())
            case _:
                raise ChannelError("a second challenge")
        if outcome.acknowledge:
            self._news.set()
            self.in_step = True
        if outcome.ask:
            self._ask.set()
        if outcome.renew:
            self._enforcer.renew_soon()
        if outcome.resync:
            self._table.ask_snapshot(instant())
            await self._channel.send(hub.Resync())

    async def _tell_place(self, where: hub.Where) -> None:
        """Answer beside everything else: a look takes time."""
        try:
            await self._channel.send(await self._places.of(where))
        except (ChannelError, KernelError) as error:
            log_lines.event(_log, logging.WARNING, "place not told", error=str(error))


def _log_refusals(ack: hub.Ack) -> None:
    for one in ack.rejected:
        log_lines.event(_log, logging.WARNING, "lease refused", lease=one.lease, code=one.code.value)
