"""The gateway's two clocks in milliseconds."""

import math
import time
from typing import Final

from hanare_core.kernel import Instant

_MONOTONIC_COARSE: Final = 6
"""CLOCK_MONOTONIC_COARSE of linux/time.h, which moves once a tick."""


def mono_ms() -> int:
    """Return the monotonic clock (CLOCK_MONOTONIC), which lease time is counted on."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1_000_000


def tick_ms() -> int:
    """Return the kernel's tick (1/HZ), which it counts the last use of an element in."""
    return math.ceil(time.clock_getres(_MONOTONIC_COARSE) * 1000)


def instant() -> Instant:
    """Read both clocks."""
    return Instant(mono_ms=mono_ms(), wall_ms=time.time_ns() // 1_000_000)
