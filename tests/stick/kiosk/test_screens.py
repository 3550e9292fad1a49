"""The kiosk's screens as values: what the agent says and what the person does, without a screen."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hanare_core.problems import Code, Problem
from hanare_stick import control_messages as control
from hanare_stick.control_messages import AnyEvent, Line, Note, Office, Opened, Reached
from hanare_stick.kiosk import acts
from hanare_stick.kiosk.acted import acted
from hanare_stick.kiosk.acts import Act
from hanare_stick.kiosk.asked_again import unheard
from hanare_stick.kiosk.heard import UNREAD_NOTES, heard
from hanare_stick.kiosk.hours import ticked
from hanare_stick.kiosk.on_the_way import lost
from hanare_stick.kiosk.state import BARE, IN_SESSION, UNCOVERED, Page, State
from hanare_stick.kiosk.words import LANGUAGES

NOW = 1000.0
OFFICE = Office(organisation="離れ市", help_desk="0123-45-6789", user="kikaku01", tour_seen=True)
OPENED = Opened(user="企画課 太郎", office_pc="pc1", ends_in_ms=3_600_000, notice_s=600)


def step(name: str, detail: str = "") -> Reached:
    return Reached(step=name, at_ns=0, detail=detail)


def refused(code: Code) -> control.Refused:
    return control.refused(Problem(code), at_ns=0, help_desk="0123-45-6789")


def told(*events: AnyEvent, state: State | None = None) -> State:
    state = state or State()
    for event in events:
        state = heard(state, event, NOW)
    return state


def at_desktop() -> State:
    return told(OFFICE, step("ready"), OPENED, step("desktop-started"), step("session"))


def did(state: State, *done: Act) -> tuple[State, list[control.Request]]:
    requests: list[control.Request] = []
    for act in done:
        state, asked = acted(state, act)
        requests += asked
    return state, requests


def test_from_power_on_to_the_desktop() -> None:
    """Starting, sign-in with the remembered name, the office password, then the bare desktop."""
    state = told(OFFICE, step("agent-started"), step("door-up"))
    assert (state.page, state.busy) == (Page.STARTING, "starting-server")
    state = told(step("ready"), state=state)
    assert (state.page, state.user) == (Page.SIGN_IN, "kikaku01")
    state, requests = did(state, acts.SignIn("kikaku01", "749203"))
    assert requests == [control.SignIn(user="kikaku01", pin="749203")]
    state = told(step("begin"), step("confirm"), OPENED, step("office-account-wanted"), state=state)
    assert (state.page, state.busy, state.notice) == (Page.OFFICE, "", None)
    state, requests = did(state, acts.Connect("kikaku01", "himitsu"))
    assert requests == [control.OfficeAccount(user="kikaku01", password="himitsu")]
    state = told(step("desktop-started"), step("session"), state=state)
    assert (state.page, state.busy) == (Page.DESKTOP, "")


def test_the_owner_hears_once_of_wrong_pins_before_the_sign_in() -> None:
    """The page after the sign-in says how many and whom to call, in both languages; it is said once."""
    tried = replace(OPENED, failures=3)
    state = told(OFFICE, step("ready"), step("begin"), tried, step("office-account-wanted"))
    assert state.notice is not None
    for language in LANGUAGES:
        title, following = state.notice.said(language)
        assert "3" in title
        assert "0123-45-6789" in following
    state, _ = did(state, acts.Connect("kikaku01", "himitsu"))
    state = told(step("desktop-started"), step("session"), step("office-account-wanted"), state=state)
    assert (state.page, state.notice) == (Page.OFFICE, None)
    assert told(OFFICE, step("ready"), OPENED, step("office-account-wanted")).notice is None


def test_a_session_that_goes_on_unconfirmed_says_until_when() -> None:
    """A notice over the desktop names the time; it goes when the server answers again, and takes no other one along."""
    until = datetime(2026, 11, 26, 15, 20).astimezone()
    state = told(step("grace", str(int(until.timestamp() * 1000))), state=at_desktop())
    assert state.notice is not None
    assert all("15:20" in state.notice.said(language)[1] for language in LANGUAGES)
    assert told(step("grace-over", "0"), state=state).notice is None
    other = told(refused(Code.FUNCTION_FAILED), state=state)
    assert told(step("grace-over", "0"), state=other).notice == other.notice


def test_a_first_start_shows_the_tour_once() -> None:
    """On a stick that nobody used, three steps come before the sign-in, and are remembered."""
    state = told(replace_office(tour_seen=False), step("ready"))
    assert state.page is Page.TOUR
    state, requests = did(state, acts.TourNext(), acts.TourNext())
    assert (state.tour_step, requests) == (3, [])
    state, requests = did(state, acts.TourNext())
    assert state.page is Page.SIGN_IN
    assert requests == [control.Remember(language="ja", keyboard="jis", tour_seen=True)]


def replace_office(*, tour_seen: bool) -> Office:
    return Office(organisation="離れ市", help_desk="0123-45-6789", tour_seen=tour_seen)


def test_language_and_keyboard_are_chosen_before_any_secret() -> None:
    """Both can be switched on every covered page, and the stick remembers them."""
    state, requests = did(told(OFFICE, step("ready")), acts.ChooseLanguage("en"), acts.ChooseKeyboard("us"))
    assert (state.language, state.keyboard) == ("en", "us")
    assert requests[-1] == control.Remember(language="en", keyboard="us", tour_seen=True)


@pytest.mark.parametrize(
    "code",
    [
        Code.DESKTOP_PASSWORD_WRONG,
        Code.DESKTOP_PASSWORD_EXPIRED,
        Code.DESKTOP_PASSWORD_MUST_CHANGE,
        Code.DESKTOP_ACCOUNT_LOCKED,
    ],
)
def test_a_refused_office_account_is_asked_for_again(code: Code) -> None:
    """The session stays; the page says which of the reasons it was, with the help desk's number."""
    state = told(OFFICE, step("ready"), OPENED, step("office-account-wanted"))
    state, _ = did(state, acts.Connect("kikaku01", "falsch"))
    state = told(step("desktop-started"), step("session"), refused(code), step("office-account-wanted"), state=state)
    assert state.page is Page.OFFICE
    assert state.notice is not None
    assert state.notice.code == code.value
    assert all(state.notice.said(language) != ("", "") for language in ("ja", "en"))


