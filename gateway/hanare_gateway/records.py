"""What must outlive the agent: the state file, and beside it the roster for the day when the agent cannot be asked.

A full disk stops nobody's session and no stop, so it is only said.
"""

import logging

from hanare_core import log_lines
from hanare_core.lease import LeaseTable
from hanare_gateway.roster import Line, Roster
from hanare_gateway.settings import Settings
from hanare_gateway.state import Kept, StateFile

_log = logging.getLogger("hanare_gateway")


class Records:
    """Both files of one gateway; `kept` is what an earlier agent left."""

    def __init__(self, settings: Settings) -> None:
        self._state = StateFile(settings.state)
        self._roster = Roster(settings)
        self.kept = self._state.kept

    def note(self, table: LeaseTable) -> Kept:
        """Bring the roster up to date, and return what `store` puts on disk."""
        try:
            self._roster.keep(
                table.entries.names(), table.entries.turned(), lambda lease: Line(lease, *table.entries.describe(lease))
            )
        except OSError as error:
            log_lines.event(_log, logging.CRITICAL, "roster not kept", error=str(error))
        return Kept(table.epoch, dict(table.entries.revoked), table.halts.kept(), table.carrier)

    def store(self, kept: Kept) -> None:
        """Put it on disk; waits for the disk, so another thread may do it."""
        try:
            self._state.keep(kept)
        except OSError as error:
            log_lines.event(_log, logging.CRITICAL, "state not kept", error=str(error))
