"""The stick's idea of the time: clamped until a server has spoken, the server's from then on.

A home PC's clock may be years off in either direction, so before the first hello it is believed only between the
latest time that is known to have passed (the image's date, the last good time) and AHEAD_MS later; else the time is
that floor. After the hello, server time runs on the monotonic clock: setting the PC's clock changes nothing. In an
image the system's own clock is set to the clamped time once, before the door opens: WireGuard dates its handshakes by
it, and a peer that saw one of 2038 would refuse those of today.
"""

import contextlib
import time
from typing import Final

AHEAD_MS: Final = 3 * 365 * 24 * 3600 * 1000
"""How long a stick may lie in a drawer: its certificate's three years. A clock further ahead is wrong."""


class Clock:
    """Unix milliseconds by the server's clock, as far as it is known."""

    def __init__(self, *, image_ms: int, last_good_ms: int, rtc_ms: int | None = None) -> None:
        rtc = time.time_ns() // 1_000_000 if rtc_ms is None else rtc_ms
        self._offset_ms = clamp(rtc, floor_ms=max(image_ms, last_good_ms)) - _monotonic_ms()

    def heard(self, server_ms: int) -> None:
        """Take the time of a signed answer."""
        self._offset_ms = server_ms - _monotonic_ms()

    def now_ms(self) -> int:
        """Return the time now."""
        return _monotonic_ms() + self._offset_ms

    def set_system(self) -> None:
        """Set the system's clock to this time; without the right to, it stays as it is."""
        with contextlib.suppress(OSError):
            time.clock_settime_ns(time.CLOCK_REALTIME, self.now_ms() * 1_000_000)


def clamp(rtc_ms: int, *, floor_ms: int) -> int:
    """Return the PC's time if it is plausible, else the floor; all in Unix milliseconds."""
    return rtc_ms if floor_ms <= rtc_ms <= floor_ms + AHEAD_MS else floor_ms


def _monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000
