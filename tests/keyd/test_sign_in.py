"""Sign-in as keyd decides it: what holds, what is refused, and with which code."""

import pytest
from nacl.signing import SigningKey

from hanare_core import oprf, signed, ticket, totp, wire
from hanare_core.messages import api, keyd
from hanare_core.messages.api import NONCE_LIFE_MS
from hanare_core.problems import Code
from hanare_core.signed import Kind
from hanare_core.ticket import TICKET_LIFE_MS, Factor
from tests.keyd.office import ORGANISATION, Client, InProcess, Stick, Try, code_of

PIN = "804513"
TOTP = (Factor.PIN, Factor.TOTP)
UNKNOWN = "x-0011"


@pytest.fixture
def user(client: Client, stick: Stick) -> str:
    """Give a user with PIN."""
    client.set_pin(stick, "sato", PIN)
    return "sato"


def with_totp(client: Client, stick: Stick, inside: InProcess) -> str:
    """Return the TOTP secret of a new user suzuki."""
    tried, secret = client.first_pin_begin(stick, "suzuki", client.code("suzuki"), PIN, TOTP)
    request = client.first_pin_finish_request(stick, tried, totp.code_at(secret, inside.time_ms))
    client.expect(request, keyd.FirstPinFinishAnswer)
    inside.time_ms += 2 * totp.STEP_MS
    return secret


def totp_refusal(client: Client, stick: Stick, code: str) -> Code | None:
    """Return how suzuki's right PIN with this TOTP is refused."""
    tried = client.begin(stick, "suzuki", PIN, TOTP)
    return code_of(lambda: client.finish(stick, tried, totp=code))


def test_right_pin_gets_a_ticket(client: Client, stick: Stick, user: str, inside: InProcess) -> None:
    """The right PIN on a certified stick yields a valid ticket for this stick, user and session key."""
    answer = client.sign_in(stick, user, PIN)
    public_key = client.expect(keyd.StatusRequest(), keyd.StatusAnswer).public_key
    signed_ticket = ticket.verify(answer.ticket, public_key, organisation=ORGANISATION, now_ms=inside.time_ms)
    assert (signed_ticket.stick, signed_ticket.user, signed_ticket.factors) == (stick.id, user, (Factor.PIN,))
    assert signed_ticket.session_key == wire.key_text(bytes(32))
    assert signed_ticket.not_after_ms - inside.time_ms == TICKET_LIFE_MS
    assert (answer.user, answer.generation) == (user, 7)


def test_wrong_pin_and_unknown_user_are_refused_alike(client: Client, stick: Stick, user: str) -> None:
    """A wrong PIN and an unknown name get answers of the same shape and the same refusal."""
    wrong, unknown = client.begin(stick, user, "000000"), client.begin(stick, UNKNOWN, PIN)
    assert len(wire.encode(wrong.answer)) == len(wire.encode(unknown.answer))
    assert code_of(lambda: client.finish(stick, wrong)) is Code.SIGN_IN_FAILED
    assert code_of(lambda: client.finish(stick, unknown)) is Code.SIGN_IN_FAILED


def test_unknown_user_has_one_stable_key(client: Client, stick: Stick, inside: InProcess) -> None:
    """The same PIN for the same unknown name gives the same output, also after a restart, as a known one would."""
    first = client.begin(stick, UNKNOWN, PIN).user_key
    inside.restart()
    assert client.begin(stick, UNKNOWN, PIN).user_key == first
    assert client.begin(stick, "x-0012", PIN).user_key != first


def test_failures_are_told_after_success(client: Client, stick: Stick, user: str) -> None:
    """Begin tells how many attempts went wrong since the last success, and success clears them."""
    for wrong in range(3):
        assert client.begin(stick, user, "000000").answer.failures == wrong
    assert client.begin(stick, user, PIN).answer.failures == 3
    client.sign_in(stick, user, PIN)
    assert client.begin(stick, user, PIN).answer.failures == 0