def test_the_second_factor_is_asked_for_when_it_is_wanted() -> None:
    """After `factor-wanted` the form has the code's field; anything but six digits is refused on the spot."""
    state = told(OFFICE, step("ready"), refused(Code.FACTOR_WANTED))
    assert state.factor
    state, requests = did(state, acts.SignIn("kikaku01", "749203", "12345"))
    assert requests == []
    assert state.notice is not None
    _, requests = did(state, acts.SignIn("kikaku01", "749203", " 123456 "))
    assert requests == [control.SignIn(user="kikaku01", pin="749203", totp="123456")]


def test_a_security_key_may_take_the_codes_place() -> None:
    """Where the office takes either, an empty code asks for the key, a wrong one is refused, and one may choose."""
    either = replace(OFFICE, factor=True, security_key=True)
    state = told(either, step("ready"))
    assert (state.factor, state.chooses_factor) == (True, True)
    _, requests = did(state, acts.SignIn("kikaku01", "749203", ""))
    assert requests == [control.SignIn(user="kikaku01", pin="749203", totp="")]
    assert did(state, acts.SignIn("kikaku01", "749203", "12345"))[1] == []
    assert did(told(replace(OFFICE, factor=True), step("ready")), acts.SignIn("kikaku01", "749203", ""))[1] == []
    state, _ = did(state, acts.Go(Page.FIRST_PIN))
    _, requests = did(state, acts.FirstPin("kikaku01", "ABCD", "749203", "749203", security_key=True))
    assert requests == [control.FirstPin(user="kikaku01", code="ABCD", pin="749203", security_key=True)]


def test_nothing_is_sent_twice_or_empty() -> None:
    """A second Enter while the agent works, and an empty field, ask for nothing."""
    state = told(OFFICE, step("ready"))
    state, requests = did(state, acts.SignIn("kikaku01", ""))
    assert (requests, state.busy) == ([], "")
    _, requests = did(state, acts.SignIn("kikaku01", "749203"), acts.SignIn("kikaku01", "749203"))
    assert len(requests) == 1


def test_two_different_pins_set_none() -> None:
    """A first PIN that was mistyped once is asked for again."""
    state, _ = did(told(OFFICE, step("ready")), acts.Go(Page.FIRST_PIN))
    state, requests = did(state, acts.FirstPin("kikaku01", "ABCD", "749203", "749204"))
    assert requests == []
    assert state.notice is not None
    state, requests = did(state, acts.FirstPin("kikaku01", "ABCD", "749203", "749203"))
    assert requests == [control.FirstPin(user="kikaku01", code="ABCD", pin="749203")]
    state = told(step("first-pin-set"), step("ready"), state=state)
    assert state.page is Page.SIGN_IN
    assert state.notice is not None
    assert state.notice.good


