"""F83: FIDO2 keys, enrolled with the first PIN and touched at each sign-in: replays, copies, other origins fail."""

import hashlib

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hanare_core import security_key, signed, wire
from hanare_core.effects import Touch
from hanare_core.messages import api, keyd
from hanare_core.problems import Code, Problem
from hanare_core.security_key import Assertion, Ceremony, Registration
from hanare_core.signed import Kind
from hanare_core.ticket import Factor, Ticket
from hanare_keyd import security_key as keyd_side
from hanare_stick import security_key as stick_side
from tests.authenticator import SoftwareKey
from tests.keyd.office import Client, Stick, Try, code_of

PIN = "804513"
FIDO2 = (Factor.PIN, Factor.FIDO2)
ANY = (Factor.PIN, Factor.TOTP, Factor.FIDO2)
NONCE = "A" * 43


def touch(key: SoftwareKey, ceremony: Ceremony, nonce: str, credentials: tuple[str, ...] = ()) -> object:
    """Do as the stick does when a key is plugged in."""
    return stick_side.touch(Touch(ceremony, nonce, credentials, "usr-1"), lambda: iter([key.ctap2()]))


def enrol(client: Client, stick: Stick, key: SoftwareKey, factors: tuple[Factor, ...] = FIDO2) -> Code | None:
    """Set the PIN with this key as second factor; return why it was refused."""
    tried, secret = client.first_pin_begin(stick, "sato", client.code("sato"), PIN, factors)
    assert bool(secret) == (Factor.TOTP in factors)
    made = touch(key, Ceremony.CREATE, tried.nonce)
    assert isinstance(made, Registration)
    return code_of(lambda: client.expect(first_finish(client, stick, tried, made), keyd.FirstPinFinishAnswer))


def first_finish(client: Client, stick: Stick, tried: Try, made: Registration | None) -> keyd.FirstPinFinishRequest:
    """Return the last message of a first PIN with this registration."""
    body = api.FirstPinFinishBody(tried.nonce, signed.public_text(tried.user_key), "envelope", "", made)
    by_user = signed.sign(Kind.FIRST_PIN_USER, body, tried.user_key)
    by_stick = signed.sign(Kind.FIRST_PIN_STICK, body, stick.identity)
    return keyd.FirstPinFinishRequest(client.organisation, stick.certificate, by_user, by_stick)


def finish(client: Client, stick: Stick, tried: Try, proof: Assertion | None) -> keyd.FinishAnswer:
    """End the sign-in with this assertion."""
    body = api.FinishBody(tried.nonce, wire.key_text(bytes(32)), 7, "", proof)
    by_user = signed.sign(Kind.FINISH_USER, body, tried.user_key)
    by_stick = signed.sign(Kind.FINISH_STICK, body, stick.identity)
    request = keyd.FinishRequest(client.organisation, stick.certificate, by_user, by_stick)
    return client.expect(request, keyd.FinishAnswer)


def sign_in(client: Client, stick: Stick, key: SoftwareKey) -> keyd.FinishAnswer:
    """Sign in with PIN and key."""
    tried = client.begin(stick, "sato", PIN, FIDO2)
    return finish(client, stick, tried, asserted(key, tried))


def asserted(key: SoftwareKey, tried: Try, nonce: str = "") -> Assertion:
    """Touch the key for this attempt."""
    proof = touch(key, Ceremony.GET, nonce or tried.nonce, tried.answer.security_keys)
    assert isinstance(proof, Assertion)
    return proof


def test_pin_and_key_sign_in(client: Client, stick: Stick) -> None:
    """With the enrolled key touched the ticket names PIN and key."""
    key = SoftwareKey()
    assert enrol(client, stick, key) is None
    for _ in range(2):
        ticket = signed.unverified(sign_in(client, stick, key).ticket, Ticket)
        assert ticket.factors == FIDO2


def test_without_the_key_nobody_is_let_in(client: Client, stick: Stick) -> None:
    """The PIN alone, or the digits that were never enrolled, are not enough."""
    assert enrol(client, stick, SoftwareKey()) is None
    tried = client.begin(stick, "sato", PIN, FIDO2)
    assert code_of(lambda: finish(client, stick, tried, None)) is Code.FACTOR_WANTED
    tried = client.begin(stick, "sato", PIN, ANY)
    assert code_of(lambda: client.finish(stick, tried, totp="123456")) is Code.FACTOR_WANTED


