"""The user's own PIN change, the administrator's reset, the leaver, and the words that no PIN may hold."""

from typing import Any

import pytest

from hanare_core import pin
from hanare_core.messages import api
from hanare_core.problems import Code, Problem
from hanare_keyd.counters import STICK_IN_A_ROW
from hanare_server.access import standing, suspend
from hanare_server.access.models import Session
from hanare_server.audit.log import COMMAND
from hanare_server.directory.models import Organisation, Stick, User
from hanare_server.lending import leaving
from hanare_server.sticks import recovery, refusals, reset
from tests.keyd.office import code_of
from tests.server.town import Town
from tests.server.worker_at_home import PIN, WRONG_PIN

NEW = "584927"


def user_of(town: Town, name: str = "tanaka") -> User:
    """Return the user's row as it is now."""
    return User.objects.get(organisation=town.id, name=name)


def test_a_user_changes_the_pin(town: Town) -> None:
    """The new PIN signs in on every stick, the old one on none; the log says on which stick it was changed."""
    stick, other = town.ready(), town.add_stick("総務2")
    stick.change_pin("tanaka", PIN, NEW)
    assert code_of(lambda: stick.open("tanaka", PIN)) is Code.SIGN_IN_FAILED
    assert other.sign_in("tanaka", NEW).session
    assert "pin-changed" in town.acts()


def test_a_sign_in_under_way_does_not_outlive_a_reset(town: Town) -> None:
    """Who has proven the old PIN when the administrator resets it opens nothing with it, before or after finish."""
    stick = town.ready()
    proven = stick.open("tanaka")
    stick.generation = stick.finish(proven).next_generation
    begun = stick.open("tanaka")
    reset.issue_code(town.id, COMMAND, user_of(town).pk)
    assert code_of(lambda: stick.confirm(proven, stick.generation)) is Code.SIGN_IN_FAILED
    assert code_of(lambda: stick.finish(begun)) is Code.OUT_OF_ORDER
    assert not Session.objects.filter(stick=stick.stick).exists()