def test_nonce_is_good_once(client: Client, stick: Stick, user: str) -> None:
    """A second begin with a used nonce is refused and not counted."""
    nonce = client.nonce(stick)
    _, element = oprf.blind(PIN.encode())
    request = client.begin_request(stick, user, element, nonce)
    client.expect(request, keyd.BeginAnswer)
    assert code_of(lambda: client.expect(request, keyd.BeginAnswer)) is Code.NONCE_EXPIRED
    assert client.begin(stick, user, PIN).answer.failures == 1


@pytest.mark.parametrize("late_ms", [NONCE_LIFE_MS, -3_600_000])
def test_nonce_has_a_life(client: Client, stick: Stick, user: str, inside: InProcess, late_ms: int) -> None:
    """A nonce is refused after its life, and when the clock says that it is from the future."""
    nonce = client.nonce(stick)
    inside.time_ms += late_ms
    request = client.begin_request(stick, user, oprf.blind(b"1")[1], nonce)
    assert code_of(lambda: client.expect(request, keyd.BeginAnswer)) is Code.NONCE_EXPIRED


def test_nonce_of_another_stick(client: Client, stick: Stick, user: str) -> None:
    """A nonce that was minted for another stick is not authentic."""
    request = client.begin_request(stick, user, oprf.blind(b"1")[1], client.nonce(Stick("stick-2")))
    assert code_of(lambda: client.expect(request, keyd.BeginAnswer)) is Code.NOT_AUTHENTIC


def test_statement_of_another_stick(client: Client, stick: Stick, user: str) -> None:
    """A begin signed by another stick's key under this stick's certificate is not authentic."""
    other = Stick(stick.id)
    request = client.begin_request(other, user, oprf.blind(b"1")[1], client.nonce(stick))
    forged = keyd.BeginRequest(ORGANISATION, user, stick.certificate, request.signed, (Factor.PIN,))
    assert code_of(lambda: client.expect(forged, keyd.BeginAnswer)) is Code.NOT_AUTHENTIC


def test_certificate_must_hold(client: Client, inside: InProcess) -> None:
    """A stick of another CA or organisation, or with an ended certificate, and an unknown organisation are refused."""
    assert code_of(lambda: client.begin(Stick("s", ca_key=SigningKey.generate()), "sato", PIN)) is Code.NOT_AUTHENTIC
    assert code_of(lambda: client.begin(Stick("s", organisation="elsewhere"), "sato", PIN)) is Code.NOT_AUTHENTIC
    assert code_of(lambda: client.begin(Stick("s", until_ms=inside.time_ms), "sato", PIN)) is Code.CERTIFICATE_EXPIRED
    stranger = Client(inside.ask, organisation="elsewhere")
    assert code_of(lambda: stranger.begin(Stick("s", organisation="elsewhere"), "sato", PIN)) is Code.NOT_AUTHENTIC


def test_a_replaced_certificate_is_refused(client: Client, stick: Stick, user: str) -> None:
    """Once keyd has seen a newer certificate of the stick, the older one opens nothing and counts nothing."""
    newer = Stick(stick.id, from_ms=1)
    assert client.begin(newer, user, PIN).answer.failures == 0
    assert code_of(lambda: client.begin(stick, user, PIN)) is Code.NOT_AUTHENTIC
    assert client.begin(newer, user, PIN).answer.failures == 1


@pytest.mark.parametrize("element", [bytes(32), b"\xff" * 32])
def test_bad_element_is_not_counted(client: Client, stick: Stick, user: str, element: bytes) -> None:
    """Identity and non-canonical elements are refused before anything is counted."""
    request = client.begin_request(stick, user, element, client.nonce(stick))
    assert code_of(lambda: client.expect(request, keyd.BeginAnswer)) is Code.MALFORMED
    assert client.begin(stick, user, PIN).answer.failures == 0


def test_finish_without_begin(client: Client, stick: Stick, user: str) -> None:
    """A finish whose nonce began nothing, or began on another stick, is out of order."""
    tried = client.begin(stick, user, PIN)
    fresh = Try(client.nonce(stick), tried.user_key, tried.answer)
    assert code_of(lambda: client.finish(stick, fresh)) is Code.OUT_OF_ORDER
    assert code_of(lambda: client.finish(Stick("stick-2"), tried)) is Code.NOT_AUTHENTIC
    assert client.finish(stick, tried).user == user


