"""Guess budgets: of the pair (stick, user), of the stick and of the user, names that nobody has included.

An attempt counts as wrong from its begin until its finish proves it right. Success clears what is in a row, never
what is within 90 days. A new one-time code ends the user's old OPRF key, and with the key the guesses that were made at
it: it alone clears the user's budgets. A locked stick is unlocked by the server, but only STICK_UNLOCKS times in 90
days, so that who rules the server gets no endless guesses out of one stick; beyond that by keyd's own command.
For 90 days after keyd was restored from a backup every budget is halved: guesses may have been forgotten with it.
"""

from dataclasses import dataclass
from typing import Final

from hanare_core.problems import Code, Problem
from hanare_keyd.store import Moment

PAIR_IN_A_ROW: Final = 10
"""Attempts of a pair without success (NIST SP 800-63B: an activation secret is locked after 10)."""

PAIR_WRONG: Final = 30
"""Wrong attempts of a pair within WINDOW_MS: stops who guesses between the owner's own successes."""

STICK_IN_A_ROW: Final = 30
"""Attempts on a stick without success over all users: stops who tries one PIN with many names."""

USER_WRONG: Final = 60
"""Wrong attempts for a user within WINDOW_MS over all sticks; below NIST's 100."""

STICK_UNLOCKS: Final = 3
"""How often the server may unlock one stick within WINDOW_MS: for a shared stick that is mistyped at, not attacked."""

RESTORED_SHARE: Final = 2
"""Budgets are divided by it for WINDOW_MS after a restore."""

WINDOW_MS: Final = 90 * 24 * 3600 * 1000
"""How long a wrong attempt counts; 90 days, milliseconds."""


@dataclass(frozen=True)
class Pair:
    """Whose PIN is tried on which stick."""

    organisation: str
    stick: str
    user: str

    @property
    def key(self) -> tuple[str, str, str]:
        """Organisation, user, stick: the order of the tables' keys."""
        return self.organisation, self.user, self.stick


def admit(moment: Moment, pair: Pair) -> None:
    """Raise Problem(STICK_LOCKED, USER_LOCKED or PIN_LOCKED) when a budget has no attempt left."""
    divided = share(moment)
    if stick_in_row(moment, pair.organisation, pair.stick) >= STICK_IN_A_ROW // divided:
        raise Problem(Code.STICK_LOCKED)
    if user_wrong(moment, pair) >= USER_WRONG // divided:
        raise Problem(Code.USER_LOCKED)
    if failures(moment, pair) >= PAIR_IN_A_ROW // divided or pair_wrong(moment, pair) >= PAIR_WRONG // divided:
        raise Problem(Code.PIN_LOCKED)


def count(moment: Moment, pair: Pair) -> None:
    """Count one attempt as wrong in what is in a row; the attempt's own row is what counts within the window."""
    moment.database.execute(
        "INSERT INTO pairs VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET in_row = in_row + 1", pair.key
    )
    moment.database.execute(
        "INSERT INTO sticks VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET in_row = in_row + 1",
        (pair.organisation, pair.stick),
    )


def failures(moment: Moment, pair: Pair) -> int:
    """Return how many attempts of the pair were counted since its last success."""
    query = "SELECT in_row FROM pairs WHERE organisation = ? AND user = ? AND stick = ?"
    row = moment.database.execute(query, pair.key).fetchone()
    return 0 if row is None else int(row[0])


def succeed(moment: Moment, pair: Pair) -> None:
    """Clear what is in a row for the pair and its stick."""
    moment.database.execute("DELETE FROM pairs WHERE organisation = ? AND user = ? AND stick = ?", pair.key)
    unlock_stick(moment, pair.organisation, pair.stick)


def take_back(moment: Moment, pair: Pair) -> None:
    """Count one attempt less in what is in a row for the pair and its stick; what was wrong before it stays."""
    moment.database.execute(
        "UPDATE pairs SET in_row = max(in_row - 1, 0) WHERE organisation = ? AND user = ? AND stick = ?", pair.key
    )
    moment.database.execute(
        "UPDATE sticks SET in_row = max(in_row - 1, 0) WHERE organisation = ? AND stick = ?",
        (pair.organisation, pair.stick),
    )


def unlock_stick(moment: Moment, organisation: str, stick: str) -> None:
    """Clear what is in a row for the stick."""
    moment.database.execute("DELETE FROM sticks WHERE organisation = ? AND stick = ?", (organisation, stick))


def unlock_for_server(moment: Moment, organisation: str, stick: str) -> None:
    """Unlock a locked stick at the server's word. Raises Problem(STICK_LOCKED) when it asked too often."""
    if stick_in_row(moment, organisation, stick) < STICK_IN_A_ROW // share(moment):
        return
    query = "SELECT count(*) FROM unlocks WHERE organisation = ? AND stick = ? AND unlocked_ms > ?"
    lately = moment.database.execute(query, (organisation, stick, moment.count_ms - WINDOW_MS)).fetchone()[0]
    if lately >= STICK_UNLOCKS:
        raise Problem(Code.STICK_LOCKED, detail={"unlocks": str(lately)})
    moment.database.execute("INSERT INTO unlocks VALUES (?, ?, ?)", (organisation, stick, moment.count_ms))
    unlock_stick(moment, organisation, stick)


def note_restore(moment: Moment) -> None:
    """Note that the database was restored from a backup just now."""
    moment.database.execute("INSERT OR IGNORE INTO restores VALUES (?)", (moment.count_ms,))


def forgive_user(moment: Moment, organisation: str, user: str) -> None:
    """Clear the user's budgets on all sticks: the PIN that was guessed at is no more."""
    whose = (organisation, user)
    moment.database.execute("UPDATE attempts SET wrong = 0 WHERE organisation = ? AND user = ? AND wrong = 1", whose)
    moment.database.execute("DELETE FROM pairs WHERE organisation = ? AND user = ?", whose)


def share(moment: Moment) -> int:
    """Return by how much budgets are divided now."""
    query = "SELECT count(*) FROM restores WHERE restored_ms > ?"
    restored = moment.database.execute(query, (moment.count_ms - WINDOW_MS,)).fetchone()[0]
    return RESTORED_SHARE if restored else 1


def stick_in_row(moment: Moment, organisation: str, stick: str) -> int:
    """Return the attempts on the stick since somebody's last success."""
    query = "SELECT in_row FROM sticks WHERE organisation = ? AND stick = ?"
    row = moment.database.execute(query, (organisation, stick)).fetchone()
    return 0 if row is None else int(row[0])


def user_wrong(moment: Moment, pair: Pair) -> int:
    """Return the wrong attempts for the user within the window, over all sticks."""
    query = "SELECT count(*) FROM attempts WHERE organisation = ? AND user = ? AND wrong = 1 AND counted_ms > ?"
    values = (pair.organisation, pair.user, moment.count_ms - WINDOW_MS)
    return int(moment.database.execute(query, values).fetchone()[0])


def pair_wrong(moment: Moment, pair: Pair) -> int:
    """Return the wrong attempts of the pair within the window."""
    query = (
        "SELECT count(*) FROM attempts"
        " WHERE organisation = ? AND user = ? AND stick = ? AND wrong = 1 AND counted_ms > ?"
    )
    return int(moment.database.execute(query, (*pair.key, moment.count_ms - WINDOW_MS)).fetchone()[0])