def test_a_proof_that_keyd_took_just_before_a_reset_is_not_kept(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reset may come between keyd's word and the server's row."""
    stick = town.ready()
    begun = stick.open("tanaka")
    asked = refusals.ask_keyd

    def slow(*question: Any) -> Any:
        answer = asked(*question)
        reset.issue_code(town.id, COMMAND, user_of(town).pk)
        return answer

    monkeypatch.setattr(refusals, "ask_keyd", slow)
    assert code_of(lambda: stick.finish(begun)) is Code.SIGN_IN_FAILED


def test_the_last_message_of_a_change_may_be_repeated(town: Town) -> None:
    """A stick that heard no answer says it again; it is written once."""
    stick = town.ready()
    last = stick.change_pin("tanaka", PIN, NEW)
    stick.post("/stick/v1/new-pin", last, api.Done)
    assert town.acts().count("pin-changed") == 1
    assert stick.sign_in("tanaka", NEW).session


def test_a_power_cut_before_the_envelope_was_kept_is_healed_by_the_repeat(town: Town) -> None:
    """If the server lost what keyd accepted, the stick's repeated message brings it back."""
    stick = town.ready()
    old = user_of(town).envelope
    last = stick.change_pin("tanaka", PIN, NEW)
    User.objects.filter(pk=user_of(town).pk).update(envelope=old)
    assert code_of(lambda: stick.open("tanaka", NEW)) is Code.SIGN_IN_FAILED
    stick.post("/stick/v1/new-pin", last, api.Done)
    assert stick.sign_in("tanaka", NEW).session


def test_an_open_session_survives_the_change(town: Town) -> None:
    """A session rests on its own ticket."""
    stick = town.ready()
    session = stick.sign_in("tanaka").session
    stick.change_pin("tanaka", PIN, NEW)
    assert town.session(session).state == Session.State.OPEN


def test_a_wrong_pin_changes_nothing(town: Town) -> None:
    """Without the present PIN the envelope stays."""
    stick = town.ready()
    before = user_of(town).envelope
    assert code_of(lambda: stick.change_pin("tanaka", WRONG_PIN, NEW)) is Code.SIGN_IN_FAILED
    assert user_of(town).envelope == before


def test_a_reset_destroys_envelope_and_key(town: Town) -> None:
    """After a new code the old PIN is worthless here and in keyd, even with the old envelope put back."""
    stick = town.ready()
    old = user_of(town).envelope
    issued = reset.issue_code(town.id, COMMAND, user_of(town).pk)
    assert (user_of(town).envelope, user_of(town).user_key) == ("", "")
    User.objects.filter(pk=user_of(town).pk).update(envelope=old)
    assert code_of(lambda: stick.open("tanaka", PIN)) is Code.SIGN_IN_FAILED
    stick.set_pin("tanaka", issued.code, NEW)
    assert stick.sign_in("tanaka", NEW).session


def test_a_leaver_is_out_at_once_and_for_ever(town: Town) -> None:
    """The session ends, the name is unknown, no code is issued any more; repeating it changes nothing."""
    stick = town.ready()
    session = stick.sign_in("tanaka").session
    user = user_of(town).pk
    leaving.leave(town.id, COMMAND, [user])
    assert town.session(session).reason == Code.NOT_PERMITTED
    assert code_of(lambda: stick.sign_in("tanaka")) is Code.SIGN_IN_FAILED
    assert code_of(lambda: reset.issue_code(town.id, COMMAND, user)) is Code.NOT_FOUND
    before = town.acts()
    leaving.leave(town.id, COMMAND, [user])
    assert town.acts() == before


def test_the_office_tells_which_words_no_pin_may_hold(town: Town) -> None:
    """After the right code the stick hears the user's and the office's words; a PIN made of one is refused there."""
    Organisation.objects.filter(pk=town.id).update(pin_words=["さくらまつり"])
    user = town.add_user("suzuki4821", full_name="鈴木 花子")
    stick = town.add_stick()
    stick.set_pin("suzuki4821", town.code_for(user))
    for text in ("suzuki4821", "xx4821xx", "離れ市さく1", "さくらまつり9", "01234567890"):
        with pytest.raises(Problem, match="pin-weak"):
            pin.check(pin.normalise(text), stick.rules)
    pin.check(b"584927", stick.rules)


@pytest.mark.usefixtures("patient")
def test_a_locked_stick_is_resumed_in_one_act(town: Town) -> None:
    """Thirty wrong PINs over all names lock the stick; one resume unlocks it here and in keyd."""
    stick = town.ready()
    for number in range(STICK_IN_A_ROW):
        stick.begin(f"nobody{number}", WRONG_PIN)
    assert code_of(lambda: stick.begin("tanaka")) is Code.STICK_LOCKED
    assert town.row(stick).state == Stick.State.LOCKED
    assert code_of(stick.hello) is Code.STICK_LOCKED
    suspend.resume(town.id, COMMAND, standing.Kind.STICK, stick.stick)
    assert stick.sign_in("tanaka").session


def test_one_person_has_one_session(town: Town) -> None:
    """A user who is signed in on one stick is refused on another until the first session has ended."""
    stick, other = town.ready(), town.add_stick("総務2")
    session = stick.sign_in("tanaka").session
    assert code_of(lambda: other.sign_in("tanaka")) is Code.SESSION_ELSEWHERE
    stick.end(session, "ended-by-user")
    assert other.sign_in("tanaka").session


def test_keyd_is_reconciled_with_what_the_server_knows(town: Town) -> None:
    """After keyd's restore those whose PIN was reset meanwhile are named; the others go on."""
    stick = town.ready()
    user = user_of(town)
    User.objects.filter(pk=user.pk).update(user_key="A" * 43)
    assert recovery.reconcile_keyd(town.id, COMMAND) == [user.pk]
    assert code_of(lambda: stick.open("tanaka")) is Code.SIGN_IN_FAILED
    assert recovery.reconcile_keyd(town.id, COMMAND) == []
