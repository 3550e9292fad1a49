"""What follows from an act on the pages of the home's network."""

from typing import Final

from msgspec.structs import replace

from hanare_stick import control_messages as control
from hanare_stick.kiosk import acts
from hanare_stick.kiosk.state import Page, State, to_page
from hanare_stick.kiosk.typed import Outcome, asked

NetworkAct = acts.OpenNetworks | acts.ChooseNetwork | acts.JoinNetwork | acts.LeaveNetwork

_OPENED_FROM: Final = frozenset({Page.STARTING, Page.SIGN_IN, Page.NETWORK})


def on_network(state: State, act: NetworkAct) -> Outcome:
    """Return what follows; on another page nothing does."""
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
    if state.page not in _OPENED_FROM or (state.busy and state.page is Page.SIGN_IN):
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
    return asked(state, "busy-wifi", request, *wanted)
