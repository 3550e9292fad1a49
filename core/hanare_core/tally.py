"""What the kernel counted for one lease over all its renewals: the source of its facts and of its receipt.

A renewal replaces the elements and so starts their counters anew; what the older ones had counted is carried here. What
passes between the last reading and the kernel's own expiry of an element is not counted, nor what an agent's
predecessor had carried. Times are kept on the gateway's monotonic clock and turned into server time when they are told.
"""

from collections.abc import Iterable
from typing import Final

from hanare_core.kernel import Counted, ElementFact, PeerFact
from hanare_core.lease_time import ServerClock
from hanare_core.line import Line, line_of
from hanare_core.messages.gateway import Fact, Receipt

TRIED_MOST: Final = 1_000
"""Addresses remembered of one session; more says no more, and costs memory."""


class Tally:
    """Counters of one lease; times are monotonic milliseconds, None for never."""

    def __init__(self) -> None:
        self._carried = 0
        self._live = 0
        self._last_packet_ms: int | None = None
        self._handshake_ms: int | None = None
        self._handshake_wall_ms = 0
        """As the kernel said it: what is the same is not placed anew by clocks that have been set meanwhile."""
        self._received = 0
        self._sent = 0
        self._line = Line.UNKNOWN
        self._tried: set[str] = set()

    def see(
        self,
        elements: Iterable[ElementFact],
        peer: PeerFact | None,
        since_wall_ms: int,
        tried: frozenset[str] = frozenset(),
    ) -> bool:
        """Take in a look at the living elements, the peer, and the addresses tried lately; say whether it told news.

        since_wall_ms: monotonic less wall clock.
        """
        before = self._news()
        if len(self._tried) < TRIED_MOST:
            self._tried |= tried
        elements = tuple(elements)
        self._live = sum(element.packets for element in elements)
        for element in elements:
            self._last_packet_ms = _later(self._last_packet_ms, element.last_packet_mono_ms)
        if peer is not None:
            self._received, self._sent = peer.received, peer.sent
            self._line = line_of(peer.endpoint)
            if peer.handshake_wall_ms != self._handshake_wall_ms:
                self._handshake_wall_ms = peer.handshake_wall_ms
                self._handshake_ms = _later(self._handshake_ms, peer.handshake_wall_ms + since_wall_ms)
        return before != self._news()

    def carry(self, counted: Counted) -> bool:
        """Add what elements had counted that are now replaced or removed; say whether it told news.

        Their last packet is the newest there is, and exact to a tick; a look is only as exact as it took long.
        """
        before = self._news()
        self._carried += counted.packets
        self._live = 0
        if counted.last_packet_mono_ms is not None:
            self._last_packet_ms = counted.last_packet_mono_ms
        return before != self._news()

    def expire(self) -> None:
        """Keep what was last seen of elements whose timeout has passed."""
        self._carried += self._live
        self._live = 0

    def fact(self, lease: str, clock: ServerClock, *, grace_until_ms: int) -> Fact:
        """Return the lease's fact for a beat."""
        last = _later(self._last_packet_ms, self._handshake_ms)
        last_ms = 0 if last is None else clock.at(last)
        return Fact(
            lease=lease,
            received=self._received,
            sent=self._sent,
            last_packet_ms=last_ms,
            grace_until_ms=grace_until_ms,
            line=self._line,
            tried=len(self._tried),
        )

    def receipt(self, ended: Counted, clock: ServerClock, tick_ms: int) -> Receipt:
        """Return the receipt of a lease whose elements have ended."""
        last = self._last_packet_ms
        return Receipt(
            lease=ended.lease,
            removed_ms=clock.at(ended.ended_mono_ms),
            packets=self._carried + self._live,
            last_packet_ms=0 if last is None else clock.at(last),
            clock_error_ms=clock.error_ms(ended.ended_mono_ms),
            tick_ms=tick_ms,
        )

    def _news(self) -> tuple[object, ...]:
        last = _later(self._last_packet_ms, self._handshake_ms)
        return last, self._received, self._sent, self._line, len(self._tried)


def _later(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else max(one, other)
