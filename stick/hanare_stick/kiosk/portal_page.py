"""A network's own sign-in page, as the kiosk sees it: offered, open beneath a warning, covered again."""

from typing import Final

from msgspec.structs import replace

from hanare_stick import control_messages as control
from hanare_stick.kiosk import acts
from hanare_stick.kiosk.state import Page, State, to_page
from hanare_stick.kiosk.typed import Outcome

PortalAct = acts.OpenPortal | acts.ClosePortal

STEPS: Final = frozenset({"portal", "portal-open", "portal-closed"})


def on_portal(state: State, act: PortalAct) -> Outcome:
    """Return what follows; on another page nothing does."""
    match act:
        case acts.OpenPortal() if state.page in {Page.STARTING, Page.SIGN_IN} and state.portal:
            return replace(state, busy="busy-portal"), (control.Portal(),)
        case acts.ClosePortal() if state.page is Page.PORTAL:
            return _closed(state), (control.PortalClose(),)
        case _:
            return state, ()


def told(state: State, step: str) -> State:
    """Return the state after the agent's step; with a session beneath, the cover stays."""
    if step == "portal":
        return replace(state, portal=True)
    if step == "portal-open":
        return to_page(state, Page.PORTAL) if state.session is None else state
    state = replace(state, portal=False)
    if state.page is Page.PORTAL or state.busy == "busy-portal":
        return _closed(state)
    return state


def _closed(state: State) -> State:
    """Stand again where it was opened from: the door may be found now."""
    if state.waiting:
        return replace(to_page(state, Page.SIGN_IN), waiting="starting-door")
    return replace(to_page(state, Page.STARTING), busy="starting-door")
