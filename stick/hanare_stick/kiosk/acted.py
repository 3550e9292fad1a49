"""What follows from an act: a pure function from state and act to the next state and what is asked of the agent.

What was typed travels in the act and in the request, never in the state.
"""

import re
from dataclasses import replace
from typing import Final

from hanare_stick import control_messages as control
from hanare_stick.control_messages import Request
from hanare_stick.kiosk import acts
from hanare_stick.kiosk.acts import Act
from hanare_stick.kiosk.heard import own_notice
from hanare_stick.kiosk.state import IN_SESSION, ON_NETWORK, TOUR_STEPS, Notice, Page, State, to_page
from hanare_stick.kiosk.words import LANGUAGES, duration, word

Outcome = tuple[State, tuple[Request, ...]]

_FACTOR: Final = re.compile(r"[0-9]{6}")

_REACHABLE: Final = {
    Page.FIRST_PIN: frozenset({Page.SIGN_IN}),
    Page.SIGN_IN: frozenset({Page.FIRST_PIN, Page.ENROL, Page.TOUR}),
    Page.TOUR: frozenset({Page.SIGN_IN}),
    Page.MENU: frozenset({Page.DESKTOP, Page.CONFIRM_END, Page.CHANGE_PIN}),
    Page.CHANGE_PIN: frozenset({Page.MENU}),
    Page.CONFIRM_END: frozenset({Page.DESKTOP, Page.MENU}),
}
"""From where each page can be opened by the person."""

_NETWORK_FROM: Final = frozenset({Page.STARTING, Page.SIGN_IN, Page.NETWORK})

_REACHABLE_FROM_DESKTOP: Final = frozenset({Page.MENU, Page.CONFIRM_END})


def acted(state: State, act: Act) -> Outcome:
    """Return what follows from the act; an act that does not fit the screen changes nothing."""
    if isinstance(act, acts.SignIn | acts.FirstPin | acts.ChangePin | acts.Connect | acts.Unlock):
        return (state, ()) if state.busy else _entered(state, act)
    if isinstance(act, acts.OpenNetworks | acts.ChooseNetwork | acts.JoinNetwork | acts.LeaveNetwork):
        return (state, ()) if state.busy and state.page in ON_NETWORK else _network_act(state, act)
    if isinstance(act, acts.Lock | acts.End | acts.Open | acts.Resume):
        return _session_act(state, act)
    return _anywhere(state, act)


def ticked(state: State, now: float) -> State:
    """Return the state at this time: once, `notice_s` before the end, the person is told."""
    session = state.session
    if session is None or state.warned or not 0 < state.ends_at - now <= session.notice_s:
        return state
    left = session.notice_s
    said = {language: duration(left, language) for language in LANGUAGES}
    notice = Notice(
        (word("hours-title", "ja", time=said["ja"]), word("hours-next", "ja")),
        (word("hours-title", "en", time=said["en"]), word("hours-next", "en")),
    )
    return replace(state, warned=True, notice=notice)


def _anywhere(state: State, act: Act) -> Outcome:
    match act:
        case acts.ChooseLanguage():
            return _remember(replace(state, language=act.language))
        case acts.ChooseKeyboard():
            return _remember(replace(state, keyboard=act.keyboard))
        case acts.TourNext():
            return _tour_next(state)
        case acts.Go():
            return _go(state, act.page), ()
        case acts.PowerOff():
            return replace(state, busy="busy-ending"), (control.PowerOff(),)
        case _:
            return _answer(state, agreed=isinstance(act, acts.Agree))


def _go(state: State, page: Page) -> State:
    if state.page not in _REACHABLE.get(page, frozenset()) or state.busy:
        return state
    return replace(to_page(state, page), tour_step=1)


def _answer(state: State, *, agreed: bool) -> Outcome:
    """Take the notice away, or the oldest message; a yes is one only to a message that asks."""
    if state.notice is not None:
        return replace(state, notice=None), ()
    read = tuple(control.NoteRead(note=one.note, agreed=agreed and one.diagnostics) for one in state.notes[:1])
    return replace(state, notes=state.notes[1:]), read


def _tour_next(state: State) -> Outcome:
    if state.page is not Page.TOUR:
        return state, ()
    if state.tour_step < TOUR_STEPS:
        return replace(state, tour_step=state.tour_step + 1), ()
    return _remember(to_page(state, Page.SIGN_IN), tour_seen=True)


def _remember(state: State, *, tour_seen: bool = False) -> Outcome:
    seen = tour_seen or (state.office is not None and state.office.tour_seen)
    wish = control.Remember(language=state.language, keyboard=state.keyboard, tour_seen=seen)
    return state, (wish,)


