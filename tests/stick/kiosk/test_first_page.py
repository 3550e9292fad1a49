"""The first page is the sign-in or the tour: what is done on the way to the office is not lost."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from hanare_core import site, wire
from hanare_core.problems import Code
from hanare_stick import control_messages as control
from hanare_stick import remembered
from hanare_stick.control_messages import Networks, Office
from hanare_stick.kiosk import acts, asked_again, known, on_the_way
from hanare_stick.kiosk.state import Page, State
from tests.stick.kiosk.test_network import HOME
from tests.stick.kiosk.test_screens import OFFICE, OPENED, did, refused, step, told
from tests.stick.test_device import SITE

SIGNED = acts.SignIn("kikaku01", "749203")


def begun(*, tour_seen: bool = True) -> State:
    """Return the first state of a stick that has its files."""
    return on_the_way.known(State(), replace(OFFICE, tour_seen=tour_seen))


def test_one_types_while_the_stick_is_on_its_way() -> None:
    """The page stands and says how far it is; what is sent waits, is sent once, and is in no state."""
    state = begun()
    assert (state.page, state.user, state.busy, state.waiting) == (Page.SIGN_IN, "kikaku01", "", "starting-agent")
    state, requests = did(state, SIGNED)
    assert (requests, state.held, state.busy) == ([], True, "starting-agent")
    state = told(OFFICE, step("agent-started"), step("door-up"), state=state)
    assert (state.page, state.held, state.busy) == (Page.SIGN_IN, True, "starting-server")
    state = told(step("ready"), state=state)
    assert (state.busy, state.waiting, state.held) == ("", "", True)
    state, requests = did(replace(state, held=False), SIGNED)
    assert (requests, state.held) == ([control.SignIn(user="kikaku01", pin="749203")], False)


def test_what_is_missing_is_said_at_once() -> None:
    """An empty field does not wait for the office."""
    state, requests = did(begun(), acts.SignIn("kikaku01", ""))
    assert (requests, state.held, state.busy) == ([], False, "")
    assert state.notice is not None


@pytest.mark.parametrize(("code", "held"), [(Code.DOOR_UNREACHABLE, True), (Code.SUSPENDED, False)])
def test_a_late_network_keeps_what_waits(code: Code, *, held: bool) -> None:
    """The network may still come; another refusal is an answer, and the PIN is typed anew."""
    state, _ = did(begun(), SIGNED)
    state = told(refused(code), state=state)
    assert (state.held, bool(state.busy)) == (held, held)
    assert state.notice is not None


def test_the_tour_of_a_fresh_stick_is_remembered_by_a_late_agent() -> None:
    """It may be gone through before the agent is there; the agent hears of it when it comes."""
    state, _ = did(begun(tour_seen=False), *[acts.TourNext()] * 3)
    assert state.page is Page.SIGN_IN
    late = replace(OFFICE, tour_seen=False)
    state = told(late, state=state)
    assert asked_again.unheard(state, late) == (control.Remember(language="ja", keyboard="jis", tour_seen=True),)
    assert told(step("ready"), state=state).page is Page.SIGN_IN


def test_a_choice_before_the_agent_stays() -> None:
    """The office's own language holds until somebody chose; then the agent is told the choice."""
    english = replace(OFFICE, language="en")
    assert told(english, state=begun()).language == "en"
    state, _ = did(begun(), acts.ChooseKeyboard("us"))
    state = told(english, state=state)
    assert (state.language, state.keyboard) == ("ja", "us")
    assert asked_again.unheard(state, english) == (control.Remember(language="ja", keyboard="us", tour_seen=True),)


def test_a_lost_agent_leaves_the_page() -> None:
    """What was sent to it is typed anew; what had not been sent goes on waiting."""
    ready = told(OFFICE, step("ready"), state=begun())
    asked, _ = did(ready, SIGNED)
    gone = on_the_way.lost(asked)
    assert (gone.page, gone.busy, gone.waiting) == (Page.SIGN_IN, "", "starting-lost")
    waits, _ = did(begun(), SIGNED)
    assert on_the_way.lost(waits).held


