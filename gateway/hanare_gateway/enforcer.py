"""Keeps the kernel as the lease table wants it: carries out, looks, repairs, renews, and lets peers leave.

Everything that takes long goes in parts, between which a stop is carried out. After a failure of the kernel everything
is put in force anew; until then the agent hears no hub.
"""

import asyncio
import gc
import logging
import time
from collections.abc import Iterable
from typing import Final

from hanare_core import log_lines
from hanare_core.kernel import AddPeer, Counted, KernelFacts, Operation
from hanare_core.lease import LeaseTable, Outcome
from hanare_gateway import looks
from hanare_gateway.clock import instant
from hanare_gateway.errors import KernelError
from hanare_gateway.reconcile import Kernel, reader
from hanare_gateway.settings import Settings
from hanare_gateway.waiting import wait

RETRY_S: Final = 0.2

_log = logging.getLogger("hanare_gateway")


class Enforcer:
    """One table's kernel."""

    def __init__(self, settings: Settings, table: LeaseTable) -> None:
        self._table = table
        self._kernel = Kernel(settings, carrier=table.carrier)
        self._look_at_kernel = reader(settings)
        self.ready = asyncio.Event()
        """Set while what is to be in force is in force."""
        self.hosts_changed = asyncio.Event()
        """Set when sessions may open other names through the proxy than before."""
        self._hosts = 0
        self._failed = asyncio.Event()
        self._left = asyncio.Event()
        self._confirmed = asyncio.Event()

    def begin(self, group: asyncio.TaskGroup) -> None:
        """Start everything that goes on by itself."""
        group.create_task(self._keep())
        group.create_task(self._let_peers_leave())
        group.create_task(self._carry_on())
        group.create_task(self._keep_renewing())

    def carry_out(self, operations: tuple[Operation, ...]) -> None:
        """Carry these out now; raises KernelError."""
        self._settle(self._kernel.carry_out(operations))

    async def admit(self, outcomes: Iterable[Outcome]) -> Outcome:
        """Carry out a snapshot's pieces: one is verified while WireGuard takes in the one before; return the last."""
        outcome, adding = Outcome(), None
        for outcome in outcomes:
            if adding is not None:
                self._settle(await adding)
            adding = None
            if any(isinstance(one, AddPeer) for one in outcome.operations):
                adding = asyncio.create_task(self._kernel.admit(outcome.operations))
            else:
                self.carry_out(outcome.operations)
            await asyncio.sleep(0)
        gc.freeze()  # ten thousand leases live for hours: a collection that walked them would hold a stop up by 0.1 s
        return outcome

    def renew_soon(self) -> None:
        """Have what the hub has just confirmed renewed."""
        self._confirmed.set()

    def fail(self, error: KernelError) -> None:
        """Note that the kernel did not do as it was asked."""
        log_lines.event(_log, logging.ERROR, "kernel", error=str(error))
        self.ready.clear()
        self._failed.set()

    def _settle(self, counted: list[Counted]) -> None:
        self._table.settle(counted)
        if self._table.entries.hosts.changes != self._hosts:
            self._hosts = self._table.entries.hosts.changes
            self.hosts_changed.set()
        if self._table.peers.next_leave_ms() is not None:
            self._left.set()

    async def _keep(self) -> None:
        """Look again and again; after a failure put everything in force anew."""
        while True:
            try:
                if not self.ready.is_set():
                    self._failed.clear()
                    self._kernel.prepare()
                began_s = time.process_time()
                await self._look()
                worked_s = time.process_time() - began_s
                self.ready.set()
            except KernelError as error:
                self.fail(error)
                await asyncio.sleep(RETRY_S)
                continue
            await wait(self._failed, looks.pause_s(worked_s))

    async def _look(self) -> None:
        changes = self._kernel.changes
        facts = await asyncio.to_thread(self._look_at_kernel)
        for operations in self._table.observe_parts(facts, instant):
            self.carry_out(operations)
            await asyncio.sleep(0)  # a stop may come in between
        await self._repair(facts, changes)

    async def _repair(self, facts: KernelFacts, changes: int) -> None:
        """Make the kernel hold what it should; what changes meanwhile is left to the next look."""
        for operations in self._table.repair_parts(facts, instant):
            if changes != self._kernel.changes:
                return
            self.carry_out(operations)
            changes = self._kernel.changes
            await asyncio.sleep(0)

    async def _let_peers_leave(self) -> None:
        while True:
            due_ms = self._table.peers.next_leave_ms()
            if due_ms is None:
                self._left.clear()
                await self._left.wait()
                continue
            await asyncio.sleep(max(0, due_ms - instant().mono_ms) / 1000)
            self._try(self._table.peers.leave(instant()))

    async def _carry_on(self) -> None:
        """Renew best-effort leases for their grace while no hub answers."""
        while True:
            await asyncio.sleep(self._table.beat_interval_ms() / 1000)
            self._try(self._table.carry_on(instant()))

    async def _keep_renewing(self) -> None:
        """Renew what the hub confirms, in parts: a stop that comes meanwhile does not wait for ten thousand leases."""
        while True:
            await self._confirmed.wait()
            self._confirmed.clear()
            for operations in self._table.renewals(instant):
                if not self._try(operations):
                    break
                await asyncio.sleep(0)

    def _try(self, operations: tuple[Operation, ...]) -> bool:
        """Carry these out, and note a failure; say whether it went well."""
        try:
            if operations:
                self.carry_out(operations)
        except KernelError as error:
            self.fail(error)
            return False
        return True
