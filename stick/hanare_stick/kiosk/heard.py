"""What the agent tells changes the screen: a pure function from state and event to state."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final, cast

import msgspec

from hanare_core.problems import Code
from hanare_core.sentences import help_desk_named
from hanare_stick import control_messages as control
from hanare_stick.control_messages import AnyEvent, Levels, Line, Networks, Note, Office, Opened, Reached, Refused
from hanare_stick.kiosk import opening, portal_page
from hanare_stick.kiosk.notices import in_both, own_notice, refusal
from hanare_stick.kiosk.shown import shown
from hanare_stick.kiosk.state import BEFORE_OFFICE, IN_SESSION, ON_NETWORK, Keyboard, Notice, Page, State, to_page
from hanare_stick.kiosk.words import Language, word

_BUSY: Final = {
    "enter": "busy-pin",
    "begin": "busy-pin",
    "envelope-opened": "busy-opening",
    "finish": "busy-opening",
    "confirm": "busy-path",
    "first-packet": "busy-desktop",
    "desktop-started": "busy-desktop",
}
"""Steps on the way to the desktop, and the words for what follows them."""

_STARTING: Final = frozenset({"starting", "agent-started", "door-up"})

_OPEN: Final = frozenset({"session", "office-account-wanted"})
"""Steps that an agent tells of a screen that it takes for open."""

_GRACE: Final = frozenset({"grace", "grace-over"})

_WISHES: Final[Mapping[str, tuple[control.Request, ...]]] = {
    "busy-scan": (control.WifiScan(),),
    "busy-ending": (control.PowerOff(),),
}
"""What is asked again of an agent that comes only after it was wished, by the words that say so meanwhile."""

UNREAD_NOTES: Final = 10
"""More messages than these push out the oldest: a person who reads nothing is not served by a longer pile."""

_QUIET: Final = frozenset({Code.OUT_OF_ORDER, Code.ENDED_BY_USER})
"""The person's own doing, or two keys pressed at once: nothing to read."""


_NO_DOOR: Final = frozenset({Code.DOOR_UNREACHABLE, Code.CAPTIVE_PORTAL})
"""Told again and again while the home's network is being chosen, which is what to do about it."""


def known(state: State, office: Office) -> State:
    """Return the first state of a stick whose own files say whose it is: the tour, or the sign-in."""
    state = to_page(_office(state, office), Page.SIGN_IN if office.tour_seen else Page.TOUR)
    return replace(state, waiting="starting-agent")


def heard(state: State, event: AnyEvent, now: float) -> State:
    """Return the state after the event; `now` is in monotonic seconds."""
    match event:
        case Office():
            return _office(state, event)
        case Opened():
            return _opened(state, event, now)
        case Reached():
            return _reached(state, event, now)
        case Refused():
            return _refused(state, event)
        case Note():
            return _note(state, event)
        case Line() | Networks() | Levels():
            return _lines(state, event)


def lost(state: State) -> State:
    """Return the state after the agent's socket has broken: what is open stays covered or stays watched."""
    if state.page in IN_SESSION:
        busy = "starting-lost" if state.page is not Page.DESKTOP else ""
        return replace(state, busy=busy, opening="", unlocking=False)
    if state.beneath in BEFORE_OFFICE:
        return _on_its_way(state if state.page is state.beneath else to_page(state, state.beneath), "starting-lost")
    return replace(to_page(state, Page.STARTING), busy="starting-lost")


def unheard(state: State, event: AnyEvent) -> tuple[control.Request, ...]:
    """Return what the agent must be asked again: what was chosen, wished or locked while it was away."""
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
    if state.page in IN_SESSION:
        return ()
    return _WISHES.get(state.busy, ())


def _note(state: State, note: Note) -> State:
    """Put it last, unless it stands there already: a new connection to the agent brings it again."""
    if note in state.notes:
        return state
    return replace(state, notes=(*state.notes, note)[-UNREAD_NOTES:])


def _office(state: State, office: Office) -> State:
    """Take the office's facts; what was chosen or seen here before the agent came stays."""
    untouched = state.office is None or state.page is Page.STARTING or (bool(state.waiting) and not state.chose)
    seen = office.tour_seen or (state.office is not None and state.office.tour_seen)
    office = msgspec.structs.replace(office, tour_seen=seen)
    state = replace(state, office=office, factor=state.factor or office.factor)
    if not untouched:
        return state
    language, keyboard = cast("Language", office.language), cast("Keyboard", office.keyboard)
    return replace(state, language=language, keyboard=keyboard, user=office.user)


def _opened(state: State, session: Opened, now: float) -> State:
    ends_at = now + session.ends_in_ms / 1000
    state = replace(state, session=session, ends_at=ends_at, warned=state.warned and state.session is not None)
    if (session.locked or state.locked) and state.page is not Page.LOCK:
        return to_page(state, Page.LOCK)
    return to_page(state, Page.STARTING) if state.page is Page.PORTAL else state


def _reached(state: State, event: Reached, now: float) -> State:
    step = event.step
    if step == "ready":
        return _ready(state)
    if step in _STARTING:
        return _starting(state, step)
    if step in opening.STEPS:
        return opening.told(state, event, now)
    if step in _BUSY:
        return state if state.page is Page.LOCK else replace(state, busy=_BUSY[step], notice=None)
    return _before_session(state, event)


def _before_session(state: State, event: Reached) -> State:
    if event.step in portal_page.STEPS:
        return portal_page.told(state, event.step)
    if event.step == "wifi-joined":
        return _wifi_joined(state, event.detail)
    if event.step == "first-pin-set":
        return _first_pin_set(state, event.detail)
    return _in_session(state, event)


