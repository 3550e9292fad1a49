"""A web application that was chosen and whose window has not come yet: the menu says so until it comes or fails."""

from math import inf, isfinite
from typing import Final

from msgspec.structs import replace

from hanare_core.problems import Code
from hanare_core.sentences import help_desk_named
from hanare_core.web_application import NAME_CHARACTERS
from hanare_stick import control_messages as control
from hanare_stick.control_messages import Reached, Tile
from hanare_stick.kiosk.notices import in_both
from hanare_stick.kiosk.shown import shown
from hanare_stick.kiosk.state import Page, State, to_page
from hanare_stick.kiosk.typed import Outcome
from hanare_stick.kiosk.words import Language, word

OPENING_S: Final = 180.0
"""A browser that shows no window for so long has failed; a cold start on a slow PC takes a third of it."""

STEPS: Final = frozenset({"function", "function-ended"})

REFUSALS: Final = frozenset({Code.FUNCTION_FAILED, Code.NOT_PERMITTED, Code.OUT_OF_ORDER})
"""The agent's answers after which no window comes."""


def chosen(state: State, application: str) -> Outcome:
    """Wait for its window; the office PC's is there already, and a second press starts nothing."""
    if state.page is not Page.MENU or (application and application == state.opening):
        return state, ()
    request = (control.Function(application=application),)
    if not application:
        return to_page(state, Page.DESKTOP), request
    return replace(state, opening=application, opens_by=inf, notice=None), request


def told(state: State, event: Reached, now: float) -> State:
    """Return the state after one of the agent's `STEPS`: one that has ended without a window did not open."""
    if not state.opening or event.detail != state.opening:
        return state
    return _failed(state) if event.step == "function-ended" else replace(state, opens_by=now + OPENING_S)


def awaited(state: State) -> str:
    """Return the application whose window may come to the front now: the agent has answered."""
    return state.opening if isfinite(state.opens_by) else ""


def came(state: State) -> State:
    """Return the state with the window in front."""
    return to_page(state, Page.DESKTOP)


def ticked(state: State, now: float) -> State:
    """Return the state at this time: a window that does not come is not waited for without end."""
    return _failed(state) if state.opening and now > state.opens_by else state


def name(state: State, application: str, language: Language) -> str:
    """Return what the application's tile says."""
    tiles = state.session.tiles if state.session is not None else ()
    return next((label(tile, language) for tile in tiles if tile.id == application), application)


def label(tile: Tile, language: Language) -> str:
    """Return what the tile says."""
    return shown(tile.ja if language == "ja" else tile.en, NAME_CHARACTERS)


def _failed(state: State) -> State:
    def said(language: Language) -> tuple[str, str]:
        called = name(state, state.opening, language)
        help_desk = help_desk_named(state.help_desk, language)
        return word("unopened-title", language, name=called), word("unopened-next", language, help_desk=help_desk)

    return replace(state, opening="", notice=in_both(said))
