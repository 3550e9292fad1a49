"""F46: a PC clock of 1970, 2038 or any other year: the time is plausible, and after hello the server's."""

from hypothesis import given
from hypothesis import strategies as st

from hanare_stick.clock import AHEAD_MS, Clock, clamp

TIMES = st.integers(0, 2**42)
NEAR_MS = 1_000
"""Two readings of the monotonic clock lie between."""


@given(rtc=TIMES, floor=TIMES)
def test_any_clock_is_clamped(rtc: int, floor: int) -> None:
    """The time is never before what is known to have passed, nor further ahead than a stick lives."""
    assert floor <= clamp(rtc, floor_ms=floor) <= floor + AHEAD_MS


@given(image=TIMES, last_good=TIMES, rtc=TIMES, server=TIMES)
def test_the_servers_time_is_taken_whatever_the_pc_says(image: int, last_good: int, rtc: int, server: int) -> None:
    """Before hello the latest known time holds, after it the server's, also when that is earlier."""
    clock = Clock(image_ms=image, last_good_ms=last_good, rtc_ms=rtc)
    assert max(image, last_good) <= clock.now_ms() <= max(image, last_good) + AHEAD_MS + NEAR_MS
    clock.heard(server)
    assert 0 <= clock.now_ms() - server < NEAR_MS


def test_a_plausible_clock_is_believed() -> None:
    """A stick that lay in a drawer for a year believes a PC that says so; one of 2038 it does not."""
    floor, year_ms = 1_795_000_000_000, 365 * 24 * 3600 * 1000
    assert clamp(floor + year_ms, floor_ms=floor) == floor + year_ms
    assert clamp(2**31 * 1000, floor_ms=floor) == floor
    assert clamp(0, floor_ms=floor) == floor
