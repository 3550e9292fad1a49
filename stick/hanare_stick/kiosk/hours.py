"""What the passing of time changes on the screen: the word before the session's end."""

from msgspec.structs import replace

from hanare_stick.kiosk.notices import in_both
from hanare_stick.kiosk.state import State
from hanare_stick.kiosk.words import duration, word


def ticked(state: State, now: float) -> State:
    """Return the state at this time: once, `notice_s` before the end, the person is told."""
    session = state.session
    if session is None or state.warned or not 0 < state.ends_at - now <= session.notice_s:
        return state
    left = session.notice_s
    notice = in_both(lambda one: (word("hours-title", one, time=duration(left, one)), word("hours-next", one)))
    return replace(state, warned=True, notice=notice)
