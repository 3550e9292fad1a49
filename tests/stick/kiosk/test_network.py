"""The home's network as values: pages, acts, and names that anybody may send through the air."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanare_core.problems import Code
from hanare_stick import control_messages as control
from hanare_stick.control_messages import Network, Networks
from hanare_stick.kiosk import acts
from hanare_stick.kiosk.shown import MOST, shown
from hanare_stick.kiosk.state import Page, State
from tests.stick.kiosk.test_screens import OFFICE, at_desktop, did, refused, step, told

HOME = Network(name="ieno-wifi", kind="psk", bars=4)
OPEN = Network(name="cafe", kind="open", bars=1)
WORK = Network(name="eduroam", kind="8021x", bars=2)
KNOWN = Network(name="jikka", kind="psk", bars=3, known=True)
FOUND = Networks(radio=True, cable=False, networks=(HOME, OPEN, WORK, KNOWN))


def looked(state: State | None = None) -> State:
    """Return the state with the networks' page open and something found."""
    state, requests = did(state or told(OFFICE, step("agent-started")), acts.OpenNetworks())
    assert (requests, state.busy) == ([control.WifiScan()], "busy-scan")
    return told(FOUND, state=state)


def test_a_network_is_chosen_typed_and_joined() -> None:
    """From the starting page to the list, the password's page, and back with the good news."""
    state, _ = did(looked(), acts.ChooseNetwork(HOME))
    assert (state.page, state.chosen) == (Page.WIFI, HOME)
    state, requests = did(state, acts.JoinNetwork("", "himitsu", remember=True))
    assert requests == [control.WifiJoin(name="ieno-wifi", kind="psk", password="himitsu", remember=True)]
    state = told(step("wifi-joined", "ieno-wifi"), state=state)
    assert (state.page, state.busy) == (Page.STARTING, "")
    assert state.notice is not None
    assert state.notice.good


@pytest.mark.parametrize("code", [Code.WIFI_PASSWORD_WRONG, Code.WIFI_UNREACHABLE, Code.WIFI_ACCOUNT_REFUSED])
def test_a_refusal_stays_on_the_page(code: Code) -> None:
    """The sentence stands above the form, and it is the person's turn."""
    state, _ = did(looked(), acts.ChooseNetwork(HOME), acts.JoinNetwork("", "falsch", remember=False))
    state = told(refused(code), state=state)
    assert (state.page, state.busy) == (Page.WIFI, "")
    assert state.notice is not None
    assert state.notice.code == code.value


def test_the_missing_door_does_not_disturb_the_choice() -> None:
    """While the network is being chosen, the door's repeated sentence hides no other and ends no waiting."""
    state, _ = did(looked(), acts.ChooseNetwork(HOME), acts.JoinNetwork("", "himitsu", remember=False))
    after = told(refused(Code.DOOR_UNREACHABLE), state=state)
    assert after == state


@pytest.mark.parametrize("code", [Code.DOOR_UNREACHABLE, Code.CAPTIVE_PORTAL])
def test_the_missing_door_is_forgotten_once_it_is_there(code: Code) -> None:
    """The network came late: what was said of it until then is not true any more, on any page that follows."""
    missing = told(OFFICE, step("agent-started"), refused(code))
    assert missing.notice is not None
    assert told(step("door-up", "udp4"), step("ready"), state=missing).notice is None


def test_another_sentence_outlives_the_door() -> None:
    """Why a session ended is read after the way to the office was lost and found."""
    state = told(OFFICE, step("agent-started"), refused(Code.SUSPENDED), step("door-up", "udp4"), step("ready"))
    assert state.notice is not None
    assert state.notice.code == Code.SUSPENDED.value


@pytest.mark.parametrize(
    ("network", "act", "asks"),
    [
        (HOME, acts.JoinNetwork("", "", remember=False), False),
        (OPEN, acts.JoinNetwork("", "", remember=False), True),
        (KNOWN, acts.JoinNetwork("", "", remember=False), True),
        (WORK, acts.JoinNetwork("", "p", remember=False), False),
        (WORK, acts.JoinNetwork("u", "p", remember=False), True),
        (None, acts.JoinNetwork("", "p", remember=False, name=" "), False),
        (None, acts.JoinNetwork("", "", remember=False, name="open and hidden"), True),
    ],
)
def test_what_a_network_needs_is_filled_in(network: Network | None, act: acts.JoinNetwork, *, asks: bool) -> None:
    """A password, a user, a name: each where the network needs it and the stick does not know it."""
    state, requests = did(looked(), acts.ChooseNetwork(network), act)
    assert bool(requests) == asks
    assert (state.notice is None) == asks


def test_back_leads_where_it_came_from() -> None:
    """From the Wi-Fi page to the list, from the list to sign-in; a new search does not forget the way."""
    state = looked(told(OFFICE, step("ready")))
    state, _ = did(state, acts.ChooseNetwork(None), acts.LeaveNetwork())
    assert state.page is Page.NETWORK
    state, requests = did(state, acts.OpenNetworks())
    assert requests == [control.WifiScan()]
    state, _ = did(told(FOUND, state=state), acts.LeaveNetwork())
    assert state.page is Page.SIGN_IN


def test_no_network_page_opens_over_a_session() -> None:
    """Nothing about the network uncovers or covers an open session."""
    state, requests = did(at_desktop(), acts.OpenNetworks(), acts.ChooseNetwork(HOME), acts.LeaveNetwork())
    assert (state.page, requests) == (Page.DESKTOP, [])


def test_a_door_that_opens_leads_on() -> None:
    """Once the office is reached the page has done its work."""
    assert told(step("door-up"), step("ready"), state=looked()).page is Page.SIGN_IN


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("ieno-wifi", "ieno-wifi"),
        ("離れの家", "離れの家"),
        ("<b>a&amp;</b>", "<b>a&amp;</b>"),
        ("a\nb\x00\x1b", "a�b��"),
        ("\u202egnp.exe", "�gnp.exe"),
        ("a\u2028b\ue000", "a�b�"),
        ("e\u0301" * 3, "e�e�e�"),
    ],
)
def test_a_name_moves_nothing_around_it(name: str, written: str) -> None:
    """Letters stay, and what would break, turn or stack on the line becomes a mark."""
    assert shown(name) == written


@given(st.text(max_size=96))
def test_any_name_is_one_printable_line(name: str) -> None:
    """Whatever a radio sends, what is written is short and printable."""
    written = shown(name)
    assert len(written) <= MOST
    assert all(character == " " or character.isprintable() or character.isspace() for character in written)
    assert not set(written) & set("\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029\u202a\u202e\u2066\u200f")
