"""The wall clock of the server's own machine, set by a test: of the API in this process and of keyd beside it."""

import contextlib
import time
from collections.abc import Iterator
from typing import Final

import pytest

from hanare_server import clock
from tests.keyd.office import Keyd

DAY_NS: Final = 24 * 3600 * 1_000_000_000


class WallClock:
    """Says the time to the API; keyd is started again whenever it is set."""

    def __init__(self, keyd: Keyd) -> None:
        self._keyd = keyd

    def set_days_ahead(self, days: int) -> None:
        """Set it so many days ahead of the real one; fewer than before set it back."""
        self._keyd.days_ahead = days
        self._keyd.kill()
        self._keyd.start()

    @property
    def days_ahead(self) -> int:
        """How far it is ahead."""
        return self._keyd.days_ahead

    def time_ns(self) -> int:
        """Return the time, in the place of the module `time`'s own."""
        return time.time_ns() + self.days_ahead * DAY_NS


@contextlib.contextmanager
def wall_clock(keyd: Keyd) -> Iterator[WallClock]:
    """Give the clock, and set it right at the end."""
    given = WallClock(keyd)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "time", given)
        try:
            yield given
        finally:
            given.set_days_ahead(0)
