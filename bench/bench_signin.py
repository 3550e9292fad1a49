"""How long a sign-in takes: from the last Enter to the first packet that the office PC answers.

Measured on a line without delay and on one with 20 ms round-trip time. The limit beside it is what no program could
avoid: its round trips on that line, and one Argon2id on this machine, measured in the same run. The first sign-in after
a stick was plugged in has its greeting already (one round trip less); it is counted on its own, after a pause as long
as a person needs to type.
"""

import statistics
import time
from collections import defaultdict
from typing import Final

from bench.plugged import SIGN_INS, plugged, set_pin, sign_in
from bench.report import Row, publish
from hanare_core import envelope
from hanare_lab.installation.hall import Hall

STICKS: Final = 4
"""For each line; gives 28 repeated sign-ins and 4 first ones."""

TYPING_S: Final = 8.0
"""From plugging in to the last Enter: name, PIN, office password."""

ROUND_TRIPS: Final = 6
"""Hello, begin, finish, confirm, the session tunnel's handshake, the TCP connection to the office PC."""

_PARTS: Final = {
    "hello": "hello",
    "begin": "begin",
    "envelope": "envelope-opened",
    "finish": "finish",
    "confirm": "confirm",
    "first_packet": "first-packet",
}
Figures = dict[str, list[float]]


def main() -> None:
    """Measure both lines and publish."""
    rows: list[Row] = []
    with Hall() as hall:
        hall.open()
        set_pin(hall)
        for rtt_ms in (0, 20):
            hall.city.homes[0].set_line(delay_ms=rtt_ms / 2)
            rows += _rows(_measure(hall, rtt_ms), rtt_ms)
    publish("signin", rows)


def _measure(hall: Hall, rtt_ms: int) -> Figures:
    figures: Figures = defaultdict(list)
    for number in range(1, STICKS + 1):
        with plugged(hall) as stick:
            time.sleep(TYPING_S)
            for turn in range(SIGN_INS):
                entered_ns, steps = sign_in(hall, stick, hall.workers[0])
                stick.ask("end")
                stick.wait_ready()
                figures["argon2id"].append(_argon2_ms())
                _note(figures, entered_ns, steps, first=turn == 0)
        print(f"RTT {rtt_ms} ms: stick {number} of {STICKS}, {len(figures['total'])} sign-ins", flush=True)
    return figures


def _note(figures: Figures, entered_ns: int, steps: dict[str, int], *, first: bool) -> None:
    total = (steps["first-packet"] - entered_ns) / 1e6
    if first:
        figures["first"].append(total)
        figures["first_begin"].append((steps["begin"] - entered_ns) / 1e6)
        return
    figures["total"].append(total)
    before = entered_ns
    for part, step in _PARTS.items():
        figures[part].append((steps[step] - before) / 1e6)
        before = steps[step]


def _rows(figures: Figures, rtt_ms: int) -> list[Row]:
    limit = ROUND_TRIPS * rtt_ms + statistics.median(figures["argon2id"])
    against = f"{ROUND_TRIPS} round trips of {rtt_ms} ms + Argon2id alone = {limit:.1f} ms"
    total = statistics.median(figures["total"])
    names = [*_PARTS, "first", "first_begin", "argon2id"]
    return [
        Row(f"signin_ms_rtt{rtt_ms}_p50", total, "ms", len(figures["total"]), against, total / limit),
        *(Row(f"signin_{n}_ms_rtt{rtt_ms}_p50", statistics.median(figures[n]), "ms", len(figures[n])) for n in names),
    ]


def _argon2_ms() -> float:
    """Take the cost of Argon2id alone, between the sign-ins, so that both see the same load."""
    began = time.perf_counter()
    envelope.seal(bytes(envelope.SEED_BYTES), bytes(64))
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