def test_either_is_enough_where_any_is_taken(client: Client, stick: Stick) -> None:
    """A profile that takes any second factor takes the key of a user who enrolled one."""
    key = SoftwareKey()
    assert enrol(client, stick, key, ANY) is None
    tried = client.begin(stick, "sato", PIN, ANY)
    assert finish(client, stick, tried, asserted(key, tried)).user == "sato"


def test_a_first_pin_needs_the_key(client: Client, stick: Stick) -> None:
    """Where a key is wanted no PIN is set without one; the code stays good."""
    code = client.code("sato")
    tried, _ = client.first_pin_begin(stick, "sato", code, PIN, FIDO2)
    request = first_finish(client, stick, tried, None)
    assert code_of(lambda: client.expect(request, keyd.FirstPinFinishAnswer)) is Code.FACTOR_WANTED
    again, _ = client.first_pin_begin(stick, "sato", code, PIN, FIDO2)
    made = touch(SoftwareKey(), Ceremony.CREATE, again.nonce)
    assert isinstance(made, Registration)
    client.expect(first_finish(client, stick, again, made), keyd.FirstPinFinishAnswer)


def test_an_assertion_is_good_once(client: Client, stick: Stick) -> None:
    """What was signed for one attempt is refused in the next."""
    key = SoftwareKey()
    enrol(client, stick, key)
    tried = client.begin(stick, "sato", PIN, FIDO2)
    proof = asserted(key, tried)
    finish(client, stick, tried, proof)
    again = client.begin(stick, "sato", PIN, FIDO2)
    assert code_of(lambda: finish(client, stick, again, proof)) is Code.FACTOR_WANTED


def test_a_copied_key_is_found_out(client: Client, stick: Stick) -> None:
    """A key whose counter stands still is refused."""
    key = SoftwareKey()
    enrol(client, stick, key)
    sign_in(client, stick, key)
    key.still = True
    assert code_of(lambda: sign_in(client, stick, key)) is Code.FACTOR_WANTED


def test_a_key_without_a_counter_is_taken_again_and_again(client: Client, stick: Stick) -> None:
    """A key that shows zero for ever has no counter to watch, and works."""
    key = SoftwareKey()
    key.still = True
    assert enrol(client, stick, key) is None
    for _ in range(2):
        assert sign_in(client, stick, key).user == "sato"


def test_a_counter_that_has_gone_is_found_out(client: Client, stick: Stick) -> None:
    """A key that has shown a counter, be it one, and shows none any more, is another one."""
    key = SoftwareKey()
    enrol(client, stick, key)
    assert key.counter == 1
    key.counter, key.still = 0, True
    assert code_of(lambda: sign_in(client, stick, key)) is Code.FACTOR_WANTED


def test_a_registration_is_for_one_attempt() -> None:
    """A key that was made for another attempt is not enrolled in this one."""
    made = touch(SoftwareKey(), Ceremony.CREATE, NONCE)
    assert isinstance(made, Registration)
    assert code_of(lambda: keyd_side.enrolled(made, "B" * 43)) is Code.FACTOR_WANTED


def test_a_touch_is_no_registration() -> None:
    """What a key shows at a touch holds no credential, and enrols none."""
    key = SoftwareKey()
    made = touch(key, Ceremony.CREATE, NONCE)
    assert isinstance(made, Registration)
    shown = touch(key, Ceremony.GET, NONCE, (keyd_side.enrolled(made, NONCE).id,))
    assert isinstance(shown, Assertion)
    without = msgspec.structs.replace(made, authenticator_data=shown.authenticator_data)
    assert code_of(lambda: keyd_side.enrolled(without, NONCE)) is Code.FACTOR_WANTED


@pytest.mark.parametrize("more", [0, 1])
def test_a_credentials_name_has_a_limit(more: int) -> None:
    """The longest name that a message may carry is enrolled, and no longer one."""
    key = SoftwareKey()
    key.credential_bytes = security_key.CREDENTIAL_BYTES + more
    made = touch(key, Ceremony.CREATE, NONCE)
    assert isinstance(made, Registration)
    refused = code_of(lambda: wire.key_bytes(keyd_side.enrolled(made, NONCE).id))
    assert refused is (Code.FACTOR_WANTED if more else None)