def test_a_factor_s_secret_is_shown_once() -> None:
    """After the first PIN the secret stands on its own page and is gone with it."""
    state = told(step("first-pin-set", "ABCDEFGH"), step("ready"), state=State(page=Page.FIRST_PIN, office=OFFICE))
    assert (state.page, state.secret) == (Page.ENROL, "ABCDEFGH")
    state, _ = did(state, acts.Go(Page.SIGN_IN))
    assert state.secret == ""


def test_the_office_pc_s_tile_is_chosen_from_the_menu_alone() -> None:
    """It asks for its function and uncovers; elsewhere, the lock screen included, it asks for nothing."""
    state, requests = did(at_desktop(), acts.Go(Page.MENU), acts.Open())
    assert (state.page, requests) == (Page.DESKTOP, [control.Function()])
    assert did(at_desktop(), acts.Open())[1] == []
    locked, _ = did(at_desktop(), acts.Lock())
    state, requests = did(locked, acts.Open())
    assert (state.page, requests) == (Page.LOCK, [])
    assert told(step("function"), state=locked).page is Page.LOCK


def test_lock_and_unlock() -> None:
    """A lock covers at once, before the agent answers, and only a proven PIN uncovers."""
    state, requests = did(at_desktop(), acts.Lock())
    assert (state.page, requests) == (Page.LOCK, [control.Lock()])
    assert told(step("session"), state=state).page is Page.LOCK
    state, requests = did(state, acts.Unlock("749203"))
    assert requests == [control.Unlock(pin="749203")]
    assert told(refused(Code.SIGN_IN_FAILED), step("session"), state=state).page is Page.LOCK
    assert told(step("session"), state=state).page is Page.DESKTOP


def test_a_kiosk_that_comes_back_to_a_locked_session_shows_the_lock() -> None:
    """After a crash of the kiosk the session is locked, and the lock screen is the first page."""
    locked = Opened(user="企画課 太郎", office_pc="pc1", ends_in_ms=3_600_000, locked=True)
    assert told(OFFICE, locked, step("locked")).page is Page.LOCK


def test_the_end_is_asked_for_twice() -> None:
    """From the bar or the menu, one question comes before the end; escape goes back to the desktop."""
    state, requests = did(at_desktop(), acts.Go(Page.CONFIRM_END))
    assert requests == []
    assert did(state, acts.Resume())[0].page is Page.DESKTOP
    _, requests = did(state, acts.End())
    assert requests == [control.End()]


def test_every_end_is_said_on_the_sign_in_page() -> None:
    """Suspended, out of hours, hard end: the sentence stays when the sign-in page is back."""
    for code in (Code.SUSPENDED, Code.OUT_OF_HOURS, Code.HARD_END, Code.DESKTOP_NOT_AUTHENTIC):
        state = told(refused(code), step("ready"), state=at_desktop())
        assert state.page is Page.SIGN_IN
        assert state.notice is not None
        assert state.notice.code == code.value
        assert state.session is None


def test_the_hours_notice_comes_once() -> None:
    """Ten minutes before the end the person is told, once, whatever else happens."""
    state = at_desktop()
    assert ticked(state, NOW + 2900) is state
    state = ticked(state, NOW + 3001)
    assert state.notice is not None
    state, _ = did(state, acts.Dismiss())
    assert ticked(state, NOW + 3100).notice is None


def test_messages_wait_until_they_are_read() -> None:
    """The administrator's messages stand oldest first and go one by one; a flood is bounded."""
    first, second = Note(note="n-1", ja="一", en="one"), Note(note="n-2", ja="二", en="")
    state = told(first, second, first, state=at_desktop())
    assert state.notes == (first, second)
    assert [note.said("en") for note in state.notes] == ["one", "二"]
    state, requests = did(state, acts.Dismiss())
    assert (state.notes, requests) == ((second,), [control.NoteRead(note="n-1")])
    many = [Note(note=f"n-{n}", ja=str(n), en="") for n in range(50)]
    assert len(told(*many, state=state).notes) == UNREAD_NOTES


