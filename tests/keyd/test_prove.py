"""Unlocking a covered screen: a right PIN counts for nothing, a wrong one as always, and no ticket comes of it."""

from hanare_core.problems import Code
from hanare_core.ticket import Factor
from hanare_keyd.counters import PAIR_IN_A_ROW, PAIR_WRONG, STICK_IN_A_ROW
from tests.keyd.office import Client, Stick, code_of

PIN = "804513"


def test_a_day_of_unlocking_locks_nobody_out(client: Client, stick: Stick) -> None:
    """More right PINs than any budget has wrong ones leave the pair as it was."""
    client.set_pin(stick, "sato", PIN)
    for _ in range(PAIR_WRONG + 1):
        client.prove(stick, client.begin(stick, "sato", PIN))
    assert client.begin(stick, "sato", PIN).answer.failures == 0


def test_a_wrong_pin_at_the_lock_counts(client: Client, stick: Stick) -> None:
    """Ten wrong PINs at a covered screen lock the pair."""
    client.set_pin(stick, "sato", PIN)
    for _ in range(PAIR_IN_A_ROW):
        tried = client.begin(stick, "sato", "000000")
        assert code_of(lambda tried=tried: client.prove(stick, tried)) is Code.SIGN_IN_FAILED
    assert code_of(lambda: client.begin(stick, "sato", PIN)) is Code.PIN_LOCKED


def test_a_proof_opens_nothing(client: Client, stick: Stick) -> None:
    """After it the nonce yields no ticket; the same proof again is answered alike, from this stick alone."""
    client.set_pin(stick, "sato", PIN)
    tried = client.begin(stick, "sato", PIN)
    client.prove(stick, tried)
    client.prove(stick, tried)
    assert code_of(lambda: client.finish(stick, tried)) is Code.OUT_OF_ORDER
    assert code_of(lambda: client.prove(Stick("stick-2"), tried)) is Code.NOT_AUTHENTIC


def test_unlocking_buys_no_guesses_at_the_second_factor(client: Client, stick: Stick) -> None:
    """Who knows the PIN alone and proves it between guesses at the digits has ten of these in a row all the same."""
    both = (Factor.PIN, Factor.TOTP)
    client.set_pin(stick, "sato", PIN)
    for number in range(PAIR_IN_A_ROW):
        client.prove(stick, client.begin(stick, "sato", PIN, both))
        tried = client.begin(stick, "sato", PIN, both)
        assert tried.answer.failures == number
        assert code_of(lambda tried=tried: client.finish(stick, tried, totp="000000")) is Code.FACTOR_WANTED
    assert code_of(lambda: client.begin(stick, "sato", PIN, both)) is Code.PIN_LOCKED


def test_unlocking_by_pin_alone_gives_a_stick_no_tries_back(client: Client, stick: Stick) -> None:
    """Proving the own PIN where a second factor is wanted leaves what others' names have cost the stick."""
    client.set_pin(stick, "sato", PIN)
    for number in range(STICK_IN_A_ROW - 1):
        client.begin(stick, f"name-{number}", "000000")
    client.prove(stick, client.begin(stick, "sato", PIN, (Factor.PIN, Factor.FIDO2)))
    client.begin(stick, "name", "000000")
    assert code_of(lambda: client.begin(stick, "sato", PIN)) is Code.STICK_LOCKED
