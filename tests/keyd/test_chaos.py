"""F03: guesses in parallel against a keyd that is killed at any instant."""

import random
import socket
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from hanare_core import oprf, wire
from hanare_core.messages import keyd
from hanare_core.problems import Code, Problem
from hanare_keyd.counters import PAIR_IN_A_ROW, STICK_IN_A_ROW
from tests.keyd.office import Client, Keyd, Stick, read_answer

GUESSES = 200
PARALLEL = 50
PIN = "804513"
SECONDS = 120.0
SHORT_LIFE_S = 0.04
LONGER = 1.05
"""Each life of keyd may be this much longer than the one before: twice as long after 14 kills."""


class Guesser:
    """Guesses until keyd says that the budget is gone; counts the evaluations that came back."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self.evaluations = 0

    def guess(self, stick: Stick, user: str, pin: str) -> Code:
        """Make one guess, again while keyd is away; return a lock's code, or SIGN_IN_FAILED for an evaluation."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            try:
                self._client.begin(stick, user, pin)
            except Problem as problem:
                return problem.code
            except OSError:
                time.sleep(0.005)
                continue
            with self._lock:
                self.evaluations += 1
            return Code.SIGN_IN_FAILED
        raise AssertionError("keyd stayed away")


def counted(process: Keyd) -> int:
    """Return how many attempts keyd's database has."""
    connection = sqlite3.connect(process.settings_path.parent / "keyd.db")
    try:
        return int(connection.execute("SELECT count(*) FROM attempts WHERE kind = 'sign-in'").fetchone()[0])
    finally:
        connection.close()


@pytest.mark.parametrize("number", [0, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(1, 25))])
def test_parallel_guesses_and_kills(process: Keyd, number: int) -> None:
    """200 parallel wrong PINs with keyd killed at any instant, again and again, get at most ten evaluations, ever."""
    client = Client(process.ask)
    stick = Stick("stick-1")
    client.set_pin(stick, "sato", PIN)
    guesser = Guesser(client)
    dice = random.Random(number)  # noqa: S311 - repeatable instants, not secrets
    with ThreadPoolExecutor(PARALLEL) as pool:
        guesses = [pool.submit(guesser.guess, stick, "sato", f"{guess:06}") for guess in range(GUESSES)]
        longest = SHORT_LIFE_S
        while not all(guess.done() for guess in guesses):
            time.sleep(dice.uniform(0.0, longest))
            longest *= LONGER  # on a slow machine nothing would ever be committed between two kills
            process.kill()
            process.start()
        codes = [guess.result() for guess in guesses]
    assert guesser.evaluations <= PAIR_IN_A_ROW
    assert counted(process) == PAIR_IN_A_ROW
    assert set(codes) <= {Code.SIGN_IN_FAILED, Code.PIN_LOCKED}
    assert guesser.guess(stick, "sato", PIN) is Code.PIN_LOCKED


def test_parallel_guesses_without_kills(process: Keyd, stick: Stick) -> None:
    """Without kills exactly ten of 200 parallel guesses are evaluated, and exactly ten are counted."""
    guesser = Guesser(Client(process.ask))
    with ThreadPoolExecutor(PARALLEL) as pool:
        list(pool.map(lambda number: guesser.guess(stick, "x-nobody", f"{number:06}"), range(GUESSES)))
    assert guesser.evaluations == counted(process) == PAIR_IN_A_ROW


def test_spraying_names(process: Keyd, stick: Stick) -> None:
    """One PIN tried with many names on one stick, in parallel, ends after thirty evaluations."""
    guesser = Guesser(Client(process.ask))
    with ThreadPoolExecutor(PARALLEL) as pool:
        codes = list(pool.map(lambda number: guesser.guess(stick, f"x-{number}", PIN), range(GUESSES)))
    assert guesser.evaluations == counted(process) == STICK_IN_A_ROW
    assert codes.count(Code.STICK_LOCKED) == GUESSES - STICK_IN_A_ROW


@pytest.mark.parametrize("number", range(2))
def test_killed_within_each_guess(process: Keyd, number: int) -> None:
    """Killed a moment after each single guess was sent, keyd has never answered more than it has counted."""
    client = Client(process.ask)
    stick = Stick("stick-1")
    dice = random.Random(number)  # noqa: S311 - repeatable instants, not secrets
    evaluations = 0
    for _ in range(2 * PAIR_IN_A_ROW):
        request = client.begin_request(stick, "x-nobody", oprf.blind(b"1")[1], client.nonce(stick))
        with process.connect() as connection:
            connection.sendall(wire.encode(request) + b"\n")
            time.sleep(dice.uniform(0.0, 0.003))
            process.kill()
            evaluations += was_evaluated(connection)
        process.start()
        assert evaluations <= counted(process) <= PAIR_IN_A_ROW


def was_evaluated(connection: socket.socket) -> bool:
    """Tell whether an evaluation had come before keyd died."""
    try:
        return isinstance(read_answer(connection), keyd.BeginAnswer)
    except ConnectionError:
        return False
