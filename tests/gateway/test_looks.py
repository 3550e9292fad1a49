"""How often the kernel is looked at."""

from hypothesis import given
from hypothesis import strategies as st

from hanare_gateway.looks import LOOK_MOST_S, LOOK_S, LOOK_SHARE, pause_s


def test_a_small_office_is_looked_at_every_five_seconds() -> None:
    """Fifty leases cost a few milliseconds."""
    assert pause_s(0.005) == LOOK_S


@given(st.floats(min_value=0, max_value=LOOK_MOST_S / LOOK_SHARE))
def test_looks_never_take_more_than_their_share(worked_s: float) -> None:
    """Up to the longest pause a look's own time is a two-hundredth of the pause at most."""
    assert worked_s * LOOK_SHARE <= pause_s(worked_s)


@given(st.floats(min_value=0, max_value=1e6))
def test_a_slow_machine_does_not_stop_looking(worked_s: float) -> None:
    """However long a look took, the next one comes."""
    assert LOOK_S <= pause_s(worked_s) <= LOOK_MOST_S
