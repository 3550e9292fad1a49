"""What an agent is asked that comes, or comes back, only after the person did it: a choice, a wish, a lock."""

from collections.abc import Mapping
from typing import Final

from hanare_stick import control_messages as control
from hanare_stick.control_messages import AnyEvent, Office, Reached
from hanare_stick.kiosk.state import IN_SESSION, State

_OPEN: Final = frozenset({"session", "office-account-wanted"})
"""Steps that an agent tells of a screen that it takes for open."""

_WISHES: Final[Mapping[str, tuple[control.Request, ...]]] = {
    "busy-scan": (control.WifiScan(),),
    "busy-ending": (control.PowerOff(),),
}
"""What was wished before a session, by the words that say so until it is done."""


def unheard(state: State, event: AnyEvent) -> tuple[control.Request, ...]:
    """Return what the agent that has told this event cannot know yet."""
    if isinstance(event, Office):
        return (*_choices(state, event), *_wishes(state))
    takes_for_open = isinstance(event, Reached) and event.step in _OPEN
    return (control.Lock(),) if takes_for_open and state.locked and not state.unlocking else ()


def _choices(state: State, told: Office) -> tuple[control.Request, ...]:
    seen = state.office is not None and state.office.tour_seen
    ours, theirs = (state.language, state.keyboard, seen), (told.language, told.keyboard, told.tour_seen)
    if ours == theirs or not (state.chose or seen):
        return ()
    return (control.Remember(language=state.language, keyboard=state.keyboard, tour_seen=seen),)


def _wishes(state: State) -> tuple[control.Request, ...]:
    return () if state.page in IN_SESSION else _WISHES.get(state.busy, ())