def test_another_key_is_refused(client: Client, stick: Stick) -> None:
    """A stranger's key does not hold the credential, and its own signature for it is worth nothing."""
    enrol(client, stick, SoftwareKey())
    tried = client.begin(stick, "sato", PIN, FIDO2)
    other = SoftwareKey()
    made = touch(other, Ceremony.CREATE, NONCE)
    assert isinstance(made, Registration)
    own = keyd_side.enrolled(made, NONCE).id
    forged = under_credential(touch(other, Ceremony.GET, tried.nonce, (own,)), tried.answer.security_keys[0])
    assert code_of(lambda: finish(client, stick, tried, forged)) is Code.FACTOR_WANTED


def under_credential(proof: object, credential: str) -> Assertion:
    """Return the assertion under another credential's id."""
    assert isinstance(proof, Assertion)
    return msgspec.structs.replace(proof, credential=credential)


@pytest.mark.parametrize("field", ["origin", "type", "challenge", "crossOrigin"])
def test_wrong_client_data_is_refused(client: Client, stick: Stick, field: str) -> None:
    """What a browser on another site had signed, another ceremony's data or another attempt's: none is a proof."""
    key = SoftwareKey()
    enrol(client, stick, key)
    tried = client.begin(stick, "sato", PIN, FIDO2)
    wrong = {"origin": "https://example.org", "type": "webauthn.create", "challenge": NONCE, "crossOrigin": True}[field]
    data = msgspec.json.decode(security_key.client_data(Ceremony.GET, tried.nonce)) | {field: wrong}
    text = msgspec.json.encode(data)
    allowed = [{"type": "public-key", "id": wire.key_bytes(tried.answer.security_keys[0])}]
    made = key.ctap2().get_assertion(security_key.RP_ID, hashlib.sha256(text).digest(), allowed)
    proof = Assertion(
        tried.answer.security_keys[0],
        wire.key_text(text),
        wire.key_text(bytes(made.auth_data)),
        wire.key_text(made.signature),
    )
    assert code_of(lambda: finish(client, stick, tried, proof)) is Code.FACTOR_WANTED


def test_a_key_for_another_site_is_refused(client: Client, stick: Stick) -> None:
    """A key that signs for another relying party is refused at enrolment and at sign-in."""
    assert enrol(client, stick, SoftwareKey("example.org")) is Code.FACTOR_WANTED
    key = SoftwareKey()
    assert enrol(client, stick, key) is None
    key.rp_id = "example.org"
    assert code_of(lambda: sign_in(client, stick, key)) is Code.FACTOR_WANTED


def test_unknown_names_look_alike(client: Client, stick: Stick) -> None:
    """An unknown name, and a user without a key, show one credential of the same length, stable, that nobody has."""
    enrol(client, stick, SoftwareKey())
    shown = [client.begin(stick, name, PIN, FIDO2).answer for name in ("sato", "x-nobody", "x-nobody")]
    assert {len(answer.security_keys[0]) for answer in shown} == {86}
    assert shown[1].security_keys == shown[2].security_keys
    assert {answer.factors for answer in shown} == {FIDO2}


BYTES = st.binary(max_size=300).map(wire.key_text)


@given(st.builds(Assertion, BYTES, BYTES, BYTES, BYTES), st.builds(Registration, BYTES, BYTES))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_rubbish_is_no_proof(proof: Assertion, made: Registration) -> None:
    """Whatever bytes come, they are refused as no factor, never with another error."""
    real = touch(SoftwareKey(), Ceremony.CREATE, NONCE)
    assert isinstance(real, Registration)
    held = keyd_side.enrolled(real, NONCE)
    right = security_key.client_data(Ceremony.GET, NONCE)
    for each in (proof, msgspec.structs.replace(proof, client_data=wire.key_text(right))):
        with pytest.raises(Problem, match="factor-wanted"):
            keyd_side.touched(held, each, NONCE)
    with pytest.raises(Problem, match="factor-wanted"):
        keyd_side.enrolled(made, NONCE)
