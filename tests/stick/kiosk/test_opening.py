"""A web application that was chosen: the menu says that it is awaited, until its window comes or it has failed."""

import pytest
from msgspec.structs import replace

from hanare_core.problems import Code
from hanare_stick import control_messages as control
from hanare_stick.control_messages import Tile
from hanare_stick.kiosk import acts, opening
from hanare_stick.kiosk.on_the_way import lost
from hanare_stick.kiosk.state import Page, State
from hanare_stick.kiosk.words import LANGUAGES
from tests.stick.kiosk.test_screens import NOW, OPENED, at_desktop, did, refused, step, told

CHAT = Tile(id="chat", ja="チャット", en="Chat")


def menu() -> State:
    return did(told(replace(OPENED, tiles=(CHAT,)), state=at_desktop()), acts.Go(Page.MENU))[0]


def awaited() -> State:
    """Return the menu after its tile was pressed and the agent has answered."""
    return told(step("function", "chat"), state=did(menu(), acts.Open("chat"))[0])


def test_the_menu_stays_until_the_window_is_there() -> None:
    """The press asks once, however often it is repeated; the window uncovers, but not before the agent's answer."""
    state, requests = did(menu(), acts.Open("chat"), acts.Open("chat"))
    assert requests == [control.Function(application="chat")]
    assert (state.page, state.opening, opening.awaited(state)) == (Page.MENU, "chat", "")
    state = told(step("function", "chat"), state=state)
    assert opening.awaited(state) == "chat"
    assert (opening.came(state).page, opening.came(state).opening) == (Page.DESKTOP, "")


@pytest.mark.parametrize("act", [acts.Open(), acts.Lock(), acts.Go(Page.CONFIRM_END)])
def test_whoever_leaves_the_menu_waits_no_more(act: acts.Act) -> None:
    """The office PC, the lock and the end take the place of what was awaited; its end is no news then."""
    state, _ = did(awaited(), act)
    assert (state.opening, opening.awaited(state)) == ("", "")
    assert told(step("function-ended", "chat"), state=state).notice is None


@pytest.mark.parametrize("how", ["ended", "overdue"])
def test_one_that_does_not_open_is_told_with_whom_to_call(how: str) -> None:
    """No window before its end, or none at all: the name, what to do and the number; it can be tried again."""
    state = awaited()
    assert opening.ticked(state, NOW + opening.OPENING_S) is state
    failed = told(step("function-ended", "chat"), state=state)
    if how == "overdue":
        failed = opening.ticked(state, NOW + opening.OPENING_S + 1)
    assert (failed.page, failed.opening) == (Page.MENU, "")
    assert failed.notice is not None
    for language, name in zip(LANGUAGES, ("チャット", "Chat"), strict=True):
        title, following = failed.notice.said(language)
        assert name in title
        assert "0123-45-6789" in following
    again, requests = did(failed, acts.Open("chat"))
    assert (again.notice, requests) == (None, [control.Function(application="chat")])


def test_another_s_end_changes_nothing() -> None:
    """Only the end of the application that is awaited says that it failed."""
    assert told(step("function-ended", "mail"), state=awaited()) == awaited()


@pytest.mark.parametrize("code", [Code.FUNCTION_FAILED, Code.NOT_PERMITTED])
def test_a_refusal_ends_the_waiting(code: Code) -> None:
    """The agent's sentence stands above the menu; anything else that is told meanwhile ends nothing."""
    state = told(refused(code), state=awaited())
    assert (state.opening, state.notice is not None) == ("", True)
    assert told(refused(Code.DESKTOP_CRASHED), state=awaited()).opening == "chat"


def test_a_lost_agent_ends_the_waiting() -> None:
    """Whether anything was started nobody knows then; the tile can be pressed again."""
    assert lost(awaited()).opening == ""
