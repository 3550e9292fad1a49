"""What the agent tells changes the screen: a pure function from state and event to state."""

from datetime import datetime
from typing import Final

from msgspec.structs import replace

from hanare_core.problems import Code
from hanare_core.sentences import help_desk_named
from hanare_stick.control_messages import AnyEvent, Levels, Line, Networks, Note, Office, Opened, Reached, Refused
from hanare_stick.kiosk import on_the_way, opening, portal_page
from hanare_stick.kiosk.notices import in_both, own_notice, refusal
from hanare_stick.kiosk.shown import shown
from hanare_stick.kiosk.state import ON_NETWORK, Notice, Page, State, to_page
from hanare_stick.kiosk.words import word

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

_GRACE: Final = frozenset({"grace", "grace-over"})

UNREAD_NOTES: Final = 10
"""More messages than these push out the oldest: a person who reads nothing is not served by a longer pile."""

_QUIET: Final = frozenset({Code.OUT_OF_ORDER, Code.ENDED_BY_USER})
"""The person's own doing, or two keys pressed at once: nothing to read."""


def heard(state: State, event: AnyEvent, now: float) -> State:
    """Return the state after the event; `now` is in monotonic seconds."""
    match event:
        case Office():
            return on_the_way.office(state, event)
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


def _note(state: State, note: Note) -> State:
    """Put it last, unless it stands there already: a new connection to the agent brings it again."""
    if note in state.notes:
        return state
    return replace(state, notes=(*state.notes, note)[-UNREAD_NOTES:])


def _opened(state: State, session: Opened, now: float) -> State:
    ends_at = now + session.ends_in_ms / 1000
    warned = state.warned and state.session is not None
    state = replace(state, waiting="", session=session, ends_at=ends_at, warned=warned)
    if (session.locked or state.locked) and state.page is not Page.LOCK:
        return to_page(state, Page.LOCK)
    return to_page(state, Page.STARTING) if state.page is Page.PORTAL else state


def _reached(state: State, event: Reached, now: float) -> State:
    step = event.step
    if step == "ready":
        return on_the_way.arrived(state)
    if step in on_the_way.STEPS:
        return on_the_way.started(state, step)
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
    if event.code in on_the_way.NO_DOOR and (state.page in ON_NETWORK or state.busy == "busy-portal"):
        return state
    awaited = "" if event.code in opening.REFUSALS else state.opening
    factor = state.factor or event.code is Code.FACTOR_WANTED
    held = state.held and event.code in on_the_way.NO_DOOR
    busy = state.busy if held else ""
    state = replace(state, busy=busy, held=held, unlocking=False, factor=factor, opening=awaited)
    if event.code in _QUIET:
        return state
    if event.code is Code.STICK_DAMAGED:
        state = to_page(state, Page.UNUSABLE)
    return replace(state, notice=refusal(event))
