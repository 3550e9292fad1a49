"""Answers to right and wrong PINs, and to known and unknown names, are distributed alike in their bytes and times.

A few hundred for every change, ten thousand as the soak part `silence`. Times are compared by the Mann–Whitney
statistic: the chance that one of the first is longer than one of the second, one half where both are alike. Bounds are
five standard deviations wide, so an honest keyd fails once in a million runs. keyd's database stands in memory: what a
disk takes for each commit would be most of the time, and would hide a difference instead of showing it.
"""

import math
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from hanare_core import wire
from hanare_keyd.counters import WINDOW_MS
from tests.figures import figure
from tests.keyd.office import Client, InProcess, Stick

PIN, WRONG = "804513", "271845"
A_PAIR = 4
"""Rounds of one stick before the clock is set on by 90 days: below every budget."""
FEW = 160
MANY = 10_000
SIGMAS = 5.0
FAR_MS = 10**14
MEMORY = "/dev/shm"  # noqa: S108 - a folder of its own is made in it


@pytest.fixture
def inside() -> Iterator[InProcess]:
    """Give keyd's service in this process, its database in memory."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        service = InProcess(Path(folder))
        yield service
        service.close()


def test_right_and_wrong_pins(inside: InProcess) -> None:
    """Keyd's evaluation of the right PIN looks like that of a wrong one."""
    _alike(inside, FEW, [("sato", PIN), ("sato", WRONG)])


def test_known_and_unknown_names(inside: InProcess) -> None:
    """Keyd's answer for a user looks like that for a name that nobody has."""
    _alike(inside, FEW, [("sato", WRONG), ("x-nobody", WRONG)])


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", ["PIN", "name"])
def test_ten_thousand_answers(inside: InProcess, kind: str) -> None:
    """The same, ten thousand times."""
    pairs = {"PIN": [("sato", PIN), ("sato", WRONG)], "name": [("sato", WRONG), ("x-nobody", WRONG)]}[kind]
    shares = _alike(inside, MANY, pairs)
    figure(f"first_longer_{kind}", shares, "of 1")


def _alike(inside: InProcess, count: int, kinds: Sequence[tuple[str, str]]) -> float:
    """Ask in turn for both kinds; compare bytes and times; return the Mann–Whitney share."""
    client, times, texts = inside.client(), ([], []), ([], [])
    client.set_pin(_stick(0), "sato", PIN)
    for number in range(count):
        if number % A_PAIR == 0:
            inside.time_ms += WINDOW_MS + 1
            stick = _stick(number)
        order = (0, 1) if number % 2 else (1, 0)
        for kind in order:
            name, pin = kinds[kind]
            spent, evaluation = _timed(client, stick, name, pin)
            times[kind].append(spent)
            texts[kind].append(evaluation)
    share = _mann_whitney(*times)
    deviation = math.sqrt((2 * count + 1) / (12 * count * count))
    assert abs(share - 0.5) < SIGMAS * deviation, share
    _same_bytes(*texts)
    return share


def _stick(number: int) -> Stick:
    return Stick(f"s-{number}", until_ms=FAR_MS)


def _timed(client: Client, stick: Stick, name: str, pin: str) -> tuple[float, str]:
    began = time.perf_counter()
    answer = client.begin(stick, name, pin).answer
    spent = time.perf_counter() - began
    assert (answer.factors, answer.security_keys) == (("pin",), ())
    return spent, answer.evaluation


def _mann_whitney(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the share of pairs in which the first is the longer one, equal ones counted half."""
    ranked = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    below = wins = 0.0
    for _, kind in ranked:
        if kind:
            below += 1
        else:
            wins += below
    return wins / (len(first) * len(second))


def _same_bytes(first: Sequence[str], second: Sequence[str]) -> None:
    """Compare how often each byte value stands in the evaluations: a chi-square within five deviations."""
    counts = [Counter(byte for text in texts for byte in wire.key_bytes(text)[:31]) for texts in (first, second)]
    values = set(counts[0]) | set(counts[1])
    chi = sum((counts[0][value] - counts[1][value]) ** 2 / (counts[0][value] + counts[1][value]) for value in values)
    freedom = len(values) - 1
    assert chi < freedom + SIGMAS * math.sqrt(2 * freedom)
