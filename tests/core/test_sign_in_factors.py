"""A security key in the flows: touched where it is taken and no digits were typed; nothing else in its place."""

import pytest

from hanare_core import sign_in
from hanare_core.problems import Code
from hanare_core.security_key import Ceremony
from hanare_core.sign_in import Credentials, Invited
from hanare_core.ticket import Factor
from tests.core.sign_in_desk import (
    ASSERTION,
    CODE,
    NEW,
    PIN,
    REGISTRATION,
    SESSION_KEY,
    STICK,
    Server,
    attempt,
    greeting,
    refused,
)

pytestmark = pytest.mark.usefixtures("cheap_envelopes")


@pytest.mark.parametrize(
    ("factors", "digits", "touches"),
    [
        ((Factor.PIN, Factor.FIDO2), "", 1),
        ((Factor.PIN, Factor.TOTP, Factor.FIDO2), "123456", 0),
        ((Factor.PIN, Factor.TOTP, Factor.FIDO2), "", 1),
        ((Factor.PIN, Factor.TOTP), "", 0),
    ],
    ids=["key", "both, digits typed", "both, none typed", "app only"],
)
def test_a_security_key_is_touched_where_no_digits_were_typed(
    factors: tuple[Factor, ...], digits: str, touches: int
) -> None:
    """Where a key is taken, who types no digits touches it, at a sign-in and at a change of the PIN."""
    server = Server()
    server.factors = factors
    server.run(sign_in.sign_in(STICK, Credentials("kikaku01", PIN, digits), SESSION_KEY, greeting()))
    assert (server.touched, server.proven) == (touches, [ASSERTION if touches else None])
    server.run(sign_in.change_pin(STICK, Credentials("kikaku01", PIN, digits), NEW, greeting()))
    assert server.touched == 2 * touches


def test_what_is_no_touch_is_no_factor() -> None:
    """Whatever else comes from the screen in a touch's place ends the flow before anything is proven."""
    server = Server()
    server.factors = (Factor.PIN, Factor.FIDO2)
    server.answers_touch = {Ceremony.GET: REGISTRATION, Ceremony.CREATE: ASSERTION}
    assert refused(server, attempt()) is Code.FACTOR_WANTED
    first = sign_in.first_pin(STICK, Invited("kikaku01", CODE), PIN, greeting(), with_key=True)
    assert refused(server, first) is Code.FACTOR_WANTED
    assert (server.proven, server.first) == ([], None)