def test_diagnostics_are_agreed_to_or_declined() -> None:
    """Only a message that asks can be agreed to; closing it declines; a notice in front of it is never a yes."""
    asks, plain = Note(note="n-1", ja="?", en="?", diagnostics=True), Note(note="n-2", ja="二", en="")
    state = told(asks, plain, state=at_desktop())
    agreed, requests = did(state, acts.Agree())
    assert (agreed.notes, requests) == ((plain,), [control.NoteRead(note="n-1", agreed=True)])
    assert did(agreed, acts.Agree())[1] == [control.NoteRead(note="n-2")]
    assert did(state, acts.Dismiss())[1] == [control.NoteRead(note="n-1")]
    noticed = ticked(state, NOW + 3001)
    assert noticed.notice is not None
    assert did(noticed, acts.Agree())[1] == []


def test_messages_are_for_the_person_who_is_signed_in() -> None:
    """Before a sign-in and behind the lock nobody reads, answers or takes away a message; it is there afterwards."""
    note = Note(note="n-1", ja="一", en="one")
    locked, _ = did(told(note, state=at_desktop()), acts.Lock())
    for state in (locked, told(step("agent-started"), state=locked), told(OFFICE, step("ready"), note)):
        assert state.readable == ()
        for act in (acts.Agree(), acts.Dismiss()):
            assert did(state, act) == (state, [])
    back = told(step("session"), state=did(locked, acts.Unlock("749203"))[0])
    assert did(back, acts.Agree())[1] == [control.NoteRead(note="n-1")]


def test_diagnostics_are_agreed_to_where_nobody_can_sign_in() -> None:
    """The fixed question stands before a sign-in too, in front of what waits; never behind the lock."""
    plain, asks = Note(note="n-1", ja="一", en="one"), Note(note="n-2", ja="?", en="?", diagnostics=True)
    state = told(OFFICE, step("ready"), plain, asks)
    assert (state.page, state.readable) == (Page.SIGN_IN, (asks,))
    agreed, requests = did(state, acts.Agree())
    assert (agreed.notes, agreed.readable, requests) == ((plain,), (), [control.NoteRead(note="n-2", agreed=True)])
    assert did(state, acts.Dismiss())[1] == [control.NoteRead(note="n-2")]
    locked, _ = did(told(asks, state=at_desktop()), acts.Lock())
    assert (locked.readable, did(locked, acts.Agree())[1]) == ((), [])


def test_a_stick_that_cannot_be_read_offers_to_switch_off_alone() -> None:
    """The one page for it has the sentence above and asks for no network; switching off is all that can be asked."""
    state = told(OFFICE, refused(Code.STICK_DAMAGED))
    assert (state.page, state.busy) == (Page.UNUSABLE, "")
    assert state.notice is not None
    assert "0123-45-6789" in state.notice.said("ja")[1] + state.notice.said("en")[1]
    assert did(state, acts.PowerOff())[1] == [control.PowerOff()]


def test_a_lost_agent_uncovers_nothing() -> None:
    """When the agent is gone a lock stays a lock, a desktop keeps its watermark, and a sign-in waits."""
    for page in Page:
        state = lost(State(page=page, office=OFFICE, session=OPENED if page in IN_SESSION else None))
        assert (state.page in UNCOVERED) == (page in UNCOVERED)


@pytest.mark.parametrize("last", ["session", "office-account-wanted"])
def test_a_lock_made_while_the_agent_is_away_holds(last: str) -> None:
    """The agent comes back, took the session over, and knows of no lock: it is told, and only the PIN uncovers."""
    state, _ = did(lost(at_desktop()), acts.Lock())
    for event in (OFFICE, OPENED, step("starting"), step("agent-started"), step("door-up"), OPENED):
        state = told(event, state=state)
        assert unheard(state, event) == ()
    state = told(step(last), state=state)
    assert (state.page, state.busy) == (Page.LOCK, "")
    assert unheard(state, step(last)) == (control.Lock(),)
    state, requests = did(told(step("locked"), state=state), acts.Unlock("749203"))
    assert requests == [control.Unlock(pin="749203")]
    state = told(step("session"), state=state)
    assert (state.page, unheard(state, step("session"))) == (Page.DESKTOP, ())


def test_a_proof_of_the_pin_that_the_agent_lost_opens_nothing() -> None:
    """The agent dies over a PIN that it was asked to prove; what it says when it is back is no answer to it."""
    state, _ = did(at_desktop(), acts.Lock(), acts.Unlock("wrong"))
    state = told(OPENED, step("agent-started"), OPENED, step("session"), state=lost(state))
    assert (state.page, state.busy) == (Page.LOCK, "")
    assert told(step("ready"), state=state).locked is False


