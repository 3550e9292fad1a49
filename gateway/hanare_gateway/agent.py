"""The agent: joins the lease table of core to the hub's channel and to the kernel.

Crash-only: everything it must not forget is in the kernel, with its own timeouts, or in the state file. It can be
killed at any moment; the next start adopts what it finds and loses no packet.
"""

import asyncio
import gc
import logging
import random
from typing import Final

from hanare_core import log_lines
from hanare_core.kernel import AddPeer, Counted, KernelFacts, Operation
from hanare_core.lease import LeaseTable, Outcome
from hanare_core.messages import gateway as hub
from hanare_core.problems import Problem
from hanare_gateway import local
from hanare_gateway.channel import Channel, open_channel
from hanare_gateway.clock import instant, tick_ms
from hanare_gateway.errors import ChannelError, KernelError
from hanare_gateway.places import Places
from hanare_gateway.reconcile import Kernel, reader
from hanare_gateway.roster import Line, Roster
from hanare_gateway.settings import Settings, read_identity
from hanare_gateway.state import Kept, StateFile
from hanare_gateway.web.table import Writer

LOOK_S: Final = 5.0
"""Between two looks at the kernel: the console's "who is using it now" is as old as this."""

WEB_PAUSE_S: Final = 0.1
"""Shortest time between two writings of the proxy's table: at 10,000 sessions it has some megabytes."""

RETRY_FIRST_S: Final = 0.2
RETRY_MOST_S: Final = 3.0
"""Waits between attempts double up to this, ± half by chance, so that gateways do not return in step."""

_log = logging.getLogger("hanare_gateway")