def _entered(state: State, act: acts.SignIn | acts.FirstPin | acts.ChangePin | acts.Connect | acts.Unlock) -> Outcome:
    match act:
        case acts.SignIn() if state.page is Page.SIGN_IN:
            return _sign_in(state, act)
        case acts.FirstPin() if state.page is Page.FIRST_PIN:
            return _first_pin(state, act)
        case acts.ChangePin() if state.page is Page.CHANGE_PIN:
            return _change_pin(state, act)
        case acts.Connect() if state.page is Page.OFFICE:
            request = control.OfficeAccount(user=act.user, password=act.password)
            return _asked(state, "busy-desktop", request, act.user, act.password)
        case acts.Unlock() if state.page is Page.LOCK:
            state, requests = _asked(state, "busy-pin", control.Unlock(pin=act.pin), act.pin)
            return replace(state, unlocking=bool(requests)), requests
        case _:
            return state, ()


def _sign_in(state: State, act: acts.SignIn) -> Outcome:
    factor = act.factor.strip()
    if _code_lacks(state, factor):
        return replace(state, notice=own_notice("factor-shape")), ()
    user = act.user.strip()
    request = control.SignIn(user=user, pin=act.pin, totp=factor)
    return _asked(replace(state, user=user), "busy-pin", request, user, act.pin)


def _first_pin(state: State, act: acts.FirstPin) -> Outcome:
    if act.pin != act.again:
        return replace(state, notice=own_notice("pins-differ")), ()
    user = act.user.strip()
    request = control.FirstPin(user=user, code=act.code.strip(), pin=act.pin, security_key=act.security_key)
    return _asked(replace(state, user=user), "busy-pin", request, user, act.code.strip(), act.pin)


def _change_pin(state: State, act: acts.ChangePin) -> Outcome:
    factor = act.factor.strip()
    if _code_lacks(state, factor):
        return replace(state, notice=own_notice("factor-shape")), ()
    if act.new_pin != act.again:
        return replace(state, notice=own_notice("pins-differ")), ()
    request = control.ChangePin(pin=act.pin, new_pin=act.new_pin, totp=factor)
    return _asked(state, "busy-pin", request, act.pin, act.new_pin)


def _code_lacks(state: State, typed: str) -> bool:
    """Say whether a code is wanted and this is none; who may touch a security key leaves it empty."""
    empty_will_do = not typed and state.takes_key
    return state.factor and not empty_will_do and not _FACTOR.fullmatch(typed)


def _asked(state: State, busy: str, request: Request, *typed: str) -> Outcome:
    if not all(typed):
        return replace(state, notice=own_notice("empty")), ()
    return replace(state, busy=busy, notice=None), (request,)


def _session_act(state: State, act: Act) -> Outcome:
    if state.page not in IN_SESSION:
        return state, ()
    match act:
        case acts.Lock() if state.page is not Page.LOCK:
            return to_page(state, Page.LOCK), (control.Lock(),)
        case acts.End():
            return replace(state, busy="busy-ending"), (control.End(idle=act.idle),)
        case acts.Open() if state.page is Page.MENU:
            return to_page(state, Page.DESKTOP), (control.Function(application=act.application),)
        case acts.Resume():
            return (to_page(state, Page.DESKTOP) if state.page in _REACHABLE_FROM_DESKTOP else state), ()
        case _:
            return state, ()


def _network_act(state: State, act: Act) -> Outcome:
    match act:
        case acts.OpenNetworks():
            return _open_networks(state)
        case acts.ChooseNetwork() if state.page is Page.NETWORK:
            return replace(to_page(state, Page.WIFI), chosen=act.network), ()
        case acts.JoinNetwork() if state.page is Page.WIFI:
            return _join(state, act)
        case acts.LeaveNetwork() if state.page is Page.WIFI:
            return to_page(state, Page.NETWORK), ()
        case acts.LeaveNetwork() if state.page is Page.NETWORK:
            return to_page(state, state.came_from), ()
        case _:
            return state, ()


def _open_networks(state: State) -> Outcome:
    if state.page not in _NETWORK_FROM or (state.busy and state.page is Page.SIGN_IN):
        return state, ()
    came_from = state.came_from if state.page is Page.NETWORK else state.page
    return replace(to_page(state, Page.NETWORK), came_from=came_from, busy="busy-scan"), (control.WifiScan(),)


def _join(state: State, act: acts.JoinNetwork) -> Outcome:
    chosen = state.chosen
    name, kind = (chosen.name, chosen.kind) if chosen is not None else (act.name.strip(), "psk")
    known = chosen is not None and chosen.known and not act.password
    wanted = [name, *([act.user] if kind == "8021x" and not known else [])]
    if kind != "open" and chosen is not None and not known:
        wanted.append(act.password)
    request = control.WifiJoin(
        name=name, kind=kind, hidden=chosen is None, user=act.user, password=act.password, remember=act.remember
    )
    return _asked(state, "busy-wifi", request, *wanted)