def test_the_pin_is_changed_from_the_menu() -> None:
    """Two different new PINs ask for nothing; the answer leads back to the menu, never to the bare desktop."""
    state, requests = did(at_desktop(), acts.Go(Page.MENU), acts.Go(Page.CHANGE_PIN), acts.ChangePin("a", "b", "c"))
    assert (state.page, requests) == (Page.CHANGE_PIN, [])
    state, requests = did(state, acts.ChangePin("749203", "860417-x", "860417-x"))
    assert requests == [control.ChangePin(pin="749203", new_pin="860417-x")]
    assert told(refused(Code.SIGN_IN_FAILED), state=state).page is Page.CHANGE_PIN
    state = told(step("session"), step("pin-changed"), state=state)
    assert (state.page, state.busy) == (Page.MENU, "")
    assert state.notice is not None
    assert state.notice.good


def test_changed_rules_hold_at_once() -> None:
    """Told again, the open session's idle times, watermark and tiles are the new ones, and the page stays."""
    changed = Opened(user="企画課 太郎", office_pc="pc1", ends_in_ms=1_000_000, idle_lock_s=180, watermark=False)
    state = told(changed, state=at_desktop())
    assert (state.page, state.session) == (Page.DESKTOP, changed)


_EVENTS = st.sampled_from(
    [
        *(
            step(name)
            for name in (
                "portal",
                "portal-open",
                "agent-started",
                "door-up",
                "ready",
                "begin",
                "office-account-wanted",
                "desktop-started",
            )
        ),
        *(step(name) for name in ("session", "locked", "first-pin-set", "pin-changed", "unknown")),
        OFFICE,
        OPENED,
        Line(silent_s=1),
        Note(note="n-1", ja="x", en=""),
        refused(Code.SUSPENDED),
        refused(Code.FACTOR_WANTED),
    ]
)
_ACTS = st.sampled_from(
    [
        *(acts.Go(page) for page in Page),
        *(acts.SignIn("a", "b"), acts.FirstPin("a", "b", "c", "c"), acts.Connect("a", "b"), acts.Unlock("a")),
        acts.ChangePin("a", "b", "b"),
        *(
            acts.OpenPortal(),
            acts.ClosePortal(),
            acts.TourNext(),
            acts.Resume(),
            acts.Lock(),
            acts.End(),
            acts.Dismiss(),
            acts.ChooseLanguage("en"),
        ),
    ]
)


@given(st.lists(st.one_of(_EVENTS, _ACTS), max_size=40))
def test_a_locked_screen_is_uncovered_only_by_an_unlock(happenings: list[AnyEvent | Act]) -> None:
    """Whatever comes in whatever order: from the lock to the desktop leads only an unlock and the agent's word."""
    state = State()
    unlocking = False
    for happening in happenings:
        before = state.page
        locked = state.locked
        if isinstance(happening, Act):
            state, _ = acted(state, happening)
            unlocking = unlocking or (isinstance(happening, acts.Unlock) and before is Page.LOCK)
            uncovered = False
        else:
            state = heard(state, happening, NOW)
            uncovered = isinstance(happening, Reached) and happening.step == "session"
        assert state.page is not Page.PORTAL or state.session is None
        if locked and state.page in UNCOVERED:
            assert unlocking
            assert uncovered
        if state.page is not Page.LOCK:
            unlocking = False


def test_a_network_s_own_page_is_offered_shown_and_covered_again() -> None:
    """Only where the agent told of it; its window stands without the cover until any end of it covers again."""
    state = told(OFFICE, step("agent-started"))
    assert did(state, acts.OpenPortal())[1] == []
    state = told(refused(Code.CAPTIVE_PORTAL), step("portal", "http://hotel.example/"), state=state)
    state, requests = did(state, acts.OpenPortal())
    assert (requests, state.busy) == ([control.Portal()], "busy-portal")
    assert told(refused(Code.CAPTIVE_PORTAL), state=state).busy == "busy-portal"
    state = told(step("portal-open"), state=state)
    assert state.page is Page.PORTAL
    closed, requests = did(state, acts.Go(Page.MENU))
    assert (closed.page, requests) == (Page.STARTING, [control.PortalClose()])
    for end in (step("portal-closed"), step("door-up"), step("ready"), refused(Code.STICK_DAMAGED)):
        assert told(end, state=state).page not in BARE
    assert lost(state).page is Page.STARTING
    assert not told(refused(Code.DOOR_UNREACHABLE), state=closed).portal


def test_a_network_s_page_never_uncovers_a_session() -> None:
    """With a session beneath, an agent's word that the window is open changes no page."""
    for page in IN_SESSION:
        state = State(page=page, office=OFFICE, session=OPENED)
        assert told(step("portal-open"), state=state).page is page
