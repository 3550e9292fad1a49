"""What the kernel counted for one lease over all its renewals: the source of its facts and of its receipt.

A renewal replaces the elements and so starts their counters anew; what the older ones had counted is carried here. What
passes between the last reading and the kernel's own expiry of an element is not counted.
"""

from collections.abc import Iterable

from hanare_core.kernel import Counted, ElementFact, PeerFact
from hanare_core.lease_time import ServerClock
from hanare_core.messages.gateway import Fact, Receipt


class Tally:
    """Counters of one lease; times are server time in milliseconds, 0 for never."""

    def __init__(self) -> None:
        self._carried = 0
        self._live = 0
        self._last_packet_ms = 0
        self._handshake_ms = 0
        self._received = 0
        self._sent = 0

    def see(
        self, elements: Iterable[ElementFact], peer: PeerFact | None, clock: ServerClock, wall_ahead_ms: int
    ) -> None:
        """Take in a look at the living elements and the peer; `wall_ahead_ms`: server time less wall clock."""
        elements = tuple(elements)
        self._live = sum(element.packets for element in elements)
        for element in elements:
            self._passed(element.last_packet_mono_ms, clock)
        if peer is not None:
            self._received, self._sent = peer.received, peer.sent
            if peer.handshake_wall_ms:
                self._handshake_ms = max(self._handshake_ms, peer.handshake_wall_ms + wall_ahead_ms)

    def carry(self, counted: Counted, clock: ServerClock) -> None:
        """Add what elements had counted that are now replaced or removed."""
        self._carried += counted.packets
        self._live = 0
        self._passed(counted.last_packet_mono_ms, clock)

    def expire(self) -> None:
        """Keep what was last seen of elements whose timeout has passed."""
        self._carried += self._live
        self._live = 0

    def fact(self, lease: str) -> Fact:
        """Return the lease's fact for a beat."""
        last = max(self._last_packet_ms, self._handshake_ms)
        return Fact(lease=lease, received=self._received, sent=self._sent, last_packet_ms=last)

    def receipt(self, lease: str, removed_ms: int) -> Receipt:
        """Return the receipt of a lease whose elements had left the kernel at `removed_ms`, server time."""
        packets = self._carried + self._live
        last = min(self._last_packet_ms, removed_ms)
        return Receipt(lease=lease, removed_ms=removed_ms, packets=packets, last_packet_ms=last)

    def _passed(self, mono_ms: int | None, clock: ServerClock) -> None:
        if mono_ms is not None:
            self._last_packet_ms = max(self._last_packet_ms, clock.at(mono_ms))