class Agent:
    """One gateway's agent."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._key = read_identity(settings)
        self._state = StateFile(settings.state)
        kept = self._state.kept
        self._kernel = Kernel(settings, carrier=kept.carrier)
        self._look_at_kernel = reader(settings)
        self._table = LeaseTable(
            settings.trusted(),
            epoch=kept.epoch,
            revoked=kept.revoked,
            halts=kept.halts,
            carrier=kept.carrier,
            tick_ms=tick_ms(),
        )
        self._roster = Roster(settings)
        self._places = Places(reader(settings), self._table.door_keys)
        self._placing: set[asyncio.Task[None]] = set()
        self._told: hub.Kept | None = None
        self._ask = asyncio.Event()
        self._news = asyncio.Event()
        self._left = asyncio.Event()
        self._failed = asyncio.Event()
        self._ready = asyncio.Event()
        self._changed = asyncio.Event()
        self._confirmed = asyncio.Event()
        self._in_step = False

    async def run(self) -> None:
        """Serve until the process is ended."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_kernel())
            group.create_task(self._keep_channel())
            group.create_task(self._let_peers_leave())
            group.create_task(self._carry_on())
            group.create_task(self._keep_renewing())
            group.create_task(self._keep_web())
            group.create_task(local.serve(self._settings, self._kill))

    async def _keep_kernel(self) -> None:
        """Look again and again; after a failure put everything in force anew."""
        while True:
            try:
                if not self._ready.is_set():
                    self._failed.clear()
                    self._kernel.prepare()
                await self._look()
                self._ready.set()
            except KernelError as error:
                self._kernel_failed(error)
                await asyncio.sleep(RETRY_FIRST_S)
                continue
            await _wait(self._failed, LOOK_S)

    async def _look(self) -> None:
        changes = self._kernel.changes
        facts = await asyncio.to_thread(self._look_at_kernel)
        for operations in self._table.observe_parts(facts, instant):
            self._carry_out(operations)
            await asyncio.sleep(0)  # a stop may come in between
        await self._repair(facts, changes)

    async def _repair(self, facts: KernelFacts, changes: int) -> None:
        """Make the kernel hold what it should; what changes meanwhile is left to the next look."""
        for operations in self._table.repair_parts(facts, instant):
            if changes != self._kernel.changes:
                return
            self._carry_out(operations)
            changes = self._kernel.changes
            await asyncio.sleep(0)

    async def _keep_channel(self) -> None:
        wait_s = RETRY_FIRST_S
        while True:
            await self._ready.wait()
            self._in_step = False
            try:
                await self._serve()
            except KernelError as error:
                self._kernel_failed(error)
            except (ChannelError, Problem) as error:
                log_lines.event(_log, logging.WARNING, "channel", error=str(error))
            wait_s = RETRY_FIRST_S if self._in_step else min(wait_s * 2, RETRY_MOST_S)
            await asyncio.sleep(wait_s * random.uniform(0.5, 1.5))  # noqa: S311  # spreads load, keeps no secret

    async def _serve(self) -> None:
        async with open_channel(self._settings.hub) as channel:
            self._table.ask_snapshot(instant())
            self._told = None
            await channel.greet(
                self._key, self._settings.gateway, revision=self._table.revision, epoch=self._table.epoch
            )
            told = [asyncio.create_task(work) for work in (self._keep_asking(channel), self._keep_telling(channel))]
            try:
                while not any(task.done() for task in told):
                    await self._answer(channel, await channel.receive())
                await asyncio.gather(*told)
            finally:
                for task in told:
                    task.cancel()
                await asyncio.gather(*told, return_exceptions=True)

    async def _keep_telling(self, channel: Channel) -> None:
        """Acknowledge what the kernel holds once the disk has it; a stop that comes meanwhile waits for no disk."""
        while True:
            await self._news.wait()
            self._news.clear()
            acks = self._table.acks()
            await asyncio.to_thread(self._keep, self._kept())
            for ack in acks:
                _log_refusals(ack)
                await channel.send(ack)
            await self._tell_kept(channel)

    def _kept(self) -> Kept:
        """Return what must survive, and bring the roster up to date."""
        try:
            self._roster.keep(
                self._table.leases(), self._table.turned(), lambda lease: Line(lease, *self._table.describe(lease))
            )
        except OSError as error:
            log_lines.event(_log, logging.CRITICAL, "roster not kept", error=str(error))
        return Kept(self._table.epoch, dict(self._table.revoked), self._table.halts.kept(), self._table.carrier)

    def _keep(self, kept: Kept) -> None:
        """Put it on disk; a full disk stops nobody's session and no stop, so it is only said."""
        try:
            self._state.keep(kept)
        except OSError as error:
            log_lines.event(_log, logging.CRITICAL, "state not kept", error=str(error))

    async def _tell_kept(self, channel: Channel) -> None:
        """Tell the server what this gateway keeps and no hub has told it, when that has changed."""
        kept = self._table.kept()
        if kept != self._told:
            self._told = kept
            await channel.send(kept)

    def _kill(self, name: str) -> int | None:
        """End by the local command what is called so; the server hears of it by the next beat."""
        operations = self._table.kill(name, instant())
        if operations is None:
            return None
        self._carry_out(operations)
        self._keep(self._kept())
        self._ask.set()
        log_lines.event(_log, logging.WARNING, "killed here", what=name, leases=len(operations))
        return len(operations)

    async def _keep_asking(self, channel: Channel) -> None:
        while True:
            if self._table.has_news() or self._table.kept() != self._told:
                self._news.set()
            await channel.send(self._table.beat(instant()))
            self._ask.clear()
            await _wait(self._ask, self._table.beat_interval_ms() / 1000)

    async def _answer(self, channel: Channel, message: hub.FromHub) -> None:
        if isinstance(message, hub.Where):
            self._placing.add(task := asyncio.create_task(self._tell_place(channel, message)))
            task.add_done_callback(self._placing.discard)
            return
        if isinstance(message, hub.Snapshot):
            outcome = await self._take_snapshot(message)
        else:
            outcome = self._outcome(message)
            self._carry_out(outcome.operations)
        if outcome.acknowledge:
            self._news.set()
            self._in_step = True
        if outcome.ask:
            self._ask.set()
        if outcome.renew:
            self._confirmed.set()
        if outcome.resync:
            self._table.ask_snapshot(instant())
            await channel.send(hub.Resync())

    async def _take_snapshot(self, part: hub.Snapshot) -> Outcome:
        """Verify what comes next while WireGuard takes in what came before; return the last outcome."""
        outcome, adding = Outcome(), None
        for outcome in self._table.snapshot_parts(part, instant):
            if adding is not None:
                self._settle(await adding)
            adding = None
            if any(isinstance(one, AddPeer) for one in outcome.operations):
                adding = asyncio.create_task(self._kernel.admit(outcome.operations))
            else:
                self._carry_out(outcome.operations)
            await asyncio.sleep(0)
        gc.freeze()  # ten thousand leases live for hours: a collection that walked them would hold a stop up by 0.1 s
        return outcome

    async def _tell_place(self, channel: Channel, where: hub.Where) -> None:
        """Answer beside everything else: a look takes time."""
        try:
            await channel.send(await self._places.of(where))
        except (ChannelError, KernelError) as error:
            log_lines.event(_log, logging.WARNING, "place not told", error=str(error))

    def _outcome(self, message: hub.FromHub) -> Outcome:
        now = instant()
        match message:
            case hub.Delta():
                return self._table.delta(message, now)
            case hub.BeatAnswer():
                return self._table.beat_answer(message, now)
            case _:
                raise ChannelError("a second challenge")

    def _carry_out(self, operations: tuple[Operation, ...]) -> None:
        self._settle(self._kernel.carry_out(operations))

    def _settle(self, counted: list[Counted]) -> None:
        self._table.settle(counted)
        self._changed.set()
        if self._table.next_leave_ms() is not None:
            self._left.set()

    async def _keep_web(self) -> None:
        """Tell the egress proxy which session may open what, at each change."""
        if self._settings.web is None:
            return
        writer = Writer(self._settings.web.table)
        while True:
            try:
                writer.keep(self._table.hosts(instant()))
            except OSError as error:
                log_lines.failure(_log, "web table", error)
            await asyncio.sleep(WEB_PAUSE_S)
            await self._changed.wait()
            self._changed.clear()

    async def _let_peers_leave(self) -> None:
        while True:
            due_ms = self._table.next_leave_ms()
            if due_ms is None:
                self._left.clear()
                await self._left.wait()
                continue
            await asyncio.sleep(max(0, due_ms - instant().mono_ms) / 1000)
            try:
                self._carry_out(self._table.leave(instant()))
            except KernelError as error:
                self._kernel_failed(error)

    async def _carry_on(self) -> None:
        """Renew best-effort leases for their grace while no hub answers."""
        while True:
            await asyncio.sleep(self._table.beat_interval_ms() / 1000)
            try:
                self._carry_out(self._table.carry_on(instant()))
            except KernelError as error:
                self._kernel_failed(error)

    async def _keep_renewing(self) -> None:
        """Renew what the hub confirms, in parts: a stop that comes meanwhile does not wait for ten thousand leases."""
        while True:
            await self._confirmed.wait()
            self._confirmed.clear()
            try:
                for operations in self._table.renewals(instant):
                    if operations:
                        self._carry_out(operations)
                    await asyncio.sleep(0)
            except KernelError as error:
                self._kernel_failed(error)

    def _kernel_failed(self, error: KernelError) -> None:
        log_lines.event(_log, logging.ERROR, "kernel", error=str(error))
        self._ready.clear()
        self._failed.set()


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Wait for the event, or until the seconds are over."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return


def _log_refusals(ack: hub.Ack) -> None:
    for one in ack.rejected:
        log_lines.event(_log, logging.WARNING, "lease refused", lease=one.lease, code=one.code.value)