def test_finish_again(client: Client, stick: Stick, user: str) -> None:
    """The same finish again gets the same ticket; another finish of that attempt is out of order."""
    tried = client.begin(stick, user, PIN)
    request = client.finish_request(stick, tried)
    first = client.expect(request, keyd.FinishAnswer)
    assert client.expect(request, keyd.FinishAnswer) == first
    other = client.finish_request(stick, tried, session_key=b"\x01" * 32)
    assert code_of(lambda: client.expect(other, keyd.FinishAnswer)) is Code.OUT_OF_ORDER


def test_failed_attempt_is_closed(client: Client, stick: Stick, user: str) -> None:
    """After a wrong proof the attempt is over, even for the right key."""
    tried = client.begin(stick, user, PIN)
    wrong = Try(tried.nonce, SigningKey.generate(), tried.answer)
    assert code_of(lambda: client.finish(stick, wrong)) is Code.SIGN_IN_FAILED
    assert code_of(lambda: client.finish(stick, tried)) is Code.OUT_OF_ORDER


def test_statements_must_agree(client: Client, stick: Stick, user: str) -> None:
    """The user's and the stick's statement must say the same; a begin never passes as a finish."""
    tried = client.begin(stick, user, PIN)
    one, two = client.finish_request(stick, tried), client.finish_request(stick, tried, generation=8)
    mixed = keyd.FinishRequest(ORGANISATION, stick.certificate, one.by_user, two.by_stick)
    assert code_of(lambda: client.expect(mixed, keyd.FinishAnswer)) is Code.NOT_AUTHENTIC
    body = api.FinishBody(tried.nonce, wire.key_text(bytes(32)), 7, "")
    begin = signed.sign(Kind.BEGIN, body, stick.identity)
    wrong_kind = keyd.FinishRequest(ORGANISATION, stick.certificate, one.by_user, begin)
    assert code_of(lambda: client.expect(wrong_kind, keyd.FinishAnswer)) is Code.NOT_AUTHENTIC


def test_totp_is_wanted_once_only(client: Client, stick: Stick, inside: InProcess) -> None:
    """A wanted TOTP opens once; a replay, a missing and a wrong one are refused and count as wrong."""
    secret = with_totp(client, stick, inside)
    code = totp.code_at(secret, inside.time_ms)
    assert client.finish(stick, client.begin(stick, "suzuki", PIN, TOTP), totp=code).user == "suzuki"
    for wrong in (code, "", "000000" if code != "000000" else "000001"):
        assert totp_refusal(client, stick, wrong) is Code.FACTOR_WANTED
    assert client.begin(stick, "suzuki", PIN, TOTP).answer.failures == 3
    inside.time_ms -= totp.STEP_MS
    assert totp_refusal(client, stick, code) is Code.FACTOR_WANTED


def test_wrong_pin_hides_the_factor(client: Client, stick: Stick, inside: InProcess) -> None:
    """With a wrong PIN the right TOTP is neither told nor used up."""
    secret = with_totp(client, stick, inside)
    code = totp.code_at(secret, inside.time_ms)
    wrong = client.begin(stick, "suzuki", "000000", TOTP)
    assert code_of(lambda: client.finish(stick, wrong, totp=code)) is Code.SIGN_IN_FAILED
    assert client.finish(stick, client.begin(stick, "suzuki", PIN, TOTP), totp=code).user == "suzuki"


def test_totp_wanted_but_not_enrolled(client: Client, stick: Stick, user: str) -> None:
    """Where the profile wants a factor that the user never enrolled, nothing opens."""
    tried = client.begin(stick, user, PIN, TOTP)
    assert tried.answer.factors == TOTP
    assert code_of(lambda: client.finish(stick, tried, totp="123456")) is Code.FACTOR_WANTED
