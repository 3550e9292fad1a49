"""Retention: what may no longer count is deleted; expired codes and abandoned enrolments are destroyed."""

from typing import Final

from hanare_core.totp import STEP_MS
from hanare_keyd.counters import WINDOW_MS
from hanare_keyd.statements import ENROLMENT_LIFE_MS
from hanare_keyd.store import Moment

PERIOD_SECONDS: Final = 3600
"""How often keyd purges."""

PURGE_ROWS: Final = 5_000
"""Most attempts deleted in one transaction, so that no sign-in waits long for it."""


def purge(moment: Moment) -> int:
    """Delete what is over; return how many attempts were deleted (PURGE_ROWS: there may be more)."""
    database = moment.database
    window_ms = moment.count_ms - WINDOW_MS
    database.execute("DELETE FROM totp_steps WHERE step < ?", (window_ms // STEP_MS,))
    database.execute("DELETE FROM first_pins WHERE begun_ms < ?", (moment.count_ms - ENROLMENT_LIFE_MS,))
    database.execute(
        "UPDATE people SET code_hash = NULL, code_issued_ms = NULL, code_not_after_ms = NULL"
        " WHERE code_not_after_ms <= ?",
        (moment.wall_ms,),
    )
    database.execute("DELETE FROM unlocks WHERE unlocked_ms <= ?", (window_ms,))
    database.execute("DELETE FROM restores WHERE restored_ms <= ?", (window_ms,))
    over = "SELECT nonce FROM attempts WHERE counted_ms <= ? LIMIT ?"
    deleted = database.execute(f"DELETE FROM attempts WHERE nonce IN ({over})", (window_ms, PURGE_ROWS))  # noqa: S608
    return deleted.rowcount
