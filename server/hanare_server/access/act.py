"""One act on an organisation: its rows, its audit row and its revision, in one transaction under one lock.

The organisation's row is locked first (`FOR UPDATE`; on SQLite the transaction already holds the only write
lock) and written last, with the new revision. So acts of one organisation commit in the order of their
revisions, a decision is never made on facts that a concurrent suspend is about to change, and a reader of
`revision > n` never misses one. The bell rings after the commit: PostgreSQL does it itself where the revision is
written (`migrations/_bell.py`), SQLite's readers are told over the hub's socket.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Final

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet

from hanare_core import log_lines, wire
from hanare_core.problems import Code, Problem
from hanare_server import hub_client
from hanare_server.access.models import Halt, Lease
from hanare_server.audit import log
from hanare_server.audit.models import AuditRow
from hanare_server.directory.models import Gateway, Organisation, Stick

_HALT_KEY: Final = ("organisation", "kind", "identifier")
_HALT_SAYS: Final = ("stands", "epoch", "revision")

_log: Final = logging.getLogger(__name__)


class OpenAct:
    """What an act has done so far."""

    def __init__(self, organisation: Organisation, actor: log.Actor) -> None:
        self.organisation = organisation
        self.actor = actor
        self.revision = organisation.revision + 1
        """The revision that this act gets if it touches a row that the hub reads."""
        self._touched = False
        self._audit: list[AuditRow] = []

    def touch(self, row: Stick | Gateway | Lease, *fields: str) -> None:
        """Save the row, or these fields of it, with this act's revision."""
        row.revision = self.revision
        row.save(update_fields=[*fields, "revision"] if fields else None)
        self._touched = True

    def touch_all(self, rows: QuerySet[Lease] | QuerySet[Stick], **fields: object) -> bool:
        """Set fields of these rows, with this act's revision, in one statement; say whether there were any."""
        some = bool(rows.update(revision=self.revision, **fields))
        self._touched |= some
        return some

    def touch_organisation(self) -> None:
        """Give the organisation's own row a new revision at the end of the act."""
        self._touched = True

    def raise_epoch(self, above: int = 0) -> None:
        """Note that what may be open has changed by stop or resume: gateways keep the number on disk.

        above: an epoch that a gateway was told before the database was set back. It never passes what a message may
        say: gateways would refuse every snapshot with it.
        """
        self.organisation.epoch = min(max(self.organisation.epoch, above) + 1, wire.MOST)
        self._touched = True

    def halt(self, kind: str, identifier: str, *, stands: bool) -> None:
        """Note in the present epoch that a thing is halted, or that it was resumed."""
        row = Halt(
            organisation=self.organisation,
            kind=kind,
            identifier=identifier,
            stands=stands,
            epoch=self.organisation.epoch,
            revision=self.revision,
        )
        # In one statement, whether it is there already or not: a stop waits for it.
        Halt.objects.bulk_create([row], update_conflicts=True, unique_fields=_HALT_KEY, update_fields=_HALT_SAYS)
        self._touched = True

    def write(self, act: log.Act, thing: log.Thing, detail: Mapping[str, str] | None = None) -> None:
        """Write the act into the audit log."""
        self._audit.append(log.next_row(self.organisation, self.actor, act, thing, detail or {}))

    def finish(self) -> None:
        """Write the organisation's row, the last statement before the commit, and let the bell ring after it."""
        AuditRow.objects.bulk_create(self._audit)
        if self._touched:
            self.organisation.revision = self.revision
            if connection.vendor == "sqlite":
                transaction.on_commit(partial(hub_client.ring, self.organisation.id, self.revision))
        self.organisation.save()


@contextmanager
def act(organisation: str, actor: log.Actor) -> Iterator[OpenAct]:
    """Open an act; it commits when the block ends, and leaves nothing if the block raises.

    Raises Problem(NOT_SAVED) when the database takes no change: its disk is full, or it is away.
    """
    try:
        with transaction.atomic(durable=True):
            opened = OpenAct(Organisation.objects.select_for_update().get(pk=organisation), actor)
            yield opened
            opened.finish()
    except OperationalError as error:
        log_lines.event(_log, logging.CRITICAL, "not saved", organisation=organisation, error=str(error))
        raise Problem(Code.NOT_SAVED) from error