def _lines(state: State, event: Line | Networks | Levels) -> State:
    if isinstance(event, Line):
        return replace(state, line=event)
    if isinstance(event, Levels):
        return replace(state, levels=event)
    return replace(state, networks=event, busy="" if state.page is Page.NETWORK else state.busy)


def _wifi_joined(state: State, name: str) -> State:
    """Back to where the network's pages were opened, with the good news; elsewhere nobody asked."""
    if state.page not in ON_NETWORK:
        return state
    notice = own_notice("wifi-joined", good=True, name=shown(name))
    return replace(to_page(state, state.came_from), notice=notice)


def _ready(state: State) -> State:
    """Nobody is signed in: the sign-in screen, or on the first start of this stick the tour."""
    notice = state.notice
    state = replace(state, locked=False)
    if state.beneath in BEFORE_OFFICE | {Page.ENROL}:
        state = state if state.page is state.beneath else to_page(state, state.beneath)
        return replace(state, busy="", waiting="", session=None)
    first = state.page is Page.STARTING and state.office is not None and not state.office.tour_seen
    state = to_page(state, Page.TOUR if first else Page.SIGN_IN)
    return replace(state, notice=notice, session=None, factor=_asks_factor(state), warned=False, failures_told=False)


def _asks_factor(state: State) -> bool:
    return state.office is not None and state.office.factor


def _starting(state: State, step: str) -> State:
    busy = {"agent-started": "starting-door", "door-up": "starting-server"}.get(step, "starting-agent")
    if step == "door-up" and state.notice is not None and state.notice.code in _NO_DOOR:
        state = replace(state, notice=None)
    if state.page in BEFORE_OFFICE:
        return _on_its_way(state, busy)
    if state.page in ON_NETWORK and state.came_from in BEFORE_OFFICE:
        return replace(state, waiting=busy, session=None)
    if state.page is Page.STARTING:
        return replace(state, busy=busy)
    return replace(to_page(state, Page.STARTING), busy=busy, session=None)


def _on_its_way(state: State, waiting: str) -> State:
    """Leave the page to the person; what waits to be sent says how far it is, what was sent is typed anew."""
    return replace(state, waiting=waiting, busy=waiting if state.held else "", session=None)


def _first_pin_set(state: State, secret: str) -> State:
    if secret:
        return replace(to_page(state, Page.ENROL), secret=secret)
    return replace(to_page(state, Page.SIGN_IN), notice=own_notice("first-done", good=True))


def _pin_changed(state: State) -> State:
    """Back to the menu with the good news; nowhere else was it asked for."""
    if state.page is not Page.CHANGE_PIN:
        return state
    return replace(to_page(state, Page.MENU), notice=own_notice("pin-changed", good=True))


def _in_session(state: State, event: Reached) -> State:
    step = event.step
    if step == "office-account-wanted":
        return _account_wanted(state)
    if step in _GRACE:
        return _graced(state, event)
    if step == "pin-changed":
        return _pin_changed(state)
    if step == "session":
        return _uncovered(state)
    if step == "locked":
        return _lock(state)
    return state


def _lock(state: State) -> State:
    """Show the lock, ready for the PIN unless one is being proven."""
    if state.page is not Page.LOCK:
        return to_page(state, Page.LOCK)
    return state if state.unlocking else replace(state, busy="")


def _account_wanted(state: State) -> State:
    """Ask for the office PC's account: the first page of a session, where its owner hears of wrong PINs before it."""
    if state.locked:
        return _lock(state)
    session, notice = state.session, state.notice
    if session is not None and session.failures and not state.failures_told:
        notice = notice or _wrong_pins(state, session.failures)
    return replace(to_page(state, Page.OFFICE), notice=notice, failures_told=True)


def _wrong_pins(state: State, count: int) -> Notice:
    return in_both(
        lambda language: (
            word("failures-title", language, count=count),
            word("failures-next", language, help_desk=help_desk_named(state.help_desk, language)),
        )
    )


def _graced(state: State, event: Reached) -> State:
    """Say until when the work may go on unconfirmed; take it back once it is confirmed again."""
    if event.step == "grace-over":
        return replace(state, grace=None, notice=None if state.notice is state.grace else state.notice)
    until = datetime.fromtimestamp(int(event.detail) / 1000).astimezone().strftime("%H:%M")
    grace = own_notice("grace", time=until)
    return replace(state, grace=grace, notice=grace)


def _uncovered(state: State) -> State:
    """Show the desktop; a locked screen is opened only by an unlock that was asked for here."""
    if state.page in {Page.MENU, Page.CONFIRM_END}:
        return replace(state, busy="")
    if state.page is Page.CHANGE_PIN:
        return state
    if state.locked and not state.unlocking:
        return _lock(state)
    return replace(to_page(state, Page.DESKTOP), locked=False)


def _refused(state: State, event: Refused) -> State:
    state = replace(state, portal=state.portal and event.code is Code.CAPTIVE_PORTAL)
    if event.code in _NO_DOOR and (state.page in ON_NETWORK or state.busy == "busy-portal"):
        return state
    awaited = "" if event.code in opening.REFUSALS else state.opening
    factor = state.factor or event.code is Code.FACTOR_WANTED
    held = state.held and event.code in _NO_DOOR
    busy = state.busy if held else ""
    state = replace(state, busy=busy, held=held, unlocking=False, factor=factor, opening=awaited)
    if event.code in _QUIET:
        return state
    if event.code is Code.STICK_DAMAGED:
        state = to_page(state, Page.UNUSABLE)
    return replace(state, notice=refusal(event))
