"""What follows from what a person typed to prove who they are: a request to the agent, or a word about what is missing.

What was typed travels in the act and in the request, never in the state.
"""

import re
from typing import Final

from msgspec.structs import replace

from hanare_stick import control_messages as control
from hanare_stick.control_messages import Request
from hanare_stick.kiosk import acts
from hanare_stick.kiosk.notices import own_notice
from hanare_stick.kiosk.state import Page, State

Outcome = tuple[State, tuple[Request, ...]]
"""The next state, and what is asked of the agent."""

Typed = acts.SignIn | acts.FirstPin | acts.ChangePin | acts.Connect | acts.Unlock

_FACTOR: Final = re.compile(r"[0-9]{6}")


def typed(state: State, act: Typed) -> Outcome:
    """Return what follows; on another page nothing does."""
    match act:
        case acts.SignIn() if state.page is Page.SIGN_IN:
            return _sign_in(state, act)
        case acts.FirstPin() if state.page is Page.FIRST_PIN:
            return _first_pin(state, act)
        case acts.ChangePin() if state.page is Page.CHANGE_PIN:
            return _change_pin(state, act)
        case acts.Connect() if state.page is Page.OFFICE:
            request = control.OfficeAccount(user=act.user, password=act.password)
            return asked(state, "busy-desktop", request, act.user, act.password)
        case acts.Unlock() if state.page is Page.LOCK:
            state, requests = asked(state, "busy-pin", control.Unlock(pin=act.pin), act.pin)
            return replace(state, unlocking=bool(requests)), requests
        case _:
            return state, ()


def _sign_in(state: State, act: acts.SignIn) -> Outcome:
    factor = act.factor.strip()
    if _code_lacks(state, factor):
        return replace(state, notice=own_notice("factor-shape")), ()
    user = act.user.strip()
    request = control.SignIn(user=user, pin=act.pin, totp=factor)
    return _asked_there(replace(state, user=user), "busy-pin", request, user, act.pin)


def _first_pin(state: State, act: acts.FirstPin) -> Outcome:
    if act.pin != act.again:
        return replace(state, notice=own_notice("pins-differ")), ()
    user = act.user.strip()
    request = control.FirstPin(user=user, code=act.code.strip(), pin=act.pin, security_key=act.security_key)
    return _asked_there(replace(state, user=user), "busy-pin", request, user, act.code.strip(), act.pin)


def _change_pin(state: State, act: acts.ChangePin) -> Outcome:
    factor = act.factor.strip()
    if _code_lacks(state, factor):
        return replace(state, notice=own_notice("factor-shape")), ()
    if act.new_pin != act.again:
        return replace(state, notice=own_notice("pins-differ")), ()
    request = control.ChangePin(pin=act.pin, new_pin=act.new_pin, totp=factor)
    return asked(state, "busy-pin", request, act.pin, act.new_pin)


def _code_lacks(state: State, typed: str) -> bool:
    """Say whether a code is wanted and this is none; who may touch a security key leaves it empty."""
    empty_will_do = not typed and state.takes_key
    return state.factor and not empty_will_do and not _FACTOR.fullmatch(typed)


def asked(state: State, busy: str, request: Request, *fields: str) -> Outcome:
    """Ask the agent, and say so while it works; a field that was left empty is named instead."""
    if not all(fields):
        return replace(state, notice=own_notice("empty")), ()
    return replace(state, busy=busy, notice=None), (request,)


def _asked_there(state: State, busy: str, request: Request, *fields: str) -> Outcome:
    """Ask what the office alone can answer; on the way there it waits, and whoever holds the act brings it again."""
    state, requests = asked(state, busy, request, *fields)
    if requests and state.waiting:
        return replace(state, busy=state.waiting, held=True), ()
    return state, requests
