"""The first PIN by a one-time code, and the factor enrolled with it."""

import pytest
from nacl.signing import SigningKey

from hanare_core import sign_in, signed, totp
from hanare_core.problems import Code
from hanare_core.sign_in import Invited
from hanare_core.ticket import Factor
from tests.core.sign_in_desk import (
    CODE,
    NOW_MS,
    PIN,
    SECRET,
    STICK,
    Server,
    greeting,
    opened,
    refused,
)

pytestmark = pytest.mark.usefixtures("cheap_envelopes")


def test_a_first_pin_is_sealed_under_the_pin() -> None:
    """The one-time code, typed in groups, sets an envelope that only the chosen PIN opens."""
    server = Server()
    assert server.run(sign_in.first_pin(STICK, Invited("kikaku01", "abcd-efgh ijkl-mnop"), PIN, greeting())) == ""
    assert server.first is not None
    seed = opened(server.first.envelope, PIN)
    assert signed.public_text(SigningKey(seed)) == server.first.user_key


def test_a_first_pin_enrols_the_app_unless_a_key_is_chosen() -> None:
    """Where the profile takes either, no key is asked for that nobody has chosen."""
    server = Server(SECRET)
    server.factors = (Factor.PIN, Factor.TOTP, Factor.FIDO2)
    assert server.run(sign_in.first_pin(STICK, Invited("kikaku01", CODE), PIN, greeting())) == SECRET
    assert server.touched == 0


def test_a_first_pin_proves_the_totp_secret() -> None:
    """Where a factor is wanted the secret is proven by a code of the present time, and returned to be shown."""
    secret = totp.new_secret()
    server = Server(secret)
    assert server.run(sign_in.first_pin(STICK, Invited("kikaku01", CODE), PIN, greeting())) == secret
    assert server.first is not None
    assert totp.matching_step(secret, server.first.totp, time_ms=NOW_MS) is not None


@pytest.mark.parametrize(
    ("secret", "factors", "with_key", "touches"),
    [
        (SECRET, (Factor.PIN, Factor.TOTP, Factor.FIDO2), False, 0),
        (SECRET, (Factor.PIN, Factor.TOTP, Factor.FIDO2), True, 1),
        (SECRET, (Factor.PIN, Factor.TOTP), True, 0),
        ("", (Factor.PIN, Factor.FIDO2), False, 1),
        ("", (Factor.PIN,), True, 0),
    ],
    ids=["both, app", "both, key", "app only", "key only", "neither"],
)
def test_a_first_pin_enrols_what_was_chosen_of_what_is_taken(
    secret: str,
    factors: tuple[Factor, ...],
    with_key: bool,  # noqa: FBT001 - a case of the table
    touches: int,
) -> None:
    """Of app and security key the chosen one is enrolled where both are taken, else the one that is."""
    server = Server(secret)
    server.factors = factors
    shown = server.run(sign_in.first_pin(STICK, Invited("kikaku01", CODE), PIN, greeting(), with_key=with_key))
    assert server.first is not None
    by_app = Factor.TOTP in factors and not touches
    assert (shown, bool(server.first.totp)) == (secret if by_app else "", by_app)
    assert (server.touched, server.first.security_key is not None) == (touches, touches == 1)


def test_a_weak_pin_or_impossible_code_is_told_before_anything_is_sent() -> None:
    """The stick alone sees the PIN, so it refuses weak ones; a code that cannot be one is wrong."""
    server = Server()
    assert refused(server, sign_in.first_pin(STICK, Invited("kikaku01", CODE), "123456", greeting())) is Code.PIN_WEAK
    assert refused(server, sign_in.first_pin(STICK, Invited("kikaku01", "short"), PIN, greeting())) is Code.CODE_WRONG
    assert server.calls == []
