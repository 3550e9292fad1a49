"""A storm of sign-ins on the real API, keyd and hub: how many a second, and how long each takes at 500 in a minute.

With SQLite and with PostgreSQL. The gateway is scripted and acknowledges at once, and nginx and the line are left out:
what is measured is the office's server. The worker's own Argon2id (at home, a tenth of a second) is left out too. The
figure beside it is the cryptography of one sign-in alone, in one thread of this machine, in the same run.

    python -m bench.bench_signin_storm [--small]        50 sign-ins in 6 seconds, to see that it works
"""

import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nacl.signing import SigningKey

from bench.report import Row, percentile, publish
from hanare_core import envelope, oprf, signed, wire
from hanare_core.messages import api
from hanare_core.problems import Problem
from hanare_core.signed import Kind
from tests.server.office import office
from tests.server.town import Town
from tests.server.worker_at_home import PIN, AtHome

STORM: Final = 500
STORM_S: Final = 60.0
SUSTAINED: Final = 400
"""Sign-ins one after another in each of THREADS workers, for the rate."""
THREADS: Final = 8
"""As many as the server has; more only wait."""
WAITERS: Final = 64
"""Clients of the storm at a time: an open loop must not be slowed down by the server."""
SMALL: Final = 10
"""Divides all sizes for a trial."""


@dataclass
class Figures:
    """What one database showed."""

    rate: float
    turns: int
    storm_s: list[float]
    failed: int
    steps: dict[str, list[float]]


def main() -> None:
    """Measure both databases and publish."""
    share = SMALL if "--small" in sys.argv else 1
    rows: list[Row] = []
    crypto_ms = _cryptography_ms(200 // share)
    for name in ("sqlite", "postgresql"):
        with _population(name, STORM // share) as sticks:
            figures = _measure(sticks, share)
        rows += _rows(name, figures, crypto_ms)
    publish("signin_storm", rows)


@contextmanager
def _population(database: str, count: int) -> Iterator[list[AtHome]]:
    """Give an office with so many sticks, each with a user who has a PIN; the names are the sticks' labels."""
    with tempfile.TemporaryDirectory() as folder, office(Path(folder), database) as (town, client):
        sticks = [_ready(town, number) for number in range(count)]
        for stick in sticks:
            stick.http = client()
        yield sticks


def _ready(town: Town, number: int) -> AtHome:
    name = f"u{number}"
    user, stick = town.add_user(name), town.add_stick(name)
    stick.seal = lambda seed, _: envelope.stand_in(seed.hex(), bytes(32))
    stick.set_pin(name, town.code_for(user))
    return stick


def _measure(sticks: list[AtHome], share: int) -> Figures:
    steps: dict[str, list[float]] = defaultdict(list)
    lock = threading.Lock()

    def sign_in(stick: AtHome) -> float | None:
        spent = _sign_in(stick)
        with lock:
            for step, seconds in (spent or {}).items():
                steps[step].append(seconds)
        return None if spent is None else sum(spent.values())

    began = time.perf_counter()
    turns = [sticks[number % len(sticks)] for number in range(SUSTAINED // share)]
    with ThreadPoolExecutor(THREADS) as pool:
        good = [spent for spent in pool.map(sign_in, turns) if spent is not None]
    rate = len(good) / (time.perf_counter() - began)
    steps.clear()
    storm = _storm(sticks, sign_in, STORM_S / share)
    return Figures(rate, len(turns), [spent for spent in storm if spent is not None], storm.count(None), steps)


def _storm(sticks: list[AtHome], sign_in: Callable[[AtHome], float | None], seconds: float) -> list[float | None]:
    """Have every stick sign in once, evenly over the time, whether or not those before have been answered."""
    began = time.perf_counter()

    def at(number: int) -> float | None:
        due = began + number * seconds / len(sticks)
        time.sleep(max(0.0, due - time.perf_counter()))
        late = max(0.0, time.perf_counter() - due)
        spent = sign_in(sticks[number])
        return None if spent is None else spent + late

    with ThreadPoolExecutor(WAITERS) as pool:
        return list(pool.map(at, range(len(sticks))))


def _sign_in(stick: AtHome) -> dict[str, float] | None:
    """Sign in without opening the envelope; return the seconds of each step, or None if it was refused."""
    (name,) = stick.seeds
    spent: dict[str, float] = {}

    def timed(step: str, began: float) -> None:
        spent[step] = time.perf_counter() - began

    try:
        began = time.perf_counter()
        attempt, _, _ = stick.begin(name, PIN)
        timed("hello_begin", began)
        attempt.seed = stick.seeds[name]
        began = time.perf_counter()
        stick.generation = stick.finish(attempt).next_generation
        timed("finish", began)
        began = time.perf_counter()
        stick.confirm(attempt, stick.generation)
        timed("confirm", began)
    except (OSError, Problem) as error:
        print(f"refused: {error}", file=sys.stderr)
        return None
    return spent


def _cryptography_ms(rounds: int) -> float:
    """Time what the office computes for one sign-in: twelve verifications, two signatures, one evaluation."""
    key, body = SigningKey.generate(), api.EndBody(session="ses-1", reason="idle")  # type: ignore[arg-type] # any body
    text, public = signed.sign(Kind.END, body, key), signed.public_text(key)
    oprf_key, (_, element) = oprf.random_key(), oprf.blind(PIN.encode())
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        for _ in range(12):
            signed.verify(Kind.END, text, public, api.EndBody)
        for _ in range(2):
            signed.sign(Kind.END, body, key)
        wire.key_text(oprf.evaluate(oprf_key, element))
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def _rows(database: str, figures: Figures, crypto_ms: float) -> list[Row]:
    rate_alone = 1000 / crypto_ms
    p95 = percentile(figures.storm_s, 0.95) * 1000
    count = len(figures.storm_s) + figures.failed
    alone = f"its cryptography alone, one thread: {crypto_ms:.2f} ms"
    rows = [
        Row(f"signins_per_s_{database}", figures.rate, "1/s", figures.turns, alone, figures.rate / rate_alone),
        Row(f"storm_p50_ms_{database}", percentile(figures.storm_s, 0.5) * 1000, "ms", count, alone),
        Row(f"storm_p95_ms_{database}", p95, "ms", count, alone, p95 / crypto_ms),
        Row(f"storm_failed_{database}", figures.failed, "", count),
    ]
    whole = sum(map(sum, figures.steps.values()))
    rows += [
        Row(f"storm_{step}_share_{database}", 100 * sum(spent) / whole, "%", len(spent))
        for step, spent in figures.steps.items()
    ]
    if database == "sqlite":
        rows += [Row("storm_p95_ms", p95, "ms", count, alone, p95 / crypto_ms)]
        rows += [Row("storm_failed", figures.failed, "", count)]
    return rows


if __name__ == "__main__":
    main()
