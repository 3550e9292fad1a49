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


class ServerClock:
    """The server's time in terms of the gateway's monotonic clock.

    The server said `time_ms` after the question and before its arrival here, so the offset lies between two bounds; the
    estimate moves only when a new answer's bounds exclude it. A late answer has wide bounds: it teaches nothing.
    """

    def __init__(self) -> None:
        self._offset: int | None = None

    def learn(self, time_ms: int, asked_ms: int, now_ms: int) -> None:
        """Take in that the server's clock showed `time_ms` between `asked_ms` and `now_ms`."""
        low, high = time_ms - now_ms, time_ms - asked_ms
        middle = (low + high) // 2 if self._offset is None else self._offset
        self._offset = min(max(middle, low), high)

    def at(self, mono_ms: int) -> int:
        """Return the server's time at a monotonic time; 0 before anything was learnt."""
        return 0 if self._offset is None else max(0, mono_ms + self._offset)


def deadline_ms(lease: Lease, confirmation: Confirmation) -> int:
    """Return the monotonic time until which this confirmation carries the lease.

    Strict (grace 0): TTL less the age, from the question. Best effort: an age within the grace costs nothing.
    """
    too_old = max(0, confirmation.age_ms - lease.grace_ms)
    return confirmation.asked_ms + lease.ttl_ms - too_old


def hard_end_ms(lease: Lease, ticket_not_after_ms: int, now: Instant, clock: ServerClock) -> int:
    """Return the monotonic time that no timeout passes: the lease's end (server time), its ticket's (wall clock)."""
    until_end = lease.ends_ms - clock.at(now.mono_ms)
    until_ticket = ticket_not_after_ms - now.wall_ms
    return now.mono_ms + min(until_end, until_ticket)


def is_due(lease: Lease, old_deadline_ms: int, new_deadline_ms: int, now_ms: int) -> bool:
    """Say whether to renew now: less than two thirds of the TTL remains and the new deadline is later."""
    part, whole = _RENEW_BELOW
    return new_deadline_ms > old_deadline_ms and (old_deadline_ms - now_ms) * whole < lease.ttl_ms * part
