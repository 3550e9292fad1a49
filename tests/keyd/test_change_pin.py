"""A PIN change by the user: who may, what is destroyed, and that it buys no guesses."""

import pytest

from hanare_core import signed, wire
from hanare_core.messages import api, keyd
from hanare_core.problems import Code
from hanare_core.signed import Kind
from hanare_core.ticket import Factor
from hanare_core.totp import STEP_MS, code_at
from hanare_keyd.counters import PAIR_WRONG
from tests.keyd.office import Client, InProcess, Stick, code_of, user_key

PIN = "804513"
NEW = "271845"
BOTH = (Factor.PIN, Factor.TOTP)


def test_the_new_pin_holds_and_the_old_does_not(client: Client, stick: Stick) -> None:
    """After the change the new PIN signs in; the old one is a wrong PIN like any other."""
    client.set_pin(stick, "sato", PIN)
    client.change_pin(stick, "sato", PIN, NEW)
    assert code_of(lambda: client.sign_in(stick, "sato", PIN)) is Code.SIGN_IN_FAILED
    assert client.sign_in(stick, "sato", NEW).user == "sato"


def test_the_old_key_is_destroyed(client: Client, stick: Stick, inside: InProcess) -> None:
    """The old OPRF key is in no page of the database any more."""
    client.set_pin(stick, "sato", PIN)
    before = bytes(inside.store.reader.execute("SELECT oprf_key FROM people").fetchone()[0])
    client.change_pin(stick, "sato", PIN, NEW)
    files = (inside.path.parent / name for name in ("keyd.db", "keyd.db-wal"))
    assert all(before not in file.read_bytes() for file in files if file.exists())


def test_a_wrong_pin_changes_nothing_and_is_counted(client: Client, stick: Stick) -> None:
    """Without the present PIN nothing changes, and the try counts as any wrong PIN."""
    client.set_pin(stick, "sato", PIN)
    assert code_of(lambda: client.change_pin(stick, "sato", "000000", NEW)) is Code.SIGN_IN_FAILED
    assert client.begin(stick, "sato", PIN).answer.failures == 1
    assert client.sign_in(stick, "sato", PIN).user == "sato"


def test_a_change_buys_no_guesses(client: Client, stick: Stick) -> None:
    """What was wrong within 90 days stays counted over any number of changes."""
    client.set_pin(stick, "sato", PIN)
    pins = [PIN, NEW]
    guesses = 0
    while code_of(lambda: client.begin(stick, "sato", "000000")) is None:
        guesses += 1
        if guesses % 9 == 0:
            client.change_pin(stick, "sato", pins[0], pins[1])
            pins.reverse()
    assert guesses == PAIR_WRONG


def test_repeats_are_answered_alike(client: Client, stick: Stick) -> None:
    """Each of the two messages, sent again, is answered alike; another one under the same nonce is out of order."""
    client.set_pin(stick, "sato", PIN)
    request, scalar = client.change_pin_request(stick, client.begin(stick, "sato", PIN), NEW)
    first = client.expect(request, keyd.ChangePinAnswer)
    assert client.expect(request, keyd.ChangePinAnswer) == first
    key = user_key(NEW, scalar, first.evaluation)
    nonce = signed.unverified(request.by_stick, api.ChangePinBody).nonce
    last = client.new_pin_request(stick, nonce, key)
    answer = client.expect(last, keyd.NewPinAnswer)
    assert client.expect(last, keyd.NewPinAnswer) == answer
    assert code_of(lambda: client.expect(request, keyd.ChangePinAnswer)) is Code.OUT_OF_ORDER
    assert client.sign_in(stick, "sato", NEW).user == "sato"


def test_it_yields_no_ticket(client: Client, stick: Stick) -> None:
    """A finish under the nonce of a PIN change is out of order, and so is a PIN change under that of a sign-in."""
    client.set_pin(stick, "sato", PIN)
    tried = client.begin(stick, "sato", PIN)
    request, _ = client.change_pin_request(stick, tried, NEW)
    client.expect(request, keyd.ChangePinAnswer)
    assert code_of(lambda: client.finish(stick, tried)) is Code.OUT_OF_ORDER
    other = client.begin(stick, "sato", PIN)
    client.finish(stick, other)
    assert code_of(lambda: client.expect(client.change_pin_request(stick, other, NEW)[0], keyd.ChangePinAnswer)) is (
        Code.OUT_OF_ORDER
    )
    last = client.new_pin_request(stick, other.nonce, tried.user_key)
    assert code_of(lambda: client.expect(last, keyd.NewPinAnswer)) in {Code.OUT_OF_ORDER, None}
    assert client.sign_in(stick, "sato", PIN).user == "sato"


def test_another_stick_cannot_end_it(client: Client, stick: Stick) -> None:
    """The last message is taken from the stick that began, from no other."""
    client.set_pin(stick, "sato", PIN)
    tried = client.begin(stick, "sato", PIN)
    request, scalar = client.change_pin_request(stick, tried, NEW)
    answer = client.expect(request, keyd.ChangePinAnswer)
    key = user_key(NEW, scalar, answer.evaluation)
    other = client.new_pin_request(Stick("stick-2"), tried.nonce, key)
    assert code_of(lambda: client.expect(other, keyd.NewPinAnswer)) is Code.NOT_AUTHENTIC
    assert client.sign_in(stick, "sato", PIN).user == "sato"


def test_the_factor_is_asked_for_and_stays(client: Client, stick: Stick, inside: InProcess) -> None:
    """With TOTP a change needs the digits, each step once, and the secret goes on with the new PIN."""
    tried, secret = client.first_pin_begin(stick, "sato", client.code("sato"), PIN, BOTH)
    now = code_at(secret, inside.time_ms)
    client.expect(client.first_pin_finish_request(stick, tried, now), keyd.FirstPinFinishAnswer)
    for digits in ("", now):
        request, _ = client.change_pin_request(stick, client.begin(stick, "sato", PIN, BOTH), NEW, totp=digits)
        assert code_of(lambda request=request: client.expect(request, keyd.ChangePinAnswer)) is Code.FACTOR_WANTED
    inside.time_ms += STEP_MS
    later = code_at(secret, inside.time_ms)
    tried = client.begin(stick, "sato", PIN, BOTH)
    request, scalar = client.change_pin_request(stick, tried, NEW, totp=later)
    key = user_key(NEW, scalar, client.expect(request, keyd.ChangePinAnswer).evaluation)
    client.expect(client.new_pin_request(stick, tried.nonce, key), keyd.NewPinAnswer)
    inside.time_ms += STEP_MS
    again = client.begin(stick, "sato", NEW, BOTH)
    assert client.finish(stick, again, totp=code_at(secret, inside.time_ms)).user == "sato"


@pytest.mark.parametrize("element", [bytes(32), b"\xff" * 32])
def test_no_element(client: Client, stick: Stick, element: bytes) -> None:
    """The identity and what is no element are refused before anything is closed."""
    client.set_pin(stick, "sato", PIN)
    tried = client.begin(stick, "sato", PIN)
    request, _ = client.change_pin_request(stick, tried, NEW)
    body = api.ChangePinBody(tried.nonce, wire.key_text(element), "")
    bad = keyd.ChangePinRequest(
        client.organisation,
        stick.certificate,
        signed.sign(Kind.CHANGE_PIN_USER, body, tried.user_key),
        signed.sign(Kind.CHANGE_PIN_STICK, body, stick.identity),
    )
    assert code_of(lambda: client.expect(bad, keyd.ChangePinAnswer)) is Code.MALFORMED
    assert client.expect(request, keyd.ChangePinAnswer).user == "sato"
