"""How many guesses each budget has left, for the help desk: read only, nothing is counted by asking.

A budget that is used up within 90 days has guesses again when the oldest ones are that old; one of what is in a row has
them only by somebody's act (a new one-time code, an unlocked stick), so it names no time.
"""

from typing import Final

from hanare_core.messages import keyd
from hanare_keyd import counters
from hanare_keyd.counters import Pair
from hanare_keyd.store import Moment, Store

_OLDEST: Final = (
    "SELECT counted_ms FROM attempts WHERE organisation = ? AND user = ? AND (stick = ? OR ? = '')"
    " AND wrong = 1 AND counted_ms > ? ORDER BY counted_ms LIMIT 1 OFFSET ?"
)
"""Of a user's wrong attempts in the window, on one stick or (empty) on all of them, the one with so many older ones."""


class Left:
    """Answers what is left."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def tell(self, request: keyd.GuessesRequest) -> keyd.GuessesAnswer:
        """Return what the pair, its user and its stick have left."""
        pair = Pair(request.organisation, request.stick, request.user)
        return await self._store.write(lambda moment: of(moment, pair))


def of(moment: Moment, pair: Pair) -> keyd.GuessesAnswer:
    """Return what is left; times by the wall clock."""
    return keyd.GuessesAnswer(
        pair_in_a_row=_budget(moment, counters.PAIR_IN_A_ROW, counters.failures(moment, pair)),
        pair=_within_window(moment, counters.PAIR_WRONG, counters.pair_wrong(moment, pair), pair, pair.stick),
        user=_within_window(moment, counters.USER_WRONG, counters.user_wrong(moment, pair), pair, ""),
        stick=_budget(moment, counters.STICK_IN_A_ROW, counters.stick_in_row(moment, pair.organisation, pair.stick)),
    )


def _budget(moment: Moment, limit: int, used: int) -> keyd.Budget:
    limit //= counters.share(moment)
    return keyd.Budget(left=max(0, limit - used), limit=limit, until_ms=0)


def _within_window(moment: Moment, limit: int, used: int, pair: Pair, stick: str) -> keyd.Budget:
    budget = _budget(moment, limit, used)
    if budget.left:
        return budget
    since = moment.count_ms - counters.WINDOW_MS
    values = (pair.organisation, pair.user, stick, stick, since, used - budget.limit)
    row = moment.database.execute(_OLDEST, values).fetchone()
    until_ms = 0 if row is None else int(row[0]) - since + moment.wall_ms
    return keyd.Budget(left=0, limit=budget.limit, until_ms=until_ms)
