"""The server's time as a gateway knows it: never further off than it says."""

from hypothesis import given
from hypothesis import strategies as st

from hanare_core.lease_time import DRIFT_MS_A_MINUTE, ServerClock

OFFSET_MS = 1_700_000_000_000
ANSWERS = st.lists(
    st.tuples(st.integers(0, 3_000), st.integers(0, 3_000), st.integers(0, 60_000)), min_size=1, max_size=8
)


PARTS = st.floats(0, 0.999)
"""Of a millisecond, that a clock of whole ones does not tell."""


@given(ANSWERS, st.integers(0, 600_000), st.integers(-DRIFT_MS_A_MINUTE, DRIFT_MS_A_MINUTE), PARTS)
def test_the_error_is_a_bound(answers: list[tuple[int, int, int]], later_ms: int, drift: int, part: float) -> None:
    """Whatever the way to and fro takes, and while clocks drift, what the server tells lies within the error."""
    clock, now = ServerClock(), 5_000

    def true_ms(mono_ms: float) -> float:
        return OFFSET_MS + mono_ms + mono_ms * drift / 60_000

    for there, back, pause in answers:
        asked, now = now, now + there + back
        clock.learn(int(true_ms(asked + there)), asked, now)
        assert abs(clock.at(now) - int(true_ms(now + part))) <= clock.error_ms(now)
        now += pause
    assert abs(clock.at(now + later_ms) - int(true_ms(now + later_ms + part))) <= clock.error_ms(now + later_ms)


def test_the_quickest_answer_decides() -> None:
    """A slow answer widens nothing, a quick one narrows."""
    clock = ServerClock()
    clock.learn(OFFSET_MS + 1_000, 0, 2_000)
    assert clock.error_ms(2_000) == 1_002
    clock.learn(OFFSET_MS + 2_001, 2_000, 2_004)
    assert clock.error_ms(2_004) == 4
    clock.learn(OFFSET_MS + 2_100, 2_010, 4_000)
    assert clock.error_ms(4_000) == 5


def test_a_clock_that_was_set() -> None:
    """An answer that excludes what was known is believed alone."""
    clock = ServerClock()
    clock.learn(OFFSET_MS, 0, 2)
    clock.learn(OFFSET_MS + 3_600_000, 10, 12)
    assert clock.at(12) == OFFSET_MS + 3_600_001
    assert clock.error_ms(12) == 3


def test_before_anything_was_learnt() -> None:
    """Nothing is known, and said to be zero."""
    assert (ServerClock().at(7), ServerClock().error_ms(0)) == (0, 0)
