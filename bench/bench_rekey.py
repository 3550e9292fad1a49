"""A re-key of a fleet on the real server, keyd and hub: how long 500 sticks take from the round's begin to its end.

The sticks are simulated at the API, each asking as its agent does, all at once; the kitting station's signing is the
real one; the gateway is scripted. tests/stories/test_fleet_rekey.py has real sticks and a real gateway. A stick waits
up to 3 minutes before its first question in a round and 15 s before its second (a third longer by chance): the second
figure adds these waits; what a person takes to carry two files is left out.

    python -m bench.bench_rekey [--small]        10 sticks, to see that it works
"""

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from bench.report import Row, publish
from hanare_core import certificate, signed
from hanare_core.keyring import KeySet

from tests.server.office import office  # isort: skip  sets Django up, before what needs it
from tests.server import renewing  # isort: skip
from tests.server.town import Town, command
from tests.server.worker_at_home import AtHome

FLEET: Final = 500
SMALL: Final = 10
THREADS: Final = 8
SPREAD: Final = 1.3
"""A stick asks at most so much later than it was told."""

T = TypeVar("T")


def main() -> None:
    """Re-key a fleet on both databases and publish."""
    count = SMALL if "--small" in sys.argv else FLEET
    rows: list[Row] = []
    for database in ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory() as folder, office(Path(folder), database) as (town, client):
            sticks = _fleet(town, count)
            for stick in sticks:
                stick.http = client()
            rows += _measure(database, town, sticks, Path(folder))
    publish("rekey", rows)


def _fleet(town: Town, count: int) -> list[AtHome]:
    token = command("registration_token", organisation=town.id, department=town.department, count=count)
    sticks = [AtHome(f"st-{number}", town.id, town.ca_key) for number in range(count)]
    for stick in sticks:
        stick.register(token, stick.stick)
    return sticks


def _measure(database: str, town: Town, sticks: list[AtHome], folder: Path) -> list[Row]:
    fleet = [(stick, KeySet.generate()) for stick in sticks]
    began = time.perf_counter()
    renewing.start(town)
    wanted = _all(lambda stick, _: renewing.ask(stick).wanted, fleet)
    _all(renewing.ask, fleet)
    asked = time.perf_counter()
    said = renewing.sign(town, folder)
    signed_at = time.perf_counter()
    texts = _all(lambda stick, keys: renewing.ask(stick, keys).certificate or "", fleet)
    ca_key, now = signed.public_text(town.ca_key), time.time_ns() // 1_000_000
    for text in texts:
        certificate.verify(text, ca_key, organisation=town.id, now_ms=now)
    new = _all(renewing.come_through, fleet)
    ended = time.perf_counter()
    failed = wanted.count(False) + sum(not stick.hello().nonce for stick in new)
    left = town.organisation.stick_set.exclude(next_certificate="").count()
    print(f"{database}: {said}; {renewing.step(town, 'status')}")
    waits_s = renewing.LONGEST_MS * SPREAD / 1000
    whole = ended - began
    return [
        Row(f"rekey_s_{database}", whole, "s", len(fleet), "all steps one after the other, without sticks' waits"),
        Row(f"rekey_with_waits_s_{database}", whole + waits_s, "s", len(fleet), f"{waits_s:.0f} s of longest waits"),
        Row(f"rekey_ask_s_{database}", asked - began, "s", len(fleet)),
        Row(f"rekey_station_s_{database}", signed_at - asked, "s", len(fleet)),
        Row(f"rekey_failed_{database}", failed + left, "", len(fleet)),
    ]


def _all(do: Callable[[AtHome, KeySet], T], fleet: Sequence[tuple[AtHome, KeySet]]) -> list[T]:
    """Have every stick do it, THREADS at a time."""
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda pair: do(*pair), fleet))


if __name__ == "__main__":
    main()
