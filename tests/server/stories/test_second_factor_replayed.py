"""F83: the second factor is replayed: digits used twice or of another step, a clock set back, a key's other site."""

import hashlib
from typing import Any

import msgspec
import pytest

from hanare_core import security_key, wire
from hanare_core.effects import Touch
from hanare_core.problems import Code
from hanare_core.security_key import Assertion, Ceremony
from hanare_core.totp import STEP_MS, code_at
from hanare_server.clock import now_ms
from hanare_stick import security_key as stick_side
from tests.authenticator import SoftwareKey
from tests.keyd.office import code_of
from tests.server.town import Town
from tests.server.wall_clock import wall_clock
from tests.server.worker_at_home import AtHome


def ready(town: Town, factor: str, stick: AtHome | None = None) -> AtHome:
    """Return a stick on which sato has set a PIN with this second factor."""
    town.set_fields(second_factor=factor)
    user, given = town.add_user("sato"), stick or town.add_stick()
    given.set_pin("sato", town.code_for(user))
    return given


def refusal(stick: AtHome, totp: str = "") -> Code | None:
    """Prove the right PIN with these digits; return why it was refused."""
    attempt = stick.open("sato")
    return code_of(lambda: stick.finish(attempt, totp=totp))


@pytest.mark.usefixtures("patient")
def test_digits_are_good_once_and_near_their_step_only(town: Town) -> None:
    """A step's digits are taken once, and only within a step of now."""
    stick = ready(town, "totp")
    now = now_ms()
    for far in (-3, 4):
        assert refusal(stick, code_at(stick.totp_secret, now + far * STEP_MS)) is Code.FACTOR_WANTED
    fresh = code_at(stick.totp_secret, now + STEP_MS)
    assert refusal(stick, fresh) is None
    assert refusal(stick, fresh) is Code.FACTOR_WANTED


@pytest.mark.usefixtures("patient")
def test_a_clock_that_is_set_back_makes_no_digits_good_again(town: Town) -> None:
    """Used digits are refused also when the office's clock has gone a day on, and is then set back to their time."""
    stick = ready(town, "totp")
    used = code_at(stick.totp_secret, now_ms() + STEP_MS)
    assert refusal(stick, used) is None
    with wall_clock(town.keyd) as clock:
        clock.set_days_ahead(1)
        assert refusal(stick, code_at(stick.totp_secret, now_ms())) is None
        clock.set_days_ahead(0)
        assert refusal(stick, used) is Code.FACTOR_WANTED


class Plugged:
    """A security key in the PC, which may be asked for another site's sign-in, or repeat an earlier touch."""

    def __init__(self) -> None:
        self._key = SoftwareKey()
        self.origin = security_key.ORIGIN
        self.replayed: Assertion | None = None
        self.last: Any = None

    def __call__(self, wanted: Touch) -> Any:
        """Answer as the stick's agent would have it, or as the attack goes."""
        if self.replayed is not None:
            return self.replayed
        if self.origin == security_key.ORIGIN:
            self.last = stick_side.touch(wanted, lambda: iter([self._key.ctap2()]))
            return self.last
        return self._for_other_site(wanted)

    def _for_other_site(self, wanted: Touch) -> Assertion:
        fields = msgspec.json.decode(security_key.client_data(Ceremony.GET, wanted.nonce)) | {"origin": self.origin}
        text, (credential,) = msgspec.json.encode(fields), wanted.credentials
        allowed: list[Any] = [{"type": "public-key", "id": wire.key_bytes(credential)}]
        made = self._key.ctap2().get_assertion(security_key.RP_ID, hashlib.sha256(text).digest(), allowed)
        data, signature = wire.key_text(bytes(made.auth_data)), wire.key_text(made.signature)
        return Assertion(credential, wire.key_text(text), data, signature)


@pytest.mark.usefixtures("patient")
def test_a_key_touched_for_another_site_or_attempt_is_refused(town: Town) -> None:
    """What the right key signed under another origin, or for an earlier attempt, is no proof; a fresh touch is."""
    stick, key = town.add_stick(), Plugged()
    stick.touch = key
    ready(town, "fido2", stick)
    assert refusal(stick) is None
    key.replayed = key.last
    assert refusal(stick) is Code.FACTOR_WANTED
    key.replayed, key.origin = None, "https://phishing.example"
    assert refusal(stick) is Code.FACTOR_WANTED
    key.origin = security_key.ORIGIN
    assert refusal(stick) is None
