"""The gateway's two clocks in milliseconds."""

import time

from hanare_core.kernel import Instant


def mono_ms() -> int:
    """Return the monotonic clock (CLOCK_MONOTONIC), which lease time is counted on."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1_000_000


def instant() -> Instant:
    """Read both clocks."""
    return Instant(mono_ms=mono_ms(), wall_ms=time.time_ns() // 1_000_000)
