"""F72: brute force, spraying and enumeration of names: throttled per stick and pair, bounded by keyd, alike for all."""

import statistics
import time

import pytest

from hanare_core.problems import Code
from hanare_server.sticks import edge
from hanare_server.sticks import sign_in as api
from tests.keyd.office import code_of
from tests.server.town import Town
from tests.server.worker_at_home import WRONG_PIN

ROUNDS = 8
MOST_ROUNDS = 25
ALIKE = 1.5
"""Medians of so few rounds on a busy machine; the soak part compares ten thousand."""


def test_one_source_is_throttled(town: Town) -> None:
    """A stick that asks faster than any person is told to wait, and another stick is not."""
    stick, other = town.ready(), town.add_stick("総務2")
    outcomes = [code_of(stick.hello) for _ in range(2 * edge.BURST)]
    assert Code.THROTTLED in outcomes
    assert code_of(other.hello) is None


def test_one_name_on_one_stick_is_throttled(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries of one name are slowed down for known and unknown names alike, before keyd counts anything."""
    monkeypatch.setattr(edge, "_throttle", edge.Throttle(burst=100_000, per_second=1000))
    monkeypatch.setattr(api, "pair_throttle", edge.Throttle(burst=2, per_second=0.001))
    stick = town.ready()
    for name in ("tanaka", "nobody", "ＮＯＢＯＤＹ"):
        outcomes = [code_of(lambda name=name: stick.begin(name, WRONG_PIN)) for _ in range(3)]
        assert outcomes[-1] is Code.THROTTLED


@pytest.mark.usefixtures("patient")
def test_spraying_ends_with_the_sticks_budget(town: Town) -> None:
    """One PIN tried with many names is evaluated thirty times, then the stick is locked and the log says so."""
    stick = town.ready()
    outcomes = [code_of(lambda n=n: stick.begin(f"user{n}", WRONG_PIN)) for n in range(33)]
    assert outcomes.count(None) == 30
    assert outcomes[30] is Code.STICK_LOCKED
    assert town.acts().count("locked") == 1


@pytest.mark.usefixtures("patient")
def test_known_and_unknown_names_look_alike(town: Town) -> None:
    """Shape, sizes, codes and times of the answers do not tell a known name from an unknown one."""
    town.ready()
    times: dict[str, list[float]] = {"tanaka": [], "nobody": []}
    for turn in range(MOST_ROUNDS):
        stick = town.add_stick("x")
        for name in sorted(times, reverse=bool(turn % 2)):  # a stick's first question costs the server more
            began = time.perf_counter()
            _, answer, _ = stick.begin(name, WRONG_PIN)
            times[name].append(time.perf_counter() - began)
            assert (len(answer.evaluation), len(answer.envelope), answer.failures) == (43, 119, 0)
            assert answer.factors == ("pin",)
            assert answer.security_keys == ()
        for name in times:
            attempt, _, _ = stick.begin(name, WRONG_PIN)
            assert code_of(lambda stick=stick, attempt=attempt: stick.finish(attempt)) is Code.SIGN_IN_FAILED
        if turn >= ROUNDS and _alike(times):
            break  # what differs by nature differs more clearly with each round, what a busy machine makes late, less
    assert _alike(times), times


def _alike(times: dict[str, list[float]]) -> bool:
    known, unknown = (statistics.median(spent) for spent in times.values())
    return 1 / ALIKE < known / unknown < ALIKE
