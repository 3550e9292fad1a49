"""The agent: joins the lease table of core to the kernel, to the hub's channel, to the disk and to the egress proxy.

Crash-only: everything it must not forget is in the kernel, with its own timeouts, or in the state file. It can be
killed at any moment; the next start adopts what it finds and loses no packet.
"""

import asyncio
import logging
import random
from typing import Final

from hanare_core import log_lines
from hanare_core.lease import LeaseTable
from hanare_core.problems import Problem
from hanare_gateway import local
from hanare_gateway.channel import open_channel
from hanare_gateway.clock import instant, tick_ms
from hanare_gateway.conversation import Conversation
from hanare_gateway.enforcer import Enforcer
from hanare_gateway.errors import ChannelError, KernelError
from hanare_gateway.places import Places
from hanare_gateway.reconcile import reader
from hanare_gateway.records import Records
from hanare_gateway.settings import Settings, WebSettings, read_identity
from hanare_gateway.web.table import Writer

WEB_PAUSE_S: Final = 0.1
"""Shortest time between two writings of the proxy's table: at 10,000 sessions it has some megabytes."""

RETRY_FIRST_S: Final = 0.2
RETRY_MOST_S: Final = 1.0
"""Waits between attempts double up to this, ± half by chance, so that gateways do not return in step. It is short of
what a sign-in waits for its gateway (ACK_WAIT_MS): who signs in while a hub comes back waits and is not refused."""

_log = logging.getLogger("hanare_gateway")


class Agent:
    """One gateway's agent."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._key = read_identity(settings)
        self._records = Records(settings)
        kept = self._records.kept
        self._table = LeaseTable(
            settings.trusted(),
            epoch=kept.epoch,
            revoked=kept.revoked,
            halts=kept.halts,
            carrier=kept.carrier,
            tick_ms=tick_ms(),
        )
        self._enforcer = Enforcer(settings, self._table)
        self._places = Places(reader(settings), self._table.doors.keys)
        self._conversation: Conversation | None = None

    async def run(self) -> None:
        """Serve until the process is ended."""
        async with asyncio.TaskGroup() as group:
            self._enforcer.begin(group)
            group.create_task(self._keep_channel())
            group.create_task(local.serve(self._settings, self._kill))
            if self._settings.web is not None:
                group.create_task(self._keep_web(self._settings.web))

    async def _keep_channel(self) -> None:
        wait_s = RETRY_FIRST_S
        while True:
            await self._enforcer.ready.wait()
            self._conversation = None
            try:
                await self._converse()
            except KernelError as error:
                self._enforcer.fail(error)
            except (ChannelError, Problem) as error:
                log_lines.event(_log, logging.WARNING, "channel", error=str(error))
            wait_s = RETRY_FIRST_S if self._was_in_step() else min(wait_s * 2, RETRY_MOST_S)
            await asyncio.sleep(wait_s * random.uniform(0.5, 1.5))  # noqa: S311  # spreads load, keeps no secret

    async def _converse(self) -> None:
        async with open_channel(self._settings.hub) as channel:
            self._table.ask_snapshot(instant())
            await channel.greet(
                self._key, self._settings.gateway, revision=self._table.revision, epoch=self._table.epoch
            )
            self._conversation = Conversation(channel, self._table, self._enforcer, self._records, self._places)
            await self._conversation.run()

    def _was_in_step(self) -> bool:
        return self._conversation is not None and self._conversation.in_step

    def _kill(self, name: str) -> int | None:
        """End by the local command what is called so; the server hears of it by the next beat."""
        operations = self._table.kill(name, instant())
        if operations is None:
            return None
        self._enforcer.carry_out(operations)
        self._records.store(self._records.note(self._table))
        if self._conversation is not None:
            self._conversation.ask_soon()
        log_lines.event(_log, logging.WARNING, "killed here", what=name, leases=len(operations))
        return len(operations)

    async def _keep_web(self, web: WebSettings) -> None:
        """Tell the egress proxy which session may open what, at each change."""
        writer = Writer(web.table)
        while True:
            self._enforcer.hosts_changed.clear()
            try:
                writer.keep(self._table.entries.hosts.table)
            except OSError as error:
                log_lines.failure(_log, "web table", error)
                await asyncio.sleep(RETRY_MOST_S)
                continue  # what is forbidden must not stay in the file
            await asyncio.sleep(WEB_PAUSE_S)
            await self._enforcer.hosts_changed.wait()
