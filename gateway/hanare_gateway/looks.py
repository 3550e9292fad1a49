"""How often the kernel is looked at: often enough for people, seldom enough for stops."""

from typing import Final

LOOK_S: Final = 5.0
"""Between two looks at the kernel: the console's "who is using it now" is as old as this."""

LOOK_SHARE: Final = 200
"""A stop that meets a look waits for it in part. So we wait this many times as long as a look has worked for, up to
LOOK_MOST_S: of two hundred stops one meets a look, however many leases there are."""

LOOK_MOST_S: Final = 20.0
"""With ten thousand leases, of which a look takes a tenth of a second."""


def pause_s(worked_s: float) -> float:
    """Return how long to wait after a look that worked so long (processor time, seconds)."""
    return min(max(LOOK_S, LOOK_SHARE * worked_s), LOOK_MOST_S)
