"""F12: a colleague takes the stick between the owner's sign-ins and guesses nine times each time."""

import pytest

from hanare_core import envelope
from hanare_core.problems import Code
from tests.keyd.office import code_of
from tests.server.town import Town
from tests.server.worker_at_home import PIN, WRONG_PIN

EACH_TIME = 9
BUDGET = 30


@pytest.mark.usefixtures("patient")
def test_thirty_guesses_in_90_days_and_the_owner_sees_them(town: Town) -> None:
    """At each sign-in the owner hears how many tries failed; after thirty nothing is evaluated until a new code."""
    stick = town.ready()
    guesses, told = 0, []
    while guesses < BUDGET:
        for _ in range(min(EACH_TIME, BUDGET - guesses)):
            stick.begin("tanaka", WRONG_PIN)
            guesses += 1
        if guesses == BUDGET:
            break
        attempt, answer, output = stick.begin("tanaka", PIN)
        told.append(answer.failures)
        attempt.seed = envelope.open_envelope(answer.envelope, output)
        stick.generation = stick.finish(attempt).next_generation
        stick.confirm(attempt, stick.generation)
    assert told == [EACH_TIME] * len(told)
    assert len(told) == BUDGET // EACH_TIME
    for pin in (PIN, WRONG_PIN):
        assert code_of(lambda pin=pin: stick.begin("tanaka", pin)) is Code.PIN_LOCKED
    user = town.user("tanaka")
    stick.set_pin("tanaka", town.code_for(user))
    assert stick.sign_in("tanaka").session
