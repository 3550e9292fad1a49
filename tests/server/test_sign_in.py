"""Signing in through the API, on a real keyd, a real hub and a scripted gateway."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from hanare_core import signed, wire
from hanare_core.messages import api
from hanare_core.messages.local import ACK_WAIT_MS
from hanare_core.problems import Code, Problem
from hanare_core.signed import Kind
from hanare_server import hub_client, keys
from hanare_server.access.models import Lease, Session
from hanare_server.directory.models import OfficePC, Stick, User
from hanare_server.sticks import refusals
from hanare_server.sticks.models import SignIn
from tests.keyd.office import code_of
from tests.server.town import FINGERPRINT, Town
from tests.server.worker_at_home import WRONG_PIN


def test_opens_a_session(town: Town) -> None:
    """A user with the right PIN gets a session whose lease the gateway holds, and the office PC's pin."""
    stick = town.ready()
    answer = stick.sign_in("tanaka")
    session = town.session(answer.session)
    assert session.state == Session.State.OPEN
    assert answer.office_pc.fingerprint == FINGERPRINT
    assert [path.lease for path in answer.paths] == [lease.id for lease in session.leases.all()]
    (gateway,) = town.gateways.values()
    held = gateway.present[answer.paths[0].lease]
    assert held.address == answer.paths[0].address
    assert [(target.address, target.port) for target in held.targets] == [("10.1.2.3", 3389)]
    assert town.row(stick).generation == 1
    assert town.acts()[-1] == "session-opened"


def test_answers_hello_signed_with_time_and_help_desk(town: Town) -> None:
    """The answer to hello is signed by the server's key and carries the organisation's name and number."""
    stick = town.add_stick()
    message = api.Hello(stick=stick.stick, protocol=1, image=3, generation=0)
    answer = stick.post("/stick/v1/hello", message, api.SignedAnswer)
    public = signed.public_text(keys.signing_key())
    body = signed.verify(Kind.HELLO_ANSWER, answer.signed, public, api.HelloAnswer)
    assert (body.organisation_name, body.help_desk) == ("離れ市", "0123-45-6789")
    assert town.row(stick).image == 3


def test_another_version_of_the_protocol_is_refused(town: Town) -> None:
    """A stick of another version is told at which path, and nothing of it is kept."""
    stick = town.add_stick()
    message = api.Hello(stick=stick.stick, protocol=2, image=3, generation=0)
    with pytest.raises(Problem) as caught:
        stick.post("/stick/v1/hello", message, api.SignedAnswer)
    assert (caught.value.code, caught.value.detail) == (Code.MALFORMED, {"path": "$.protocol"})
    assert town.row(stick).image == 0


def test_finds_the_user_by_normalised_name(town: Town) -> None:
    """Full-width letters and capitals are the same name."""
    stick = town.ready("tanaka")
    assert stick.sign_in("ＴＡＮＡＫＡ").user_name == "tanaka"


def test_repeated_finish_and_confirm_are_answered_alike(town: Town) -> None:
    """A stick that did not hear an answer asks again and gets the same one, and no second session."""
    stick = town.ready()
    attempt = stick.open("tanaka")
    first = stick.finish(attempt)
    assert stick.finish(attempt) == first
    stick.generation = first.next_generation
    opened = stick.confirm(attempt, stick.generation)
    assert stick.confirm(attempt, stick.generation) == opened
    assert Session.objects.filter(stick=stick.stick).count() == 1


