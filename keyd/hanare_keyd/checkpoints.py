"""Signs checkpoints of audit logs, and remembers the newest: a log never goes back, nor is written anew.

So a server that rewrites its log, or was set back to an older one, gets no signature for it until somebody on keyd's
own host says that a backup was restored.
"""

from hanare_core import signed
from hanare_core.checkpoint import Checkpoint
from hanare_core.messages import keyd
from hanare_core.problems import Code, Problem
from hanare_core.signed import Kind
from hanare_keyd import organisations
from hanare_keyd.keys import Keys
from hanare_keyd.store import Moment, Store


class Checkpoints:
    """The service of checkpoints."""

    def __init__(self, keys: Keys, store: Store) -> None:
        self._key = keys.checkpoint
        self._store = store

    async def sign(self, request: keyd.CheckpointRequest) -> keyd.CheckpointAnswer:
        """Return the signed checkpoint. Raises Problem(CONFLICT) for a log that was set back or rewritten."""
        checkpoint = await self._store.write(lambda moment: _remember(moment, request))
        return keyd.CheckpointAnswer(signed.sign(Kind.AUDIT_CHECKPOINT, checkpoint, self._key))


def forget(moment: Moment, organisation: str) -> None:
    """Let the organisation's log begin anew wherever it is: a backup was restored."""
    moment.database.execute("DELETE FROM checkpoints WHERE organisation = ?", (organisation,))


def _remember(moment: Moment, request: keyd.CheckpointRequest) -> Checkpoint:
    organisations.ca_key(moment.database, request.organisation)  # refuses an organisation that is not known
    row = moment.database.execute(
        "SELECT number, row_hash FROM checkpoints WHERE organisation = ?", (request.organisation,)
    ).fetchone()
    if row is not None:
        known = int(row["number"])
        rewritten = request.number == known and request.row_hash != row["row_hash"]
        if request.number < known or rewritten:
            raise Problem(Code.CONFLICT, detail={"number": str(known)})
    moment.database.execute(
        "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?)",
        (request.organisation, request.number, request.row_hash),
    )
    return Checkpoint(request.organisation, request.number, request.row_hash, moment.wall_ms)
