"""The stick on its way to the office: which page stands from the first moment until the person alone is waited for.

A stick whose own files say whose it is shows the tour or the sign-in at once. The page is the person's meanwhile: it
says how far the stick is, what is typed waits (`typed`), and what was chosen holds against what the agent tells later.
"""

from typing import Final, cast

from msgspec.structs import replace

from hanare_core.problems import Code
from hanare_stick.control_messages import Office
from hanare_stick.kiosk.state import BEFORE_OFFICE, IN_SESSION, ON_NETWORK, Keyboard, Page, State, to_page
from hanare_stick.kiosk.words import Language

STEPS: Final = frozenset({"starting", "agent-started", "door-up"})

NO_DOOR: Final = frozenset({Code.DOOR_UNREACHABLE, Code.CAPTIVE_PORTAL})
"""Told again and again while the home's network is being chosen, which is what to do about it."""


def known(state: State, told: Office) -> State:
    """Return the first state of a stick whose own files say whose it is: the tour, or the sign-in."""
    state = to_page(office(state, told), Page.SIGN_IN if told.tour_seen else Page.TOUR)
    return replace(state, waiting="starting-agent")


def office(state: State, told: Office) -> State:
    """Take the office's facts; what was chosen or seen here before the agent came stays."""
    untouched = state.office is None or state.page is Page.STARTING or (bool(state.waiting) and not state.chose)
    seen = told.tour_seen or (state.office is not None and state.office.tour_seen)
    told = replace(told, tour_seen=seen)
    state = replace(state, office=told, factor=state.factor or told.factor)
    if not untouched:
        return state
    language, keyboard = cast("Language", told.language), cast("Keyboard", told.keyboard)
    return replace(state, language=language, keyboard=keyboard, user=told.user)


def started(state: State, step: str) -> State:
    """Return the state after one of STEPS."""
    waiting = {"agent-started": "starting-door", "door-up": "starting-server"}.get(step, "starting-agent")
    if step == "door-up" and state.notice is not None and state.notice.code in NO_DOOR:
        state = replace(state, notice=None)
    if state.page in BEFORE_OFFICE:
        return _waits(state, waiting)
    if state.page in ON_NETWORK and state.came_from in BEFORE_OFFICE:
        return replace(state, waiting=waiting, session=None)
    if state.page is Page.STARTING:
        return replace(state, busy=waiting)
    return replace(to_page(state, Page.STARTING), busy=waiting, session=None)


def arrived(state: State) -> State:
    """Nobody is signed in: the sign-in screen, or on the first start of this stick the tour."""
    notice = state.notice
    state = replace(state, locked=False, waiting="")
    if state.beneath in BEFORE_OFFICE | {Page.ENROL}:
        return replace(_back(state), busy="", session=None)
    first = state.page is Page.STARTING and state.office is not None and not state.office.tour_seen
    state = to_page(state, Page.TOUR if first else Page.SIGN_IN)
    factor = state.office is not None and state.office.factor
    return replace(state, notice=notice, session=None, factor=factor, warned=False, failures_told=False)


def lost(state: State) -> State:
    """Return the state after the agent's socket has broken: what is open stays covered or stays watched."""
    if state.page in IN_SESSION:
        busy = "starting-lost" if state.page is not Page.DESKTOP else ""
        return replace(state, busy=busy, opening="", unlocking=False)
    if state.beneath in BEFORE_OFFICE:
        return _waits(_back(state), "starting-lost")
    return replace(to_page(state, Page.STARTING), busy="starting-lost")


def _back(state: State) -> State:
    return state if state.page is state.beneath else to_page(state, state.beneath)


def _waits(state: State, waiting: str) -> State:
    """Leave the page to the person; what waits to be sent says how far it is, what was sent is typed anew."""
    return replace(state, waiting=waiting, busy=waiting if state.held else "", session=None)