def test_two_finishes_at_once_are_answered_alike(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A finish that is sent again while the first still runs gets the same generation; only one is offered."""
    stick = town.ready()
    attempt = stick.open("tanaka")
    at_keyd = threading.Barrier(2)
    ask_keyd = refusals.ask_keyd

    def asked(*args: Any) -> Any:
        at_keyd.wait(20)
        return ask_keyd(*args)

    def finish(http: Client) -> api.FinishAnswer:
        try:
            return replace(stick, http=http).finish(attempt)
        finally:
            connections.close_all()

    monkeypatch.setattr(refusals, "ask_keyd", asked)
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(finish, (Client(), Client()))
    monkeypatch.undo()
    assert first == second
    assert town.row(stick).offered == first.next_generation
    assert SignIn.objects.filter(stick=stick.stick).count() == 1
    assert stick.confirm(attempt, first.next_generation).session


def test_a_stick_that_wrote_but_never_confirmed_signs_in(town: Town) -> None:
    """If the server died before confirm, the stick's next sign-in with the offered generation is right."""
    stick = town.ready()
    stick.generation = stick.finish(stick.open("tanaka")).next_generation
    assert stick.sign_in("tanaka").session
    assert town.row(stick).generation == 2


def test_a_stick_that_never_wrote_the_offer_signs_in(town: Town) -> None:
    """The generation n stays valid until the stick confirmed n + 1."""
    stick = town.ready()
    stick.finish(stick.open("tanaka"))
    assert stick.sign_in("tanaka").session
    assert town.row(stick).generation == 2  # what was offered once is never offered again


def test_a_stale_generation_quarantines_stick_and_twin(town: Town) -> None:
    """A copy that shows an old generation is refused, its original's session ends, and both may do nothing more."""
    stick = town.ready()
    session = stick.sign_in("tanaka").session
    with pytest.raises(Problem, match="stick-quarantined"):
        stick.finish(stick.open("tanaka"), generation=0)
    assert town.session(session).reason == Code.STICK_QUARANTINED
    assert town.row(stick).state == Stick.State.QUARANTINED
    assert code_of(stick.hello) is Code.STICK_QUARANTINED
    assert "quarantined" in town.acts()


def test_signing_in_again_replaces_the_session(town: Town) -> None:
    """A PC that crashed signs in at once; its older session ends with that reason."""
    stick = town.ready()
    first = stick.sign_in("tanaka").session
    second = stick.sign_in("tanaka").session
    assert town.session(first).reason == Code.SIGNED_IN_AGAIN
    assert town.session(second).state == Session.State.OPEN


def test_an_unknown_name_looks_like_a_known_one(town: Town) -> None:
    """Begin answers an unknown name in the same shape, with an envelope of the same length that stays the same."""
    stick = town.ready()
    _, known, _ = stick.begin("tanaka", WRONG_PIN)
    _, unknown, _ = stick.begin("nobody", WRONG_PIN)
    _, again, _ = stick.begin("nobody", WRONG_PIN)
    assert len(known.envelope) == len(unknown.envelope)
    assert known.factors == unknown.factors
    assert unknown.envelope == again.envelope
    assert (unknown.failures, again.failures) == (0, 1)


def test_a_wrong_pin_does_not_open_the_envelope_and_is_counted(town: Town) -> None:
    """The next answer tells how many attempts failed since the last sign-in."""
    stick = town.ready()
    with pytest.raises(Problem, match="sign-in-failed"):
        stick.open("tanaka", WRONG_PIN)
    _, answer, _ = stick.begin("tanaka")
    assert answer.failures == 1


def test_the_eleventh_wrong_pin_in_a_row_is_locked_and_audited(town: Town) -> None:
    """After ten wrong PINs keyd evaluates nothing more for this user on this stick."""
    stick = town.ready()
    for _ in range(10):
        stick.begin("tanaka", WRONG_PIN)
    assert code_of(lambda: stick.begin("tanaka", WRONG_PIN)) is Code.PIN_LOCKED
    assert town.acts()[-1] == "sign-in-refused"


def test_asks_for_totp_where_the_profile_wants_it(town: Town) -> None:
    """With TOTP in the profile the first PIN enrols a secret, and a sign-in without the digits is refused."""
    town.set_fields(second_factor="totp")
    user = town.add_user("sato")
    stick = town.add_stick()
    stick.set_pin("sato", town.code_for(user))
    secret, stick.totp_secret = stick.totp_secret, ""
    assert code_of(lambda: stick.finish(stick.open("sato"))) is Code.FACTOR_WANTED
    stick.totp_secret = secret
    attempt = stick.open("sato")
    stick.totp_later_s = 30  # the enrolment used up this half minute's digits
    assert stick.finish(attempt).next_generation == 1


def test_finish_without_begin_is_refused(town: Town) -> None:
    """A finish whose nonce saw no begin is out of order."""
    stick = town.ready()
    attempt = stick.open("tanaka")
    attempt.nonce = stick.hello().nonce
    assert code_of(lambda: stick.finish(attempt)) in {Code.OUT_OF_ORDER, Code.SIGN_IN_FAILED}


def test_confirm_without_finish_is_out_of_order(town: Town) -> None:
    """A confirm whose nonce saw no finish is refused, and nothing is written."""
    stick = town.ready()
    attempt = stick.open("tanaka")
    assert code_of(lambda: stick.confirm(attempt, 1)) is Code.OUT_OF_ORDER
    assert not Session.objects.filter(stick=stick.stick).exists()


def test_confirm_of_another_generation_is_out_of_order(town: Town) -> None:
    """Only the generation that was offered can be confirmed."""
    stick = town.ready()
    attempt = stick.open("tanaka")
    stick.finish(attempt)
    assert code_of(lambda: stick.confirm(attempt, 5)) is Code.OUT_OF_ORDER


def test_confirm_after_its_time_is_refused(town: Town) -> None:
    """A ticket that waited longer than the nonce lives opens nothing."""
    stick = town.ready()
    attempt = stick.open("tanaka")
    offered = stick.finish(attempt).next_generation
    SignIn.objects.filter(nonce=attempt.nonce).update(not_after_ms=1)
    assert code_of(lambda: stick.confirm(attempt, offered)) is Code.NONCE_EXPIRED


def test_a_refusing_decision_is_audited_and_repeated_alike(town: Town) -> None:
    """A user without an office PC is told so, each time, and the log says why."""
    user = town.add_user("suzuki", office_pc=False)
    stick = town.add_stick()
    stick.set_pin("suzuki", town.code_for(user))
    attempt = stick.open("suzuki")
    offered = stick.finish(attempt).next_generation
    assert code_of(lambda: stick.confirm(attempt, offered)) is Code.NO_OFFICE_PC
    before = len(town.acts())
    assert code_of(lambda: stick.confirm(attempt, offered)) is Code.NO_OFFICE_PC
    assert (len(town.acts()), town.acts()[-1]) == (before, "sign-in-refused")


def test_a_virtual_machine_is_refused_unless_the_profile_allows_it(town: Town) -> None:
    """What the stick said at its last hello counts: refused by default, allowed by profile, forgotten on a PC."""
    stick = town.ready()
    stick.virtual = "microsoft"
    assert code_of(lambda: stick.sign_in("tanaka")) is Code.VIRTUAL_MACHINE
    assert (town.row(stick).virtual, town.acts()[-1]) == ("microsoft", "sign-in-refused")
    town.set_fields(vm_allowed=True)
    assert town.session(stick.sign_in("tanaka").session).state == Session.State.OPEN
    town.set_fields(vm_allowed=False)
    stick.virtual = ""
    assert town.session(stick.sign_in("tanaka").session).state == Session.State.OPEN
    assert town.row(stick).virtual == ""


def test_a_silent_gateway_ends_the_session(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the gateway's word within two seconds nobody is told that the session stands."""
    stick = town.ready()
    (gateway,) = town.gateways.values()
    gateway.silent = True
    monkeypatch.setattr(hub_client, "await_lease", partial(hub_client.await_lease, wait_ms=ACK_WAIT_MS))
    assert code_of(lambda: stick.sign_in("tanaka")) is Code.GATEWAY_UNREACHABLE
    session = Session.objects.get(stick=stick.stick)
    assert (session.state, session.reason) == (Session.State.ENDED, Code.GATEWAY_UNREACHABLE)
    assert not session.leases.filter(state=Lease.State.PRESENT).exists()


def test_a_second_gateway_is_a_second_path(town: Town) -> None:
    """With two gateways the session has a lease and an address on each, in the order of their positions."""
    second = town.add_gateway(1)
    stick = town.ready()
    paths = stick.sign_in("tanaka").paths
    assert [path.gateway for path in paths] == [f"{town.id}-gw0", second]
    assert len({path.address for path in paths}) == 2


def test_the_end_keeps_its_first_reason(town: Town) -> None:
    """The stick ends its session; saying so again, with another reason, changes nothing."""
    stick = town.ready()
    session = stick.sign_in("tanaka").session
    stick.end(session, "ended-by-user")
    stick.end(session, "idle")
    assert town.session(session).reason == Code.ENDED_BY_USER


def test_a_stick_cannot_end_another_sticks_session(town: Town) -> None:
    """A session of another stick is not found."""
    session = town.ready().sign_in("tanaka").session
    other = town.add_stick("総務2")
    assert code_of(lambda: other.end(session, "idle")) is Code.NOT_FOUND
    assert town.session(session).state == Session.State.OPEN


def test_first_pin_is_set_again_alike(town: Town) -> None:
    """The last message of the first PIN, sent again, is answered alike and audited once."""
    user = town.add_user("ito")
    stick = town.add_stick()
    message = stick.set_pin("ito", town.code_for(user))
    stick.post("/stick/v1/first-pin/finish", message, api.Done)
    assert town.acts().count("pin-set") == 1
    assert User.objects.get(pk=user.pk).envelope


def test_a_new_code_destroys_the_old_envelope(town: Town) -> None:
    """After a new one-time code the old PIN opens nothing."""
    stick = town.ready()
    town.code_for(User.objects.get(organisation=town.id, name="tanaka"))
    assert User.objects.get(organisation=town.id, name="tanaka").envelope == ""
    assert code_of(lambda: stick.open("tanaka")) is Code.SIGN_IN_FAILED


def test_a_wrong_code_is_refused(town: Town) -> None:
    """A code that keyd did not issue sets nothing."""
    user = town.add_user("kato")
    stick = town.add_stick()
    town.code_for(user)
    assert code_of(lambda: stick.set_pin("kato", "A" * 16)) is Code.CODE_WRONG
    assert User.objects.get(pk=user.pk).envelope == ""


def test_a_statement_of_another_stick_is_not_authentic(town: Town) -> None:
    """A begin that another stick signed is refused before keyd hears of it."""
    stick, other = town.ready(), town.add_stick("総務2")
    other.identity, other.door, other.stick = other.identity, stick.door, stick.stick
    assert code_of(lambda: other.begin("tanaka")) is Code.NOT_AUTHENTIC


def test_another_source_than_the_own_door_is_refused(town: Town) -> None:
    """A request that does not come from the door of the stick's key is not heard."""
    stick = town.add_stick()
    hello = api.Hello(stick=stick.stick, protocol=1, image=0, generation=0)
    answer = stick.http.post(
        "/stick/v1/hello", wire.encode(hello), content_type="application/json", REMOTE_ADDR="fd20::99"
    )
    assert (answer.status_code, json.loads(answer.content)["code"]) == (401, "not-authentic")


def test_a_session_never_passes_the_hard_end(town: Town) -> None:
    """The hard end is the earliest of the profile's length, the ticket's life and the permission."""
    stick = town.ready()
    user = User.objects.get(organisation=town.id, name="tanaka")
    until = 2**41
    User.objects.filter(pk=user.pk).update(permitted_until_ms=until)
    answer = stick.sign_in("tanaka")
    session = town.session(answer.session)
    assert session.ends_ms <= min(until, session.opened_ms + 12 * 3600 * 1000)
    assert OfficePC.objects.get(user=user).pk == session.office_pc_id
