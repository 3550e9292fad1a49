"""How long a lease may live in the kernel: time counts from the gateway's question.

A confirmation is an answer to a question that the gateway asked at `asked_ms` of its own monotonic clock; it rests on a
database query that is `age_ms` old. Whatever the network or a stopped process delays, a lease never lives longer than
its TTL from that question. Server time is known within the bounds that question and answer leave, never trusted beyond.
"""

from dataclasses import dataclass
from typing import Final

from hanare_core.kernel import Instant
from hanare_core.messages.gateway import Lease

SHORTEST_TIMEOUT_MS: Final = 50
"""Less than this is not worth a kernel transaction: the element would end before the next packet."""

_RENEW_BELOW = (2, 3)
"""A lease is renewed when less than this part of its TTL remains: at a third of its time."""


@dataclass(frozen=True)
class Confirmation:
    """What one answer of the hub confirms, and from when its time counts."""

    asked_ms: int
    age_ms: int


DRIFT_MS_A_MINUTE: Final = 6
"""How fast two disciplined clocks drift apart: 100 ppm, two crystals of 50 ppm each."""

_WHOLE_MS: Final = 1
"""What is cut off a time in whole milliseconds, before it is told as the other clock's."""


class ServerClock:
    """The server's time in terms of the gateway's monotonic clock, with what is not known about it.

    The server said `time_ms` after the question and before its arrival here, so the offset lies between two bounds. The
    bounds of all answers are intersected, the older ones widened by the drift since: the quickest answer decides, a
    late one teaches nothing. An answer that excludes what was known means that the server's clock was set: only it
    counts.
    """

    def __init__(self) -> None:
        self._bounds: tuple[int, int] | None = None
        self._learnt_ms = 0

    def learn(self, time_ms: int, asked_ms: int, now_ms: int) -> None:
        """Take in that the server's clock showed `time_ms` between `asked_ms` and `now_ms`; whole milliseconds all."""
        low, high = time_ms - (now_ms + 1), time_ms + 1 - asked_ms
        if self._bounds is not None:
            drift = _drift_ms(now_ms - self._learnt_ms)
            known_low, known_high = self._bounds[0] - drift, self._bounds[1] + drift
            if max(low, known_low) <= min(high, known_high):
                low, high = max(low, known_low), min(high, known_high)
        self._bounds, self._learnt_ms = (low, high), now_ms

    def at(self, mono_ms: int) -> int:
        """Return the server's time at a monotonic time; 0 before anything was learnt."""
        return 0 if self._bounds is None else max(0, mono_ms + sum(self._bounds) // 2)

    def error_ms(self, mono_ms: int) -> int:
        """Return by how much `at` may be wrong for a time near to this one; 0 before anything was learnt."""
        if self._bounds is None:
            return 0
        low, high = self._bounds
        return (high - low + 1) // 2 + _WHOLE_MS + _drift_ms(abs(mono_ms - self._learnt_ms))


def _drift_ms(elapsed_ms: int) -> int:
    return -(-elapsed_ms * DRIFT_MS_A_MINUTE // 60_000)


def deadline_ms(lease: Lease, confirmation: Confirmation) -> int:
    """Return the monotonic time until which this confirmation carries the lease.

    Strict (grace 0): TTL less the age, from the question. Best effort: an age within the grace costs nothing.
    """
    too_old = max(0, confirmation.age_ms - lease.grace_ms)
    return confirmation.asked_ms + lease.ttl_ms - too_old


def without_answer(confirmation: Confirmation, now: Instant) -> Confirmation:
    """Return what the last answer confirms now: the silence since then counts as age."""
    return Confirmation(now.mono_ms, confirmation.age_ms + now.mono_ms - confirmation.asked_ms)


def on_grace(lease: Lease, confirmation: Confirmation, now: Instant) -> bool:
    """Say whether the lease lives by its grace: nothing fresh has confirmed it for half its TTL."""
    return lease.grace_ms > 0 and without_answer(confirmation, now).age_ms * 2 >= lease.ttl_ms


def grace_end_ms(lease: Lease, confirmation: Confirmation) -> int:
    """Return the monotonic time at which the lease ends if nothing confirms it any more."""
    return confirmation.asked_ms - confirmation.age_ms + lease.ttl_ms + lease.grace_ms


def hard_end_ms(lease: Lease, ticket_not_after_ms: int, now: Instant, clock: ServerClock) -> int:
    """Return the monotonic time that no timeout passes: the lease's end (server time), its ticket's (wall clock)."""
    until_end = lease.ends_ms - clock.at(now.mono_ms)
    until_ticket = ticket_not_after_ms - now.wall_ms
    return now.mono_ms + min(until_end, until_ticket)


def is_due(lease: Lease, old_deadline_ms: int, new_deadline_ms: int, now_ms: int) -> bool:
    """Say whether to renew now: less than two thirds of the TTL remains and the new deadline is later."""
    part, whole = _RENEW_BELOW
    return new_deadline_ms > old_deadline_ms and (old_deadline_ms - now_ms) * whole < lease.ttl_ms * part
