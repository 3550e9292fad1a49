"""What follows from an act: a pure function from state and act to the next state and what is asked of the agent."""

from typing import Final

from msgspec.structs import replace

from hanare_stick import control_messages as control
from hanare_stick.kiosk import acts, opening
from hanare_stick.kiosk.acts import Act
from hanare_stick.kiosk.network_acts import NetworkAct, on_network
from hanare_stick.kiosk.portal_page import PortalAct, on_portal
from hanare_stick.kiosk.state import IN_SESSION, ON_NETWORK, TOUR_STEPS, Page, State, to_page
from hanare_stick.kiosk.typed import Outcome, Typed, typed

_REACHABLE: Final = {
    Page.FIRST_PIN: frozenset({Page.SIGN_IN}),
    Page.SIGN_IN: frozenset({Page.FIRST_PIN, Page.ENROL, Page.TOUR}),
    Page.TOUR: frozenset({Page.SIGN_IN}),
    Page.MENU: frozenset({Page.DESKTOP, Page.CONFIRM_END, Page.CHANGE_PIN}),
    Page.CHANGE_PIN: frozenset({Page.MENU}),
    Page.CONFIRM_END: frozenset({Page.DESKTOP, Page.MENU}),
}
"""From where each page can be opened by the person."""

_REACHABLE_FROM_DESKTOP: Final = frozenset({Page.MENU, Page.CONFIRM_END})


def acted(state: State, act: Act) -> Outcome:
    """Return what follows from the act; an act that does not fit the screen changes nothing."""
    if state.page is Page.PORTAL and isinstance(act, acts.Go):
        act = acts.ClosePortal()  # the menu's key is the one way back by keyboard
    if isinstance(act, PortalAct):
        return on_portal(state, act)
    if isinstance(act, Typed):
        return (state, ()) if state.busy else typed(state, act)
    if isinstance(act, NetworkAct):
        return (state, ()) if state.busy and state.page in ON_NETWORK else on_network(state, act)
    if isinstance(act, acts.Lock | acts.End | acts.Open | acts.Resume):
        return _in_session(state, act)
    return _anywhere(state, act)


def _in_session(state: State, act: Act) -> Outcome:
    if state.page not in IN_SESSION:
        return state, ()
    match act:
        case acts.Lock() if state.page is not Page.LOCK:
            return to_page(state, Page.LOCK), (control.Lock(),)
        case acts.End():
            return replace(state, busy="busy-ending"), (control.End(idle=act.idle),)
        case acts.Open():
            return opening.chosen(state, act.application)
        case acts.Resume():
            return (to_page(state, Page.DESKTOP) if state.page in _REACHABLE_FROM_DESKTOP else state), ()
        case _:
            return state, ()


def _anywhere(state: State, act: Act) -> Outcome:
    match act:
        case acts.ChooseLanguage() | acts.ChooseKeyboard():
            return _chosen(state, act)
        case acts.TourNext():
            return _tour_next(state)
        case acts.Adjust():
            return state, (control.Adjust(level=act.level, up=act.up),)
        case acts.Go():
            return _go(state, act.page), ()
        case acts.PowerOff():
            return replace(state, busy="busy-ending"), (control.PowerOff(),)
        case _:
            return _answer(state, agreed=isinstance(act, acts.Agree))


def _chosen(state: State, act: acts.ChooseLanguage | acts.ChooseKeyboard) -> Outcome:
    if isinstance(act, acts.ChooseLanguage):
        return _remember(replace(state, language=act.language, chose=True))
    return _remember(replace(state, keyboard=act.keyboard, chose=True))


def _go(state: State, page: Page) -> State:
    if state.page not in _REACHABLE.get(page, frozenset()) or state.busy:
        return state
    return replace(to_page(state, page), tour_step=1)


def _answer(state: State, *, agreed: bool) -> Outcome:
    """Take the notice away, or the oldest message; a yes is one only to a message that asks."""
    if state.notice is not None:
        return replace(state, notice=None), ()
    if not state.readable:
        return state, ()
    oldest = state.readable[0]
    read = control.NoteRead(note=oldest.note, agreed=agreed and oldest.diagnostics)
    return replace(state, notes=tuple(note for note in state.notes if note != oldest)), (read,)


def _tour_next(state: State) -> Outcome:
    if state.page is not Page.TOUR:
        return state, ()
    if state.tour_step < TOUR_STEPS:
        return replace(state, tour_step=state.tour_step + 1), ()
    return _remember(to_page(state, Page.SIGN_IN), tour_seen=True)


def _remember(state: State, *, tour_seen: bool = False) -> Outcome:
    office = state.office
    seen = tour_seen or (office is not None and office.tour_seen)
    if office is not None:
        state = replace(state, office=replace(office, tour_seen=seen))
    wish = control.Remember(language=state.language, keyboard=state.keyboard, tour_seen=seen)
    return state, (wish,)
