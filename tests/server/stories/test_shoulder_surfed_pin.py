"""F04: a stick is stolen together with the PIN, read over the owner's shoulder."""

from hanare_core.problems import Code
from hanare_core.totp import STEP_MS, code_at
from hanare_server.access import standing, suspend
from hanare_server.access.models import Session
from hanare_server.audit.log import COMMAND
from hanare_server.clock import now_ms
from tests.keyd.office import code_of
from tests.server.town import Town


def test_totp_stops_who_has_stick_and_pin(town: Town) -> None:
    """With TOTP in the profile stick and PIN are not enough; ten tries at the digits lock the pair."""
    town.set_fields(second_factor="totp")
    user = town.add_user("sato")
    stick = town.add_stick()
    stick.set_pin("sato", town.code_for(user))
    secret, stick.totp_secret = stick.totp_secret, ""
    right = {code_at(secret, now_ms() + step * STEP_MS) for step in range(-2, 8)}
    wrong = next(f"{number:06}" for number in range(100) if f"{number:06}" not in right)
    for _ in range(10):
        attempt = stick.open("sato")
        assert code_of(lambda attempt=attempt: stick.finish(attempt, totp=wrong)) is Code.FACTOR_WANTED
    assert code_of(lambda: stick.open("sato")) is Code.PIN_LOCKED
    assert not Session.objects.filter(stick=stick.stick).exists()


def test_without_totp_there_is_one_session_and_it_can_be_stopped(town: Town) -> None:
    """A PIN-only thief and the owner are never signed in together, each replaces the other, and one stop ends both."""
    stick, elsewhere = town.ready(), town.add_stick("総務2")
    first = stick.sign_in("tanaka").session
    assert code_of(lambda: elsewhere.sign_in("tanaka")) is Code.SESSION_ELSEWHERE
    second = stick.sign_in("tanaka").session
    assert town.session(first).reason == Code.SIGNED_IN_AGAIN
    suspend.suspend(town.id, COMMAND, standing.Kind.STICK, stick.stick)
    assert town.session(second).reason == Code.SUSPENDED
    assert code_of(lambda: stick.sign_in("tanaka")) is Code.SUSPENDED