def test_a_network_is_chosen_on_the_way() -> None:
    """The agent that comes late is asked to look for networks; what joins one waits for no office."""
    state, _ = did(begun(), acts.OpenNetworks())
    assert (state.page, state.busy) == (Page.NETWORK, "busy-scan")
    assert asked_again.unheard(told(OFFICE, state=state), OFFICE) == (control.WifiScan(),)
    state = told(step("agent-started"), Networks(radio=True, cable=False, networks=(HOME,)), state=state)
    assert (state.page, state.busy, state.waiting) == (Page.NETWORK, "", "starting-door")
    state, _ = did(state, acts.ChooseNetwork(HOME))
    state, requests = did(state, acts.JoinNetwork("", "himitsu", remember=False))
    assert [type(one) for one in requests] == [control.WifiJoin]
    assert told(step("door-up"), step("ready"), state=state).page is Page.SIGN_IN


@pytest.mark.parametrize("locked", [True, False])
def test_a_screen_that_comes_back_into_a_session_waits_for_nothing(*, locked: bool) -> None:
    """A kiosk that was killed finds the session open; after its end one signs in at once."""
    opened = replace(OPENED, locked=locked)
    state = told(OFFICE, opened, step("locked" if locked else "office-account-wanted"), state=begun())
    assert state.waiting == ""
    state = told(refused(Code.DESKTOP_ENDED), step("ready"), state=state)
    assert (state.page, state.busy, state.waiting) == (Page.SIGN_IN, "", "")
    _, requests = did(state, SIGNED)
    assert requests == [control.SignIn(user="kikaku01", pin="749203")]


def test_a_hotels_page_leads_back() -> None:
    """It is offered where one signs in, and that page stands again when the network has let the stick out."""
    state = told(step("portal"), refused(Code.CAPTIVE_PORTAL), state=begun())
    state, requests = did(state, acts.OpenPortal())
    assert (requests, state.busy) == ([control.Portal()], "busy-portal")
    state = told(step("portal-open"), state=state)
    assert state.page is Page.PORTAL
    state = told(step("portal-closed"), state=state)
    assert (state.page, state.busy, state.waiting, state.portal) == (Page.SIGN_IN, "", "starting-door", False)


def test_a_network_page_leads_back_when_the_agent_is_lost() -> None:
    """Nothing answers there any more; the page before it says what is waited for."""
    state, _ = did(begun(), acts.OpenNetworks())
    state = on_the_way.lost(state)
    assert (state.page, state.waiting) == (Page.SIGN_IN, "starting-lost")


def test_switching_off_waits_for_the_agent() -> None:
    """Who switches off before the agent is there has not done so in vain."""
    state, _ = did(begun(), acts.PowerOff())
    assert asked_again.unheard(told(OFFICE, state=state), OFFICE) == (control.PowerOff(),)


def test_the_sticks_own_files_are_read(tmp_path: Path) -> None:
    """Without them, or with broken ones, nothing is known, and the page says that the stick starts."""
    assert known.office(tmp_path) is None
    (tmp_path / site.SITE_FILE).write_bytes(b"{}")
    assert known.office(tmp_path) is None
    told_site = SITE
    (tmp_path / site.SITE_FILE).write_bytes(wire.encode(told_site))
    fresh = Office(organisation=told_site.organisation_name, help_desk=told_site.help_desk)
    assert known.office(tmp_path) == fresh
    remembered.write(tmp_path, remembered.Remembered(user="kikaku01", language="en", keyboard="us", tour_seen=True))
    kept = replace(fresh, user="kikaku01", language="en", keyboard="us", tour_seen=True)
    assert known.office(tmp_path) == kept
