"""The stick's idea of the time: clamped until a server has spoken, the server's from then on.

A home PC's clock may be years off, so before the first hello the time is at least the image's date and the last good
time. After it, server time runs on the monotonic clock: setting the PC's clock changes nothing.
"""

import time


class Clock:
    """Unix milliseconds by the server's clock, as far as it is known."""

    def __init__(self, *, image_ms: int, last_good_ms: int) -> None:
        floor = max(image_ms, last_good_ms, time.time_ns() // 1_000_000)
        self._offset_ms = floor - _monotonic_ms()

    def heard(self, server_ms: int) -> None:
        """Take the time of a signed answer."""
        self._offset_ms = server_ms - _monotonic_ms()

    def now_ms(self) -> int:
        """Return the time now."""
        return _monotonic_ms() + self._offset_ms


def _monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000
